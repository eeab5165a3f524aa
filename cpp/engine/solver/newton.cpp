#include "solver/newton.h"

#include <Eigen/Cholesky>
#include <cmath>

namespace linclass::engine {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

/// Solves H d = -g into `direction`. The scaled Hessian takes a ridge of 0, or the first of 1e-14, 1e-12, ... that lets it factor.
void newton_direction(const Matrix& hessian, const Vector& gradient, Matrix& scaled, Eigen::LLT<Matrix>& factor, Vector& direction) {
  const Vector scale = hessian.diagonal().unaryExpr([](double h) { return h > 0 ? 1 / std::sqrt(h) : 1.0; });
  for (double ridge = 0; ridge < 1e3; ridge = ridge == 0 ? 1e-14 : 100 * ridge) {
    scaled = scale.asDiagonal() * hessian * scale.asDiagonal();
    scaled.diagonal().array() += ridge;
    factor.compute(scaled);
    if (factor.info() != Eigen::Success) continue;
    direction = -scale.cwiseProduct(factor.solve(scale.cwiseProduct(gradient)));
    if (direction.allFinite() && gradient.dot(direction) <= 0) return;
  }
  direction = -gradient;
}

}  // namespace

bool newton(DataObjective& objective, double* parameters, const std::function<bool(const Iterate&)>& done) {
  const Index n = objective.size();
  Eigen::Map<Vector> w(parameters, n);
  Vector gradient(n), direction(n), trial(n), trial_gradient(n);
  Matrix hessian(n, n), scaled(n, n);
  Eigen::LLT<Matrix> factor(n);

  double value = objective.evaluate_with_hessian(parameters, gradient.data(), hessian.data());
  while (true) {
    newton_direction(hessian, gradient, scaled, factor, direction);
    const double slope = gradient.dot(direction);
    if (done({parameters, value, gradient.data(), -slope / 2})) return true;
    if (slope == 0) return false;
    // The whole step is nearly always good, and what it evaluates is what the next iteration needs.
    double step = 1, trial_value = 0;
    for (int tries = 0;; ++tries, step *= 0.5) {
      trial = w + step * direction;
      trial_value = objective.evaluate_with_hessian(trial.data(), trial_gradient.data(), hessian.data());
      if (trial_value <= value + 1e-4 * step * slope + objective.noise() * std::abs(value)) break;
      if (tries == 40) return false;
    }
    if (trial == w) return false;
    w = trial;
    gradient.swap(trial_gradient);
    value = trial_value;
  }
}

void newton_cholesky(DataObjective& objective, double* w, const Settings&, Monitor& monitor) {
  bool started = false;
  const auto done = [&](const Iterate& at) {
    if (started) return monitor.iteration(at.w, at.smooth, at.gradient, at.decrement);
    started = true;
    return monitor.start(at.w, at.smooth, at.gradient, at.decrement);
  };
  if (!newton(objective, w, done)) monitor.stalled(w);
}

}  // namespace linclass::engine
