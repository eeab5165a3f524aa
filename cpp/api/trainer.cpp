/// Trainer: sgd that goes on, one pass a call.
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "calls.h"
#include "load.h"
#include "report.h"
#include "shape.h"
#include "validate.h"

namespace linclass {

class Trainer::State {
 public:
  State(const Problem& asked, const Options& options) : problem(checked(asked, Purpose::shape)) {
    settings = options;
    if (settings.solver == Solver::automatic) settings.solver = Solver::sgd;
    settings = checked(std::move(settings), problem);
    check_trainer(settings);
    const std::vector<double> w = start_parameters(settings, shape_of(problem).size());
    engine::Trainer* created = nullptr;
    engine::Message message{};
    check(engine_table().trainer_create(&problem, &settings, w.data(), &created, &message), message);
    trainer.reset(created);
  }

  struct Destroy {
    void operator()(engine::Trainer* trainer) const noexcept { engine_table().trainer_destroy(trainer); }
  };

  std::vector<double> read(int* threads) const {
    std::vector<double> w(shape_of(problem).size());
    engine::Message message{};
    check(engine_table().trainer_read(trainer.get(), w.data(), threads, &message), message);
    return w;
  }

  Problem problem;
  Options settings{};
  std::unique_ptr<engine::Trainer, Destroy> trainer{};
  std::vector<double> history{};
  Status status = Status::max_iter;
  double seconds = 0;
};

Trainer::Trainer(const Problem& shape, const Options& options) : state_(std::make_unique<State>(shape, options)) {}
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;
Trainer::~Trainer() = default;

double Trainer::partial_fit(const Matrix& X, const Targets& asked, const double* sample_weight) {
  const auto begin = std::chrono::steady_clock::now();
  Targets y = asked;
  if (y.codes) y.classes = state_->problem.y.classes;
  check_matrix(X, state_->settings.threads);
  check_like_first(X, y, state_->problem);
  check_targets(y, X.rows, state_->problem.loss);
  check_weights(sample_weight, X.rows);

  Calls calls;
  calls.poll = state_->settings.poll;
  calls.iteration = state_->settings.callback;
  const engine::Host host = calls.host();
  double mean = std::numeric_limits<double>::quiet_NaN();
  engine::Message message{};
  const engine::Code code = engine_table().trainer_pass(state_->trainer.get(), &X, &y, sample_weight, &host, &mean, &message);
  state_->seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const bool invalid = code == engine::Code::invalid;  // values were checked before: what is left is a loss that is not finite
  if (invalid) check_finite(X);
  if (!invalid) calls.check(code, message);
  state_->status = invalid ? Status::diverged : code == engine::Code::stopped ? Status::interrupted : Status::max_iter;
  if (code == engine::Code::ok) state_->history.push_back(mean);
  return mean;
}

Model Trainer::model() const {
  int threads = 1;
  return model_of(state_->problem, state_->read(&threads).data());
}

Report Trainer::report() const {
  engine::Outcome outcome{};
  outcome.status = state_->status;
  outcome.certificate = Certificate::none;
  outcome.iterations = static_cast<Index>(state_->history.size());
  outcome.reads = static_cast<double>(outcome.iterations);
  outcome.gap = outcome.measure = std::numeric_limits<double>::quiet_NaN();
  outcome.objective = state_->history.empty() ? outcome.gap : state_->history.back();
  outcome.mistakes = -1;
  state_->read(&outcome.threads);
  return report_of(outcome, state_->settings, Subject::data, state_->history, state_->seconds);
}

}  // namespace linclass
