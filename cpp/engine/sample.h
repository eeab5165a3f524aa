/// Some rows of a problem, standardised and rounded to float32: a small problem of its own for starts and preconditioners.
#pragma once
#include "random.h"
#include "standardise.h"

namespace linclass::engine {

/// `count` rows of 0..n-1 (with repetitions where a weight is large), row i about count c_i / sum c times: one from each of `count` strata of equal
/// weight along the order of the rows, or of `order` where there is one (stratified resampling). Sorted.
std::vector<Index> draw_rows(const std::vector<double>& c, Index count, Random& random, const std::vector<Index>& order = {});

/// Rows drawn by their sample weights, stratified by class; no class is missed.
std::vector<Index> draw_rows_by_class(const DataObjective& data, Index count, Random& random);

class Sample {
 public:
  /// weights: one a drawn row, or empty.
  Sample(const DataObjective& data, const Standardisation& standard, const std::vector<Index>& rows, std::vector<double> weights);

  /// The problem of these rows in the parameters w~, with its penalty times `stronger`.
  Problem problem(double stronger) const;

 private:
  Problem whole_;
  Index rows_;
  std::vector<float> x_;
  std::vector<int> codes_;
  std::vector<double> labels_, weights_, penalty_scale_;
};

}  // namespace linclass::engine
