/// Some rows of a problem, standardised and rounded to float32: a small problem of its own for starts and curvature.
#pragma once
#include <algorithm>
#include <cmath>
#include <memory>

#include "random.h"
#include "standardise.h"

namespace linclass::engine {

/// About `count` of n rows, row i about count c_i / sum c times (more than once where c_i is large): the rows of each class are cut into strata of equal weight
/// along their order, and one row is drawn from each (stratified resampling), at least one a class. Sorted.
/// weight(i): c_i; class_of(i): 0..classes-1.
template <class Weight, class ClassOf>
std::vector<Index> draw_rows(Index n, Index count, Random& random, const Weight& weight, Index classes, const ClassOf& class_of) {
  struct Class {
    double total = 0, stratum = 0, reached = 0, next = 0;
    Index drawn = 0;
  };
  std::vector<Class> strata(static_cast<std::size_t>(classes));
  double all = 0;
  for (Index i = 0; i < n; ++i) strata[static_cast<std::size_t>(class_of(i))].total += weight(i);
  for (const Class& c : strata) all += c.total;
  const auto draw_next = [&](Class& c) { c.next = (static_cast<double>(c.drawn++) + (random.symmetric() + 1) / 2) * c.stratum; };
  for (Class& c : strata) {
    c.stratum = c.total / std::max(1.0, std::round(static_cast<double>(count) * c.total / all));
    draw_next(c);
  }
  std::vector<Index> rows;
  rows.reserve(static_cast<std::size_t>(count + classes));
  for (Index i = 0; i < n; ++i) {
    Class& c = strata[static_cast<std::size_t>(class_of(i))];
    for (c.reached += weight(i); c.reached > c.next; draw_next(c)) rows.push_back(i);
  }
  return rows;
}

class Sample {
 public:
  /// weights: one a drawn row, or empty.
  Sample(const DataObjective& data, const Standardisation& standard, const std::vector<Index>& rows, std::vector<double> weights);

  /// The problem of these rows in the parameters w~, with its penalty times `stronger`.
  Problem problem(double stronger) const;

 private:
  Problem whole_;
  Index rows_;
  std::unique_ptr<float[]> x_;  ///< each thread touches its own pages first
  std::vector<int> codes_;
  std::vector<double> labels_, weights_, penalty_scale_;
};

/// About `rows` rows drawn in proportion to the trace of their curvature where `objective` was evaluated last (and kept its scores), with weights that make
/// their mean Hessian an estimate of that of all rows. Where they would be half of the rows it takes all.
Sample curved_sample(CurvedObjective& objective, const DataObjective& data, const Standardisation& standard, Index rows, Random& random);

}  // namespace linclass::engine
