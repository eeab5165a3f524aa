#include "calls.h"

#include <limits>
#include <new>
#include <string>

#include "linclass/error.h"

namespace linclass {

template <class Body>
int Calls::guarded(Body&& body) noexcept {
  if (kept_) return 1;
  try {
    return body() ? 1 : 0;
  } catch (...) {
    kept_ = std::current_exception();
    return 1;
  }
}

engine::Host Calls::host() noexcept {
  engine::Host host;
  host.self = this;
  host.poll = [](void* self) noexcept {
    auto& calls = *static_cast<Calls*>(self);
    return calls.guarded([&] { return calls.poll && calls.poll(); });
  };
  host.iteration = [](void* self, const State* state) noexcept {
    auto& calls = *static_cast<Calls*>(self);
    return calls.guarded([&] { return calls.iteration && calls.iteration(*state); });
  };
  host.function = [](void* self, const double* w, double* gradient, int* failed) noexcept {
    auto& calls = *static_cast<Calls*>(self);
    double value = std::numeric_limits<double>::quiet_NaN();
    *failed = calls.guarded([&] { return value = calls.function(w, gradient), false; });
    return value;
  };
  return host;
}

void Calls::check(engine::Code code, const engine::Message& message) const {
  if (kept_) std::rethrow_exception(kept_);
  linclass::check(code, message);
}

void check(engine::Code code, const engine::Message& message) {
  switch (code) {
    case engine::Code::ok:
    case engine::Code::stopped: return;
    case engine::Code::out_of_memory: throw std::bad_alloc();
    case engine::Code::invalid: throw Error(message.text);
    case engine::Code::internal: throw Error(std::string("internal error of the engine, please report it: ") + message.text);
  }
}

}  // namespace linclass
