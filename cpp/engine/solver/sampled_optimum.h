/// The optimum of a sample of the rows: a start for all rows, and through what found it an H0 for them.
///
/// The sample is a problem of its own, standardised, in float32, with rows stratified by class. It is solved nearly: its own error is larger than what
/// is left. Where Newton's method solved it, it leaves a Hessian behind.
#pragma once
#include <optional>

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

  /// g <- H0 g with the preconditioner that found the optimum.
  void apply(Eigen::VectorXd& g) override;
  /// Of that preconditioner, made at 0; nothing where it has no blocks.
  const std::optional<Directions>& directions() const { return directions_; }
  double rows() const { return static_cast<double>(problem_.X.rows); }

  /// The Hessian, where Newton's method made it and there are rows enough; else empty.
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
  std::optional<Directions> directions_;
  Eigen::VectorXd v_;  ///< the optimum, in the parameters of standardised data
  Eigen::MatrixXd hessian_;
  Eigen::VectorXd standard_g_;
};

}  // namespace linclass::engine
