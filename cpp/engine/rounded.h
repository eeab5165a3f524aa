/// The objective of data with all inner work in float32, on standardised columns that are converted block by block: for float64 data and several outputs
/// this takes about half the time of a pass in float64. Parameters, values and sums over blocks are double, so its gradient is exact to some 1e-7
/// relative to its terms, which is enough until the last digits.
#pragma once
#include "blocks.h"
#include "standardise.h"

namespace linclass::engine {

class RoundedObjective final : public CurvedObjective {
 public:
  RoundedObjective(DataObjective& data, const Standardisation& standard);

  double evaluate(const double* w, double* gradient) override;
  void keep_scores() override { blocks_.keep_scores(); }
  void row_curvature(const double* u, double* c) override { blocks_.row_curvature(data_.team(), bias_.data(), u, c); }
  void curvature_trace(double* c) override { blocks_.curvature_trace(data_.team(), bias_.data(), c); }
  void mean_curvature(double* A) override { blocks_.mean_curvature(data_.team(), bias_.data(), A); }
  double evaluate_intercept(const double* b, double* gradient, double* hessian) override;
  double noise() const override { return 1e-7; }

 private:
  DataObjective& data_;
  const Standardisation& standard_;
  Blocks<float> blocks_;
  const Index free_;
  const Plan plan_;
  std::vector<double> standard_w_, bias_;
  std::vector<double> shift_;  ///< bias_ but for the intercepts: what the centres of the columns add to each score
  Aligned<float> packed_;
};

}  // namespace linclass::engine
