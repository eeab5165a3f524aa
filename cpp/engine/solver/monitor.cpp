#include "solver/monitor.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>

namespace linclass::engine {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Intercepts = Eigen::Map<const Eigen::VectorXd, 0, Eigen::InnerStride<>>;

/// Of one vector of outputs x columns.
Intercepts intercepts(const double* w, const Objective& objective) {
  return {w + objective.columns - 1, objective.outputs, Eigen::InnerStride<>(objective.columns)};
}

/// Moves b to the minimum of the data term at the scores that `view` kept: Newton's method with halved steps, until the gradient is at most `tolerance`, or
/// does not fall any more at the size of rounding errors.
void optimise_intercept(CurvedObjective& view, DataObjective& data, double tolerance, Eigen::VectorXd& b) {
  const Index K = view.outputs;
  const double rounding = view.noise() * data.at_zero().residual_rms;
  Eigen::VectorXd gradient(K), trial(K), trial_gradient(K);
  Eigen::MatrixXd hessian(K, K);
  double value = view.evaluate_intercept(b.data(), gradient.data(), hessian.data());
  for (int iteration = 0; iteration < 50 && !(gradient.lpNorm<Eigen::Infinity>() <= tolerance); ++iteration) {
    // softmax is flat along (1, ..., 1), where the gradient is 0 up to rounding: a ridge above that keeps the step small
    hessian.diagonal().array() += (1e-10 + view.noise()) * hessian.trace() + 1e-300;
    Eigen::VectorXd step = hessian.ldlt().solve(gradient);
    if (data.shift_invariant()) step.array() -= step.mean();
    if (!step.allFinite()) return;
    for (double t = 1;; t *= 0.5) {
      trial = b - t * step;
      if (trial == b || t < 1e-6) return;
      const double trial_value = view.evaluate_intercept(trial.data(), trial_gradient.data(), hessian.data());
      if (!(trial_value <= value + view.noise() * std::abs(value))) continue;
      value = trial_value;
      break;
    }
    const bool falls = trial_gradient.norm() < 0.5 * gradient.norm();
    b = trial;
    gradient = trial_gradient;
    if (!falls && (iteration > 20 || gradient.lpNorm<Eigen::Infinity>() <= rounding)) return;
  }
}

/// The same for the intercepts of w, where `view` was evaluated last.
void move_intercept(CurvedObjective& view, DataObjective& data, double tolerance, double* w) {
  Eigen::VectorXd b = intercepts(w, data);
  optimise_intercept(view, data, tolerance, b);
  for (Index k = 0; k < data.outputs; ++k) w[(k + 1) * data.columns - 1] = b[k];
}

}  // namespace

double gap_at_best_intercept(DataObjective& objective, double* w, double* smooth, double* gradient, double tolerance) {
  move_intercept(objective, objective, tolerance, w);
  *smooth = objective.evaluate(w, gradient);
  return objective.penalty.gap(w, gradient, objective.outputs);
}

Monitor::Monitor(const Settings& settings, Team& team, Objective& objective, DataObjective* data, Index default_iterations,
                 Clock::time_point started)
    : settings_(settings),
      team_(team),
      objective_(objective),
      data_(data),
      most_iterations_(settings.max_iter > 0 ? settings.max_iter : default_iterations),
      started_(started),
      has_gap_(data && data->has_gap()),
      previous_(nan) {
  outcome.status = Status::max_iter;
  outcome.certificate = Certificate::none;
  outcome.objective = outcome.gap = outcome.measure = outcome.estimate = nan;
  outcome.mistakes = -1;
  if (std::isfinite(settings.time_limit))
    team.stop_at(started_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::min(settings.time_limit, 1e9))));
}

bool Monitor::start(double* w, double smooth, const double* gradient, double decrement) {
  // An infinity in X may leave the value finite (a margin of infinity has no loss) but never the gradient: 0 * infinity is NaN.
  if (!std::isfinite(smooth) || !std::all_of(gradient, gradient + objective_.size(), [](double g) { return std::isfinite(g); }))
    throw NotFinite();
  outcome.certificate = has_gap_                            ? Certificate::gap
                        : data_ && std::isfinite(decrement) ? Certificate::estimate
                        : !data_ || data_->smooth()         ? Certificate::stationary
                                                            : Certificate::none;
  if (data_ && (has_gap_ || outcome.certificate == Certificate::estimate)) at_zero_ = data_->at_zero().value;
  subgradient_.resize(static_cast<std::size_t>(objective_.size()));
  previous_ = outcome.objective = smooth + objective_.penalty.l1_value(w, objective_.outputs);
  outcome.estimate = decrement;
  return certified(w, smooth, gradient, false);
}

void Monitor::continues(const Outcome& before) {
  outcome.iterations = before.iterations;
  objective_.reads += before.reads;
  chose(std::string(before.choice) + (before.choice[0] ? "; " : "") + "at the end, all in float64");
}

/// tol is reached at w. `report`: the figures are wanted in any case, and exact.
bool Monitor::certified(double* w, double smooth, const double* gradient, bool report) {
  switch (outcome.certificate) {
    case Certificate::gap: return gap_certified(w, smooth, gradient, report);
    case Certificate::estimate: outcome.measure = outcome.estimate / scale(smooth); return reached();
    case Certificate::stationary: break;
    default: return false;
  }
  const auto measure = [&](const double* g) {
    objective_.penalty.minimum_norm(w, g, objective_.outputs, subgradient_.data());
    outcome.measure = objective_.stationarity(subgradient_.data());
    return reached();
  };
  const bool near = measure(gradient);
  if (!rounded_ || !(near || report)) return near;
  outcome.status = Status::max_iter;
  trial_gradient_.resize(subgradient_.size());
  outcome.objective = objective_.evaluate(w, trial_gradient_.data()) + objective_.penalty.l1_value(w, objective_.outputs);
  return measure(trial_gradient_.data());
}

bool Monitor::gap_certified(double* w, double smooth, const double* gradient, bool report) {
  const Index K = objective_.outputs;
  const PenaltyTerms& penalty = objective_.penalty;
  double value = smooth + penalty.l1_value(w, K), gap = gap_estimate(w, gradient);
  const auto near = [&] { return report || gap <= settings_.tol * scale(value); };
  // The exact gap costs a read, after rounded evaluations too where their best intercept is near enough to the exact one, and else another: only where the
  // estimate at the present intercept says that it may do.
  if (rounded_ || data_->has_intercept()) {
    if (!near() || !(report || gap <= trigger_)) return false;
    const double tolerance = 1e-2 * settings_.tol * scale(value);  // of the gradient by the intercept
    trial_.assign(w, w + objective_.size());
    trial_gradient_.assign(gradient, gradient + objective_.size());
    if (rounded_) {
      if (data_->has_intercept()) move_intercept(*rounded_, *data_, tolerance, trial_.data());
      value = objective_.evaluate(trial_.data(), trial_gradient_.data()) + penalty.l1_value(trial_.data(), K);
      gap = gap_estimate(trial_.data(), trial_gradient_.data());
    }
    trigger_ = gap / 2;
    if (data_->has_intercept()) {
      if (!near()) return false;
      if (!(intercepts(trial_gradient_.data(), objective_).lpNorm<Eigen::Infinity>() <= tolerance)) {
        double trial_smooth = 0;
        gap = gap_at_best_intercept(*data_, trial_.data(), &trial_smooth, trial_gradient_.data(), tolerance);
        value = trial_smooth + penalty.l1_value(trial_.data(), K);
      } else {
        gap = penalty.gap(trial_.data(), trial_gradient_.data(), K);
      }
    }
    if (near()) std::copy(trial_.begin(), trial_.end(), w), outcome.objective = value;
  }
  outcome.gap = gap, outcome.measure = gap / scale(value);
  return reached();
}

/// The gap but for what the intercept still has to gain; exact where there is none. Moving the intercept to its optimum takes about m_j g_b from g_j, m_j the mean
/// of the column: far more than the rest where columns are shifted.
double Monitor::gap_estimate(const double* w, const double* gradient) {
  const Index columns = objective_.columns;
  std::copy_n(gradient, objective_.size(), subgradient_.begin());
  for (Index i = 0; i < objective_.size() && data_->has_intercept() && !centre_.empty(); ++i)
    if (const Index j = i % columns; j + 1 < columns)
      subgradient_[static_cast<std::size_t>(i)] -= centre_[static_cast<std::size_t>(j)] * gradient[i - j + columns - 1];
  return objective_.penalty.gap(w, subgradient_.data(), objective_.outputs);
}

bool Monitor::reached() {
  if (settings_.tol == 0 || !(outcome.measure <= settings_.tol)) return false;
  outcome.status = Status::converged;
  return true;
}

bool Monitor::iteration(double* w, double smooth, const double* gradient, double decrement) {
  outcome.iterations += 1;
  outcome.objective = smooth + objective_.penalty.l1_value(w, objective_.outputs);
  outcome.estimate = decrement;
  const bool done = certified(w, smooth, gradient, false);
  const bool limit = ended(w, outcome.objective);
  if (limit && !done && (has_gap_ || rounded_)) {
    const Status why = outcome.status;
    if (!certified(w, smooth, gradient, true)) outcome.status = why;
  }
  if (done) outcome.status = Status::converged;
  return done || limit;
}

void Monitor::stalled(double* w) {
  std::vector<double> gradient(static_cast<std::size_t>(objective_.size()));
  const double smooth = objective_.evaluate(w, gradient.data());
  rounded_ = nullptr;
  if (!certified(w, smooth, gradient.data(), true)) outcome.status = Status::stalled;
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
