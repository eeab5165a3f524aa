/// Objective: a pool of engine objectives, each one workspace, so that several threads may evaluate at once.
#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "calls.h"
#include "load.h"
#include "shape.h"
#include "validate.h"

namespace linclass {
namespace {

struct Destroy {
  void operator()(engine::Objective* objective) const noexcept { engine_table().objective_destroy(objective); }
};
using Workspace = std::unique_ptr<engine::Objective, Destroy>;

}  // namespace

class Objective::State {
 public:
  State(const Problem& asked, int asked_threads)
      : problem(checked(asked, Purpose::evaluate, Solver::automatic, asked_threads)), shape(shape_of(problem)), threads(asked_threads) {
    idle_.push_back(create());
  }

  /// Runs `body` on a workspace that nobody else has. The lock is held for the lists alone, never while the engine works.
  template <class Body>
  void run(Body&& body) {
    Workspace workspace = take();
    engine::Message message{};
    const engine::Code code = body(workspace.get(), &message);
    give(std::move(workspace));
    check(code, message);
  }

  const Problem problem;
  const Shape shape;
  const int threads;

 private:
  Workspace create() const {
    engine::Objective* created = nullptr;
    engine::Message message{};
    check(engine_table().objective_create(&problem, threads, &created, &message), message);
    return Workspace(created);
  }

  Workspace take() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        Workspace workspace = std::move(idle_.back());
        idle_.pop_back();
        return workspace;
      }
    }
    return create();
  }

  void give(Workspace workspace) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(workspace));
  }

  std::mutex mutex_{};
  std::vector<Workspace> idle_{};
};

Objective::Objective(const Problem& problem, int threads) : state_(std::make_unique<State>(problem, checked_threads(threads))) {}
Objective::Objective(Objective&&) noexcept = default;
Objective& Objective::operator=(Objective&&) noexcept = default;
Objective::~Objective() = default;

Index Objective::outputs() const { return state_->shape.outputs; }
Index Objective::columns() const { return state_->shape.columns(); }
const Problem& Objective::problem() const { return state_->problem; }

double Objective::value(const double* w) const { return value_and_gradient(w, nullptr); }

double Objective::value_and_gradient(const double* w, double* gradient) const {
  const engine::Host host;
  double value = 0;
  state_->run([&](engine::Objective* objective, engine::Message* message) {
    return engine_table().evaluate(objective, w, &host, &value, gradient, message);
  });
  // An infinity in X may leave the value finite (a margin of infinity has no loss) but not the gradient: 0 * infinity is NaN.
  const bool finite =
      std::isfinite(value) && (!gradient || std::all_of(gradient, gradient + size(), [](double g) { return std::isfinite(g); }));
  if (!finite) check_finite(state_->problem.X);
  return value;
}

void Objective::curvature_times(const double* w, const double* v, double* out) const {
  check_curvature(state_->problem.loss);
  const engine::Host host;
  state_->run([&](engine::Objective* objective, engine::Message* message) {
    return engine_table().curvature_times(objective, w, v, &host, out, message);
  });
}

void Objective::check_hessian() const {
  check_curvature(state_->problem.loss);
  check_hessian_size(size(), "curvature_times");
}

void Objective::hessian(const double* w, double* out) const {
  check_hessian();
  const engine::Host host;
  state_->run(
      [&](engine::Objective* objective, engine::Message* message) { return engine_table().hessian(objective, w, &host, out, message); });
}

double Objective::gap(const double* w) const {
  check_gap(state_->problem);
  const engine::Host host;
  double gap = 0;
  state_->run(
      [&](engine::Objective* objective, engine::Message* message) { return engine_table().gap(objective, w, &host, &gap, message); });
  return gap;
}

template <class T>
void Objective::scores(const double* w, T* out, Index stride) const {
  model_of(state_->problem, w).decision_function(state_->problem.X, out, stride, state_->threads);
}
template void Objective::scores(const double*, float*, Index) const;
template void Objective::scores(const double*, double*, Index) const;

}  // namespace linclass
