/// The names of the enumerations, in the order of their values: Python and reports use them.
#include <string>

#include "linclass/error.h"
#include "linclass/fit.h"
#include "linclass/metrics.h"

namespace linclass {
namespace {

constexpr const char* losses[] = {"logistic", "softmax", "squared_sigmoid", "squared", "perceptron", "hinge", "squared_hinge"};
constexpr const char* multiclasses[] = {"auto", "sum", "max", "ovr"};
constexpr const char* solvers[] = {"auto", "lbfgs", "newton-cholesky", "preconditioned-lbfgs", "gd", "sgd", "perceptron"};
constexpr const char* statuses[] = {"converged", "max_iter", "time_limit", "stopped", "interrupted", "stalled", "diverged"};
constexpr const char* certificates[] = {"none", "gap", "estimate", "stationary", "mistakes"};
constexpr const char* starts[] = {"zeros", "uniform", "given"};
constexpr const char* updates[] = {"plain", "momentum", "nesterov", "adam"};
constexpr const char* schedules[] = {"auto", "constant", "inverse", "step", "adaptive"};
constexpr const char* averages[] = {"macro", "micro", "weighted"};
constexpr const char* normalizes[] = {"none", "true", "pred", "all"};
constexpr const char* strategies[] = {"uniform", "quantile"};

template <class Enum, std::size_t size>
Enum named(const char* const (&names)[size], const char* noun, const std::string& name) {
  std::string known;
  for (std::size_t i = 0; i < size; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
    known += (i ? ", " : "") + std::string(names[i]);
  }
  throw Error("unknown " + std::string(noun) + " \"" + name + "\": choose one of " + known);
}

}  // namespace

const char* name(Loss loss) { return losses[static_cast<int>(loss)]; }
const char* name(Multiclass form) { return multiclasses[static_cast<int>(form)]; }
const char* name(Solver solver) { return solvers[static_cast<int>(solver)]; }
const char* name(Status status) { return statuses[static_cast<int>(status)]; }
const char* name(Certificate certificate) { return certificates[static_cast<int>(certificate)]; }
const char* name(Update update) { return updates[static_cast<int>(update)]; }
const char* name(Schedule schedule) { return schedules[static_cast<int>(schedule)]; }

Loss loss_named(const std::string& name) { return named<Loss>(losses, "loss", name); }
Multiclass multiclass_named(const std::string& name) { return named<Multiclass>(multiclasses, "multiclass", name); }
Solver solver_named(const std::string& name) { return named<Solver>(solvers, "solver", name); }
Start start_named(const std::string& name) { return named<Start>(starts, "start", name); }
Update update_named(const std::string& name) { return named<Update>(updates, "update", name); }
Schedule schedule_named(const std::string& name) { return named<Schedule>(schedules, "schedule", name); }

namespace metrics {
Average average_named(const std::string& name) { return named<Average>(averages, "average", name); }
Normalize normalize_named(const std::string& name) { return named<Normalize>(normalizes, "normalize", name); }
Bins bins_named(const std::string& name) { return named<Bins>(strategies, "strategy", name); }
}  // namespace metrics

}  // namespace linclass
