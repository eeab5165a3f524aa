/// Step lengths along a descent direction.
#pragma once
#include <algorithm>
#include <cmath>

namespace linclass::engine {

/// A step t with value f and slope (directional derivative) there.
struct Step {
  double t, f, slope;
};

/// Minimiser of the cubic through two steps' values and slopes (Nocedal and Wright, eq. 3.59), kept inside the middle of the bracket.
inline double cubic_minimiser(const Step& a, const Step& b) {
  const double width = b.t - a.t, chord = 3 * (a.f - b.f) / width;
  const double theta = chord + a.slope + b.slope, root = std::sqrt(std::max(0.0, theta * theta - a.slope * b.slope));
  const double t = b.t - width * (b.slope + root - theta) / (b.slope - a.slope + 2 * root);
  const double middle = 0.5 * (a.t + b.t), margin = 0.1 * std::abs(width);
  return std::isfinite(t) ? std::clamp(t, std::min(a.t, b.t) + margin, std::max(a.t, b.t) - margin) : middle;
}

/// How large rounding errors of a function's values are: at least `noise` times the value, and more where steps have shown it. A convex function has risen by
/// at most t f'(t) after a step t; what is above are errors, many times those of the value itself where large terms of the scores cancel (columns far from
/// 0). The slopes are far more exact. More than 1e-10 of the value is none: that function is not convex.
class Rounding {
 public:
  explicit Rounding(double noise) : noise_(noise) {}
  void see(const Step& start, const Step& now) {
    const double excess = now.f - start.f - now.t * now.slope;
    if (excess > seen_ && excess <= 1e-10 * std::abs(start.f)) seen_ = excess;
  }
  double of(double f) const { return std::max(noise_ * std::abs(f), 2 * seen_); }

 private:
  const double noise_;
  double seen_ = 0;
};

/// A step that satisfies the strong Wolfe conditions (Nocedal and Wright, section 3.5): enough decrease, and a slope of at most 0.9 of the first.
/// Where values differ by rounding alone, decrease is judged by the slope (approximate Wolfe: Hager and Zhang, SIAM J. Optim. 2005).
/// evaluate(t) gives the Step; the returned step is the last evaluated. t = 0: none was found.
template <class Evaluate>
Step wolfe_search(const Step& start, double first, Rounding& rounding, Evaluate&& evaluate) {
  constexpr double decrease = 1e-4, curvature = 0.9;
  Step low = start, high{0, 0, 0};  // low: enough decrease, still steep; high: too far; t = 0: not known yet
  double t = first, width = INFINITY;
  for (int tries = 0; tries < 30; ++tries) {
    const Step now = evaluate(t);
    const bool finite = std::isfinite(now.f) && std::isfinite(now.slope);
    rounding.see(start, now);
    const bool falls = finite && (now.f <= start.f + decrease * t * start.slope ||
                                  (now.f <= start.f + rounding.of(start.f) && now.slope <= (2 * decrease - 1) * start.slope));
    if (falls && std::abs(now.slope) <= -curvature * start.slope) return now;
    if (falls && now.slope < 0)
      low = now;
    else
      high = now;
    if (high.t == 0) {
      t *= 4;
      continue;
    }
    const double before = width;
    width = high.t - low.t;
    if (!(width > 1e-16 * high.t)) break;
    if (width < 1e-2 * first && -width * start.slope <= rounding.of(start.f)) break;  // what is left are rounding errors
    if (!finite)
      t = low.t + 0.1 * width;
    else if (width > 0.5 * before)  // the cubic gains too little
      t = low.t + 0.5 * width;
    else
      t = cubic_minimiser(low, high);
  }
  if (low.t > 0 && low.f < start.f) return evaluate(low.t);  // decrease without the slope: progress all the same
  return {0, start.f, start.slope};
}

}  // namespace linclass::engine
