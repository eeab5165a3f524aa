#include "solver/newton.h"

#include <cmath>

#include "cholesky.h"
#include "solver/line_search.h"
#include "standardise.h"

namespace linclass::engine {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = RowMajor<double>;

/// Solves H d = -g. The Hessian is scaled to a unit diagonal and takes the first ridge of noise() times 1, 100, ... that lets it factor: where it is
/// singular (softmax does not see a shift of all scores), rounding errors of the gradient are then not divided by rounding errors of the Hessian.
void newton_direction(DataObjective& objective, const Matrix& hessian, const Vector& gradient, Vector& scale, Matrix& scaled,
                      Vector& direction) {
  scale = hessian.diagonal().unaryExpr([](double h) { return h > 0 ? 1 / std::sqrt(h) : 1.0; });
  for (double ridge = objective.noise(); ridge < 1e3; ridge *= 100) {
    scaled = scale.asDiagonal() * hessian * scale.asDiagonal();
    scaled.diagonal().array() += ridge;
    if (!factor<double>(scaled, [&] { objective.team().check(); })) continue;
    direction = -scale.cwiseProduct(gradient);
    scaled.triangularView<Eigen::Lower>().solveInPlace(direction);
    scaled.triangularView<Eigen::Lower>().transpose().solveInPlace(direction);
    direction.array() *= scale.array();
    if (direction.allFinite() && gradient.dot(direction) <= 0) return;
  }
  direction = -gradient;
}

}  // namespace

bool newton(DataObjective& objective, double* parameters, const std::function<bool(const Iterate&)>& done) {
  const Index n = objective.size();
  Eigen::Map<Vector> w(parameters, n);
  Vector gradient(n), direction(n), scale(n), trial(n), trial_gradient(n);
  Matrix hessian(n, n), scaled(n, n);

  double value = objective.evaluate_with_hessian(parameters, gradient.data(), hessian.data());
  Rounding rounding(objective.noise());
  Floor floor(5);
  const bool widens = objective.in_float32() && !objective.sparse();  // double goes on from where float32 stops
  while (true) {
    newton_direction(objective, hessian, gradient, scale, scaled, direction);
    // P is flat along a shift of all outputs in a column without penalty: there the step would be rounding errors over rounding errors.
    for (Index j = 0; j < objective.columns && objective.shift_invariant(); ++j) {
      if (objective.penalty.l2 * objective.penalty.c[static_cast<std::size_t>(j)] > 0) continue;
      Eigen::Map<Vector, 0, Eigen::InnerStride<>> outputs(direction.data() + j, objective.outputs, Eigen::InnerStride<>(objective.columns));
      outputs.array() -= outputs.mean();
    }
    const double slope = gradient.dot(direction);
    if (done({parameters, value, gradient.data(), -slope / 2, hessian.data()})) return true;
    if (slope == 0 || floor.reached(-slope, widens ? INFINITY : rounding.of(value))) return false;
    // The whole step is nearly always good, and what it evaluates is what the next iteration needs. Near the optimum its decrease drowns in the rounding
    // of P; but a step that had to be short must show one, or the direction is rounding errors.
    double step = 1, trial_value = 0;
    for (int tries = 0;; ++tries, step *= 0.5) {
      trial = w + step * direction;
      trial_value = objective.evaluate_with_hessian(trial.data(), trial_gradient.data(), hessian.data());
      rounding.see({0, value, slope}, {step, trial_value, trial_gradient.dot(direction)});
      const double noise = rounding.of(value);
      if (trial_value <= value + 1e-4 * step * slope + (step > 1e-3 ? noise : -noise)) break;
      if (tries == 40 || -step * slope <= noise) return false;
    }
    if (trial == w) return false;
    w = trial;
    gradient.swap(trial_gradient);
    value = trial_value;
  }
}

void newton_cholesky(DataObjective& objective, double* w, const Settings&, Monitor& monitor) {
  monitor.centred_at(Standardisation(objective).centre());
  bool started = false;
  const auto done = [&](const Iterate& at) {
    if (started) return monitor.iteration(at.w, at.smooth, at.gradient, at.decrement);
    started = true;
    return monitor.start(at.w, at.smooth, at.gradient, at.decrement);
  };
  if (!newton(objective, w, done)) monitor.stalled(w);
}

}  // namespace linclass::engine
