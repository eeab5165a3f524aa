/// What every call into the engine shares: where the user's functions and their exceptions live meanwhile, and how codes become exceptions.
#pragma once
#include <exception>
#include <functional>

#include "entry.h"
#include "linclass/fit.h"

namespace linclass {

/// The user's functions behind engine::Host. An exception of theirs is kept, the engine winds down, and check() rethrows it unchanged.
class Calls {
 public:
  std::function<bool()> poll{};
  std::function<bool(const State&)> iteration{};
  Function function{};

  /// Valid as long as this object stays where it is.
  engine::Host host() noexcept;

  /// After the entry has returned: rethrows what was kept, then turns the code into an exception. Code::stopped is left to the caller.
  void check(engine::Code code, const engine::Message& message) const;

 private:
  template <class Body>
  int guarded(Body&& body) noexcept;

  std::exception_ptr kept_;
};

/// For calls that run nobody else's functions.
void check(engine::Code code, const engine::Message& message);

}  // namespace linclass
