/// Columns centred and scaled, x~_j = (x_j - m_j) / s_j, where float32 meets data of any shift and scale. The problem stays what it is:
///   W x + b = W~ x~ + b~  with  w~_j = s_j w_j,  b~ = b + sum_j m_j w_j;   gradients  g_j = s_j g~_j + m_j g~_b,  g_b = g~_b.
/// Without an intercept m = 0.
#pragma once
#include <vector>

#include "data_objective.h"

namespace linclass::engine {

class Standardisation {
 public:
  /// m and s are the mean and standard deviation (without intercept the root mean square) of some 1000 rows; constant columns keep s = 1.
  explicit Standardisation(const DataObjective& data);

  /// All arrays are outputs x columns, intercept last; from and to may be the same.
  void parameters(const double* w, double* standard) const;       ///< w -> w~
  void parameters_back(const double* standard, double* w) const;  ///< w~ -> w
  void gradient(const double* g, double* standard) const;         ///< g -> g~
  void gradient_back(const double* standard, double* g) const;    ///< g~ -> g
  void rows(const DataObjective& data, const Rows& which, float* out, Index ldo) const {
    data.copy_rows(which, centre_.data(), inverse_.data(), out, ldo);
  }
  const std::vector<double>& centre() const { return centre_; }  ///< m
  double farthest() const;                                       ///< max |m_j| / s_j
  /// c~_j = c_j / s_j
  std::vector<double> penalty_scale(const PenaltyTerms& penalty) const;

 private:
  Index outputs_, features_, columns_;
  std::vector<double> centre_, scale_, inverse_;
};

}  // namespace linclass::engine
