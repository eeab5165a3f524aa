/// The penalty l2/2 sum (c_j w_kj)^2 + l1 sum c_j |w_kj| on parameters w of outputs x columns, and what solvers need of it.
/// c is 0 for the intercept, which makes every formula right for it without a case.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "linclass/problem.h"

namespace linclass::engine {

/// Proximal step of t |w|: the soft threshold.
inline double soft_threshold(double w, double t) { return w > t ? w - t : w < -t ? w + t : w == w ? 0.0 : w; }

struct PenaltyTerms {
  double l1 = 0, l2 = 0;
  std::vector<double> c;  ///< one a column of w

  PenaltyTerms() = default;
  PenaltyTerms(const Penalty& penalty, Index features, bool intercept)
      : l1(penalty.l1), l2(penalty.l2), c(static_cast<std::size_t>(features), 1.0) {
    if (penalty.scale) c.assign(penalty.scale, penalty.scale + features);
    if (intercept) c.push_back(0.0);
  }

  double l2_value(const double* w, Index outputs) const {
    return l2 == 0 ? 0 : l2 / 2 * sum(outputs, [&](Index i, double cj) { return cj * w[i] * cj * w[i]; });
  }
  double l1_value(const double* w, Index outputs) const {
    return l1 == 0 ? 0 : l1 * sum(outputs, [&](Index i, double cj) { return cj * std::abs(w[i]); });
  }
  double value(const double* w, Index outputs) const { return l2_value(w, outputs) + l1_value(w, outputs); }

  /// gradient += l2 c^2 v: the gradient of the l2 part at v, and its curvature times v.
  void add_l2(const double* v, Index outputs, double* gradient) const {
    if (l2 != 0) each(outputs, [&](Index i, double cj) { gradient[i] += l2 * cj * cj * v[i]; });
  }
  /// gradient += l1 c sign(w), 0 at 0: a subgradient of the l1 part.
  void add_l1_sign(const double* w, Index outputs, double* gradient) const {
    if (l1 != 0) each(outputs, [&](Index i, double cj) { gradient[i] += w[i] > 0 ? l1 * cj : w[i] < 0 ? -l1 * cj : 0; });
  }
  /// w <- argmin_u |u - w|^2 / (2 step) + l1 c |u|
  void prox(double* w, Index outputs, double step) const {
    if (l1 != 0) each(outputs, [&](Index i, double cj) { w[i] = soft_threshold(w[i], step * l1 * cj); });
  }
  /// The subgradient of smooth + l1 of the least norm, given the gradient of the smooth part.
  void minimum_norm(const double* w, const double* gradient, Index outputs, double* out) const {
    each(outputs, [&](Index i, double cj) {
      const double t = l1 * cj;
      out[i] = w[i] > 0 ? gradient[i] + t : w[i] < 0 ? gradient[i] - t : soft_threshold(gradient[i], t);
    });
  }
  /// Fenchel gap of the penalty against the data term, whose gradient is g = gradient - l2 c^2 w:
  ///   sum l1 c |w| + l2/2 c^2 w^2 + w g + max(|g| - l1 c, 0)^2 / (2 l2 c^2);  needs l2 > 0 and c > 0 but for the intercept.
  double gap(const double* w, const double* gradient, Index outputs) const {
    return sum(outputs, [&](Index i, double cj) {
      if (cj == 0) return 0.0;
      const double curvature = l2 * cj * cj, g = gradient[i] - curvature * w[i], over = std::max(std::abs(g) - l1 * cj, 0.0);
      const double term = l1 * cj * std::abs(w[i]) + curvature / 2 * w[i] * w[i] + w[i] * g + over * over / (2 * curvature);
      return term < 0 ? 0.0 : term;  // by rounding alone (Fenchel-Young); NaN stays
    });
  }

 private:
  template <class F>
  void each(Index outputs, F&& f) const {
    const Index columns = static_cast<Index>(c.size());
    for (Index k = 0, i = 0; k < outputs; ++k)
      for (Index j = 0; j < columns; ++j, ++i) f(i, c[static_cast<std::size_t>(j)]);
  }
  template <class F>
  double sum(Index outputs, F&& f) const {
    double total = 0;
    each(outputs, [&](Index i, double cj) { total += f(i, cj); });
    return total;
  }
};

}  // namespace linclass::engine
