/// Directions of Newton's method with the Hessian of a sample: H0 g = H_S^-1 g by conjugate gradients (Nocedal and Wright, Numerical Optimization,
/// algorithm 5.3), whose products with H_S cost a fraction of a pass.
///
/// The rows are drawn in proportion to their curvature (Xu, Yang, Roosta, Re and Mahoney, Sub-sampled Newton methods with non-uniform sampling, 2016), and anew as w moves.
/// H_S differs from H by about the root of (directions that the rows determine / rows of the sample), which L-BFGS makes up for in a few passes. Full gradients with sampled
/// curvature: Byrd, Chin, Neveitt and Nocedal, On the use of stochastic Hessian information in optimization methods for machine learning, 2011; Zhang and
/// Xiao, DiSCO, 2015.
#pragma once
#include "sample.h"
#include "solver/inverse_hessian.h"

namespace linclass::engine {

class SampledNewton final : public InverseHessian {
 public:
  /// rows: of the sample; preconditioner: of the conjugate gradients.
  SampledNewton(DataObjective& data, const Standardisation& standard, Index rows, std::unique_ptr<InverseHessian> preconditioner,
                Random& random);

  /// Draws the sample, at w, where `view` was evaluated last (and kept its scores).
  void draw(CurvedObjective& view, const double* w);
  /// After a step to w: draws the sample anew when it has served, and lets each serve twice as long as the one before.
  void moved(CurvedObjective& view, const double* w);

  void apply(Eigen::VectorXd& g) override;
  bool scaled() const override { return true; }

 private:
  DataObjective& data_;
  const Standardisation& standard_;
  const Index rows_;
  const std::unique_ptr<InverseHessian> preconditioner_;
  Random& random_;
  int serves_ = 2, left_ = 2;  ///< steps
  std::unique_ptr<Sample> sample_;
  Problem problem_;
  std::unique_ptr<DataObjective> there_;
  Eigen::VectorXd v_;  ///< where the sample was drawn; this and what follows of standardised columns
  Eigen::VectorXd x_, residual_, preconditioned_, direction_, product_;
};

}  // namespace linclass::engine
