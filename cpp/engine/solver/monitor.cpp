#include "solver/monitor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "solver/lbfgs.h"

namespace linclass::engine {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The data term as a function of the intercepts, for the inner problem of the certificate.
class InterceptObjective final : public Objective {
 public:
  explicit InterceptObjective(DataObjective& data) : Objective(data.outputs, 1, free_column()), data_(data) {}
  double evaluate(const double* b, double* gradient) override { return data_.evaluate_intercept(b, gradient); }
  double noise() const override { return data_.noise(); }

 private:
  static PenaltyTerms free_column() {
    PenaltyTerms none;
    none.c = {0.0};
    return none;
  }
  DataObjective& data_;
};

}  // namespace

double gap_at_best_intercept(DataObjective& objective, double* w, double* smooth, double* gradient) {
  const Index columns = objective.columns;
  std::vector<double> b(static_cast<std::size_t>(objective.outputs));
  for (Index k = 0; k < objective.outputs; ++k) b[static_cast<std::size_t>(k)] = w[k * columns + columns - 1];
  InterceptObjective inner(objective);
  lbfgs_quietly(inner, b.data(), std::max(1e-13, objective.noise()) * objective.at_zero().residual_rms);
  for (Index k = 0; k < objective.outputs; ++k) w[k * columns + columns - 1] = b[static_cast<std::size_t>(k)];
  *smooth = objective.evaluate(w, gradient);
  return objective.penalty.gap(w, gradient, objective.outputs);
}

Monitor::Monitor(const Settings& settings, Team& team, Objective& objective, DataObjective* data, Index default_iterations)
    : settings_(settings),
      team_(team),
      objective_(objective),
      data_(data),
      most_iterations_(settings.max_iter > 0 ? settings.max_iter : default_iterations),
      has_gap_(data && data->has_gap()),
      previous_(nan) {
  outcome.status = Status::max_iter;
  outcome.certificate = Certificate::none;
  outcome.objective = outcome.gap = outcome.measure = nan;
  outcome.mistakes = -1;
  if (std::isfinite(settings.time_limit))
    team.stop_at(started_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::min(settings.time_limit, 1e9))));
}

bool Monitor::start(double* w, double smooth, const double* gradient) {
  // An infinity in X may leave the value finite (a margin of infinity has no loss) but never the gradient: 0 * infinity is NaN.
  if (!std::isfinite(smooth) || !std::all_of(gradient, gradient + objective_.size(), [](double g) { return std::isfinite(g); }))
    throw NotFinite();
  outcome.certificate = has_gap_ ? Certificate::gap : !data_ || data_->smooth() ? Certificate::stationary : Certificate::none;
  if (has_gap_) {
    at_zero_ = data_->at_zero().value;
    trigger_ = std::numeric_limits<double>::infinity();
  }
  subgradient_.resize(static_cast<std::size_t>(objective_.size()));
  previous_ = outcome.objective = smooth + objective_.penalty.l1_value(w, objective_.outputs);
  return certified(w, &smooth, gradient, false);
}

/// tol is reached at w. `report`: the figure is wanted in any case.
bool Monitor::certified(double* w, double* smooth, const double* gradient, bool report) {
  const Index K = objective_.outputs;
  const PenaltyTerms& penalty = objective_.penalty;
  const auto end = [&] {
    outcome.status = Status::converged;
    return true;
  };
  if (outcome.certificate == Certificate::stationary) {
    penalty.minimum_norm(w, gradient, K, subgradient_.data());
    outcome.measure = objective_.stationarity(subgradient_.data());
    return outcome.measure <= settings_.tol && settings_.tol > 0 && end();
  }
  if (outcome.certificate != Certificate::gap) return false;
  const auto bound = [&](double value) { return settings_.tol * std::max(value, 1e-3 * at_zero_); };
  const double value = *smooth + penalty.l1_value(w, K), estimate = penalty.gap(w, gradient, K);
  if (!data_->has_intercept()) {
    outcome.gap = estimate, outcome.measure = estimate / std::max(value, 1e-3 * at_zero_);
    return estimate <= bound(value) && end();
  }
  // The exact gap costs a read and an inner problem: only where the estimate at the present intercept says that it may do.
  if (!report && !(estimate <= bound(value) && estimate <= trigger_)) return false;
  trigger_ = estimate / 2;
  trial_.assign(w, w + objective_.size());
  trial_gradient_.resize(trial_.size());
  double trial_smooth = 0;
  const double gap = gap_at_best_intercept(*data_, trial_.data(), &trial_smooth, trial_gradient_.data());
  const double trial_value = trial_smooth + penalty.l1_value(trial_.data(), K);
  outcome.gap = gap, outcome.measure = gap / std::max(trial_value, 1e-3 * at_zero_);
  if (!report && gap > bound(trial_value)) return false;
  std::copy(trial_.begin(), trial_.end(), w);
  *smooth = trial_smooth;
  outcome.objective = trial_value;
  return gap <= bound(trial_value) && end();
}

bool Monitor::iteration(double* w, double smooth, const double* gradient) {
  outcome.iterations += 1;
  outcome.objective = smooth + objective_.penalty.l1_value(w, objective_.outputs);
  const bool done = certified(w, &smooth, gradient, false);
  const bool limit = ended(w, outcome.objective);
  if (limit && !done && has_gap_) {
    const Status why = outcome.status;
    if (!certified(w, &smooth, gradient, true)) outcome.status = why;
  }
  if (done) outcome.status = Status::converged;
  return done || limit;
}

void Monitor::stalled(double* w) {
  std::vector<double> gradient(static_cast<std::size_t>(objective_.size()));
  double smooth = objective_.evaluate(w, gradient.data());
  if (!certified(w, &smooth, gradient.data(), true)) outcome.status = Status::stalled;
}

bool Monitor::epoch(const double* w, double objective, Index mistakes) {
  outcome.iterations += 1;
  outcome.mistakes = mistakes;
  outcome.objective = objective;
  if (mistakes >= 0) outcome.certificate = Certificate::mistakes, outcome.measure = static_cast<double>(mistakes);
  const bool ends = ended(w, objective);
  if (mistakes == 0) outcome.status = Status::converged;
  return ends || mistakes == 0;
}

void Monitor::evaluate_at_end(const double* w) {
  outcome.objective = objective_.evaluate(w, nullptr) + objective_.penalty.l1_value(w, objective_.outputs);
}

/// Records the iteration and asks the callback and the limits.
bool Monitor::ended(const double* w, double objective) {
  const double before = previous_;
  previous_ = objective;
  if (team_.host() && team_.host()->iteration) {
    State state;
    state.iteration = outcome.iterations;
    state.objective = objective;
    state.measure = outcome.measure;
    state.seconds = seconds_since(started_);
    state.reads = objective_.reads;
    state.w = w, state.size = objective_.size();
    if (team_.host()->iteration(team_.host()->self, &state)) {
      outcome.status = Status::stopped;
      return true;
    }
  }
  if (settings_.epsilon > 0 && std::abs(before - objective) < settings_.epsilon * std::max(1.0, std::abs(objective))) {
    outcome.status = Status::converged;
    return true;
  }
  return outcome.iterations >= most_iterations_ && (outcome.status = Status::max_iter, true);
}

}  // namespace linclass::engine
