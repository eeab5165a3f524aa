#include "solver/lbfgs.h"

#include <cmath>

#include "solver/line_search.h"

namespace linclass::engine {

using Vector = Eigen::VectorXd;

Pairs::Pairs(Index size, int most)
    : s_(size, most + 1), y_(size, most + 1), rho_(most + 1), alpha_(most + 1), h0_y_(size) {}  // one spare, for a pair not yet taken

void Pairs::add(const double* w, const double* next_w, const double* gradient, const double* next_gradient) {
  const Index slot = next_ % s_.cols(), n = s_.rows();
  using In = Eigen::Map<const Vector>;
  s_.col(slot) = In(next_w, n) - In(w, n);
  y_.col(slot) = In(next_gradient, n) - In(gradient, n);
  const double curvature = s_.col(slot).dot(y_.col(slot));
  if (!(curvature > 1e-16 * y_.col(slot).squaredNorm())) return;
  rho_[slot] = 1 / curvature;
  next_ += 1;
  used_ = std::min(used_ + 1, s_.cols() - 1);
}

void Pairs::apply(Vector& d, InverseHessian* h0) {
  for (Index i = 1; i <= used_; ++i) {
    const Index slot = (next_ - i) % s_.cols();
    alpha_[slot] = rho_[slot] * s_.col(slot).dot(d);
    d -= alpha_[slot] * y_.col(slot);
  }
  if (h0) h0->apply(d);
  if (used_ > 0 && !(h0 && h0->scaled())) {  // H0 scaled to the last pair: s.y = gamma y.(H0 y)
    const Index slot = (next_ - 1) % s_.cols();
    h0_y_ = y_.col(slot);
    if (h0) h0->apply(h0_y_);
    const double length = rho_[slot] * y_.col(slot).dot(h0_y_);
    if (length > 0) d /= length;
  }
  for (Index i = used_; i >= 1; --i) {
    const Index slot = (next_ - i) % s_.cols();
    d += (alpha_[slot] - rho_[slot] * y_.col(slot).dot(d)) * s_.col(slot);
  }
}

bool descend(Objective& objective, double* parameters, double& smooth, Vector& gradient, Pairs& pairs,
             const std::unique_ptr<InverseHessian>& h0, const std::function<bool(const Iterate&)>& done) {
  const Index n = objective.size(), K = objective.outputs;
  const PenaltyTerms& penalty = objective.penalty;
  const bool l1 = penalty.l1 > 0;
  Eigen::Map<Vector> w(parameters, n);
  Vector direction(n), subgradient(n), trial(n), trial_gradient(n), orthant(l1 ? n : 0);
  bool moved = false;
  Rounding rounding(objective.noise());
  Floor floor(10);
  const bool floors = h0 || objective.in_float32();  // plain L-BFGS has plateaus: only where double goes on from float32

  while (true) {
    penalty.minimum_norm(parameters, gradient.data(), K, subgradient.data());
    direction = -subgradient;
    if (h0 || !pairs.empty()) pairs.apply(direction, h0.get());
    if (l1) direction = (direction.array() * subgradient.array() < 0).select(direction, 0.0);  // stay in the orthant of descent
    double slope = subgradient.dot(direction);
    if (moved && done({parameters, smooth, gradient.data(), -slope / 2})) return true;
    if (floors && floor.reached(-slope, rounding.of(smooth))) return false;
    if (!(slope < 0)) {
      if (pairs.empty()) return false;  // the subgradient is 0
      pairs.clear(), moved = false;
      continue;
    }
    const double value = smooth + penalty.l1_value(parameters, K);
    const double first = h0 || !pairs.empty() ? 1.0 : std::min(1.0, 1 / subgradient.norm());
    Step step;
    if (l1) {
      // Backtracking on F along the projection onto the orthant of w (of -subgradient where w = 0)
      orthant = (w.array() != 0).select(w.array().sign(), -subgradient.array().sign());
      step = {0, value, slope};
      double t = first;
      for (int tries = 0; tries < 50; ++tries, t *= 0.5) {
        trial = w + t * direction;
        for (Index i = 0, columns = objective.columns; i < n; ++i)
          if (penalty.c[static_cast<std::size_t>(i % columns)] > 0 && trial[i] * orthant[i] <= 0) trial[i] = 0;
        const double trial_smooth = objective.evaluate(trial.data(), trial_gradient.data());
        const double f = trial_smooth + penalty.l1_value(trial.data(), K);
        if (f <= value + 1e-4 * subgradient.dot(trial - w) + objective.noise() * std::abs(value)) {
          step = {t, trial_smooth, 0};
          break;
        }
      }
    } else {
      step = wolfe_search({0, smooth, slope}, first, rounding, [&](double t) {
        trial = w + t * direction;
        const double f = objective.evaluate(trial.data(), trial_gradient.data());
        return Step{t, f, trial_gradient.dot(direction)};
      });
    }
    if (step.t == 0 || trial == w) {
      if (pairs.empty()) return false;
      pairs.clear(), moved = false;  // once more along the steepest descent
      continue;
    }
    pairs.add(parameters, trial.data(), gradient.data(), trial_gradient.data());
    w = trial;
    gradient.swap(trial_gradient);
    smooth = step.f;
    moved = true;
  }
}

void lbfgs(Objective& objective, double* w, const Settings& settings, Monitor& monitor) {
  Vector gradient(objective.size());
  double smooth = objective.evaluate(w, gradient.data());
  if (monitor.start(w, smooth, gradient.data())) return;
  Pairs pairs(objective.size(), settings.memory);
  const auto done = [&](const Iterate& at) { return monitor.iteration(at.w, at.smooth, at.gradient); };
  if (!descend(objective, w, smooth, gradient, pairs, nullptr, done)) monitor.stalled(w);
}

}  // namespace linclass::engine
