#include "solver/lbfgs.h"

#include <Eigen/Core>
#include <cmath>
#include <functional>

#include "solver/line_search.h"

namespace linclass::engine {
namespace {

using Vector = Eigen::VectorXd;

/// The last pairs s = w_{t+1} - w_t, y = g_{t+1} - g_t, and their inverse Hessian times a vector.
class Memory {
 public:
  Memory(Index size, int most)
      : s_(size, most + 1), y_(size, most + 1), rho_(most + 1), alpha_(most + 1) {}  // one spare, for a pair not yet taken

  void clear() { used_ = 0; }
  bool empty() const { return used_ == 0; }

  /// Keeps the pair when its curvature s.y is positive beyond rounding.
  template <class S, class Y>
  void add(const S& s, const Y& y) {
    const Index slot = next_ % s_.cols();
    s_.col(slot) = s;
    y_.col(slot) = y;
    const double curvature = s_.col(slot).dot(y_.col(slot)), square = y_.col(slot).squaredNorm();
    if (!(curvature > 1e-16 * square)) return;
    rho_[slot] = 1 / curvature;
    gamma_ = curvature / square;
    next_ += 1;
    used_ = std::min(used_ + 1, s_.cols() - 1);
  }

  /// d <- H d: the two-loop recursion.
  void apply(Vector& d) {
    for (Index i = 1; i <= used_; ++i) {
      const Index slot = (next_ - i) % s_.cols();
      alpha_[slot] = rho_[slot] * s_.col(slot).dot(d);
      d -= alpha_[slot] * y_.col(slot);
    }
    d *= gamma_;
    for (Index i = used_; i >= 1; --i) {
      const Index slot = (next_ - i) % s_.cols();
      d += (alpha_[slot] - rho_[slot] * y_.col(slot).dot(d)) * s_.col(slot);
    }
  }

 private:
  Eigen::MatrixXd s_, y_;
  Vector rho_, alpha_;
  double gamma_ = 1;
  Index next_ = 0, used_ = 0;
};

/// done(w, smooth, gradient) is asked after each accepted step. False when no step lowers the objective any more.
bool minimise(Objective& objective, double* parameters, int memory_size, double smooth, Vector& gradient,
              const std::function<bool(double*, double, const double*)>& done) {
  const Index n = objective.size(), K = objective.outputs;
  const PenaltyTerms& penalty = objective.penalty;
  const bool l1 = penalty.l1 > 0;
  Eigen::Map<Vector> w(parameters, n);
  Vector direction(n), subgradient(n), trial(n), trial_gradient(n), orthant(l1 ? n : 0);
  Memory memory(n, memory_size);

  while (true) {
    penalty.minimum_norm(parameters, gradient.data(), K, subgradient.data());
    direction = -subgradient;
    if (!memory.empty()) memory.apply(direction);
    if (l1) direction = (direction.array() * subgradient.array() < 0).select(direction, 0.0);  // stay in the orthant of descent
    double slope = subgradient.dot(direction);
    if (!(slope < 0)) {
      if (memory.empty()) return false;  // the subgradient is 0
      memory.clear();
      continue;
    }
    const double value = smooth + penalty.l1_value(parameters, K);
    const double first = memory.empty() ? std::min(1.0, 1 / subgradient.norm()) : 1.0;
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
      step = wolfe_search({0, smooth, slope}, first, objective.noise(), [&](double t) {
        trial = w + t * direction;
        const double f = objective.evaluate(trial.data(), trial_gradient.data());
        return Step{t, f, trial_gradient.dot(direction)};
      });
    }
    if (step.t == 0 || trial == w) {
      if (memory.empty()) return false;
      memory.clear();  // once more along the steepest descent
      continue;
    }
    memory.add(trial - w, trial_gradient - gradient);
    w = trial;
    gradient.swap(trial_gradient);
    smooth = step.f;
    if (done(parameters, smooth, gradient.data())) return true;
  }
}

}  // namespace

void lbfgs(Objective& objective, double* w, const Settings& settings, Monitor& monitor) {
  Vector gradient(objective.size());
  const double smooth = objective.evaluate(w, gradient.data());
  if (monitor.start(w, smooth, gradient.data())) return;
  const bool ended = minimise(objective, w, settings.memory, smooth, gradient,
                              [&](double* at, double value, const double* g) { return monitor.iteration(at, value, g); });
  if (!ended) monitor.stalled(w);
}

}  // namespace linclass::engine
