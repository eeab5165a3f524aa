/// Limited-memory BFGS, the textbook method (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 7.5), with any
/// positive definite H0; and for l1 its orthant-wise form OWL-QN with the minimum-norm subgradient (Andrew and Gao, ICML 2007).
#pragma once
#include <Eigen/Core>
#include <functional>
#include <limits>
#include <memory>

#include "solver/inverse_hessian.h"
#include "solver/monitor.h"

namespace linclass::engine {

/// The last pairs s = w_{t+1} - w_t, y = g_{t+1} - g_t, and their inverse Hessian times a vector.
class Pairs {
 public:
  Pairs(Index size, int most);
  void clear() { used_ = 0; }
  bool empty() const { return used_ == 0; }

  /// Keeps the pair when its curvature s.y is positive beyond rounding.
  void add(const double* w, const double* next_w, const double* gradient, const double* next_gradient);

  /// d <- H d, the two-loop recursion; h0 null: the identity.
  void apply(Eigen::VectorXd& d, InverseHessian* h0);

 private:
  Eigen::MatrixXd s_, y_;
  Eigen::VectorXd rho_, alpha_, h0_y_;
  Index next_ = 0, used_ = 0;
};

/// An accepted point, with the decrease that the model of the curvature expects of a full step from there: g' H g / 2.
struct Iterate {
  double* w;
  double smooth;
  const double* gradient;
  double decrement;
  const double* hessian = nullptr;  ///< there, where the solver knows it
};

/// Decrements below the rounding of P are still true, until they fall no further: then the gradient is rounding errors too.
class Floor {
 public:
  explicit Floor(int patience) : patience_(patience) {}
  /// With the decrement of the next iterate: none of the last `patience` was half of the least before.
  bool reached(double decrement, double rounding) {
    waited_ = decrement < least_ / 2 || decrement > rounding ? 0 : waited_ + 1;
    if (waited_ == 0) least_ = decrement;
    return waited_ == patience_;
  }

 private:
  const int patience_;
  int waited_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
};

/// From w, where the smooth value and gradient are given, until done(iterate) after a step is true; false when no step lowers the objective any more.
/// All three are those of the last accepted point then. h0: null for the identity; done may exchange it.
bool descend(Objective& objective, double* w, double& smooth, Eigen::VectorXd& gradient, Pairs& pairs,
             const std::unique_ptr<InverseHessian>& h0, const std::function<bool(const Iterate&)>& done);

/// w: the start, then always the last accepted point.
void lbfgs(Objective& objective, double* w, const Settings& settings, Monitor& monitor);

}  // namespace linclass::engine
