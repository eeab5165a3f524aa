/// The optimum of a sample of the rows: a start for all rows, and through its Hessian there an H0 for them.
///
/// The sample is a problem of its own, standardised, in float32, with rows stratified by class. It is solved nearly: its own error is larger than what
/// is left. Its Hessian H_S differs from that of all rows by about the root of (directions that the rows determine / rows of the sample). Where that is small, L-BFGS with H0 =
/// H_S^-1 needs a pass a digit: a factor where Newton's method left H_S behind, else conjugate gradients on the sample (Nocedal and Wright, algorithm 5.3), whose products cost a
/// fraction of a pass, preconditioned by what found the optimum. Full gradients with sampled curvature: Byrd, Chin, Neveitt and Nocedal, On the use of
/// stochastic Hessian information in optimization methods for machine learning, 2011; Zhang and Xiao, DiSCO, 2015.
#pragma once
#include "preconditioner.h"
#include "sample.h"

namespace linclass::engine {

class SampledOptimum final : public InverseHessian {
 public:
  /// Of about `rows` rows of the data.
  SampledOptimum(DataObjective& data, const Standardisation& standard, Index rows, Random& random);

  /// The optimum, in the parameters of the data.
  void read(double* w) const;
  bool found() const { return v_.allFinite(); }

  /// g <- H_S^-1 g by conjugate gradients.
  void apply(Eigen::VectorXd& g) override;
  bool scaled() const override { return true; }

  /// There are rows enough for H_S to be H0 by conjugate gradients.
  bool knows_curvature() const;
  /// H_S, where Newton's method made it and there are rows enough; else empty.
  const Eigen::MatrixXd& hessian() const { return hessian_; }

 private:
  void solve(Random& random);

  const Standardisation& standard_;
  const double stronger_;  ///< fewer rows determine the parameters less: a larger penalty makes up for some of it
  const Sample sample_;
  const Problem problem_;
  const std::unique_ptr<DataObjective> there_;
  std::unique_ptr<Standardisation> standard_there_;
  std::unique_ptr<InverseHessian> h0_;
  double effective_dimension_ = 0;
  Eigen::VectorXd v_;  ///< the optimum, in the parameters of standardised data
  Eigen::MatrixXd hessian_;
  Eigen::VectorXd less_penalty_;  ///< what H_S has less of it than the Hessian of `there_`; diagonal
  Eigen::VectorXd x_, residual_, preconditioned_, direction_, product_;
};

}  // namespace linclass::engine
