/// When a solver stops, and what is known then: the certificate, the limits, the callback, the history.
#pragma once
#include <algorithm>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "data_objective.h"

namespace linclass::engine {

/// The first evaluation was not a number: bad data. The api says where.
struct NotFinite : std::runtime_error {
  NotFinite() : std::runtime_error("the objective is not finite at the start") {}
};

class Monitor {
 public:
  /// data: the objective where it is one of data, else null.
  Monitor(const Settings& settings, Team& team, Objective& objective, DataObjective* data, Index default_iterations,
          Clock::time_point started);
  /// Iterations, reads and reason of an earlier solver on the same problem count too.
  void continues(const Outcome& before);

  /// The start of a batch solver: true where it is optimal already. decrement: g' H^-1 g / 2, the decrease that Newton's model expects, where the solver knows it.
  bool start(double* w, double smooth, const double* gradient, double decrement = unknown);
  /// A step of a batch solver to w is accepted; true: return. The certificate may move the intercept of w.
  bool iteration(double* w, double smooth, const double* gradient, double decrement = unknown);
  /// The view of rounded data that values and gradients come from, null where they are exact: an exact evaluation then precedes every verdict.
  void rounded(CurvedObjective* view) { rounded_ = view; }
  /// Means of the columns, where they are known: an estimate of the gap then sees no shifts of columns.
  void centred_at(const std::vector<double>& means) { centre_ = means; }
  /// An epoch of sgd or the perceptron rule; mistakes < 0: not counted.
  bool epoch(const double* w, double objective, Index mistakes);

  /// No step lowers the objective any more: converged, if the certificate at w says so.
  void stalled(double* w);
  /// The objective at the returned w, after epochs that knew only their running means; one read.
  void evaluate_at_end(const double* w);
  void finish(Status status) { outcome.status = status; }
  /// Why this solver, in words.
  void chose(const std::string& reason) { std::snprintf(outcome.choice, sizeof outcome.choice, "%s", reason.c_str()); }

  Outcome outcome{};

 private:
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  bool certified(double* w, double smooth, const double* gradient, bool report);
  bool gap_certified(double* w, double smooth, const double* gradient, bool report);
  double gap_estimate(const double* w, const double* gradient);
  bool reached();  ///< the measure is at most tol
  double scale(double value) const { return std::max(value, 1e-3 * at_zero_); }
  bool ended(const double* w, double objective);

  const Settings& settings_;
  Team& team_;
  Objective& objective_;
  DataObjective* const data_;
  const Index most_iterations_;
  const Clock::time_point started_;
  const bool has_gap_;
  CurvedObjective* rounded_ = nullptr;
  double at_zero_ = 0, trigger_ = std::numeric_limits<double>::infinity();
  double previous_;
  std::vector<double> subgradient_, trial_, trial_gradient_, centre_;
};

/// Moves the intercept of w to its optimum and gives the smooth value, the gradient and the duality gap there. Uses the scores that an evaluation at w kept; one read.
/// tolerance: of the gradient by the intercept, whose product with the way to the optimal intercept the gap leaves out; 0: as small as rounding allows.
double gap_at_best_intercept(DataObjective& objective, double* w, double* smooth, double* gradient, double tolerance = 0);

}  // namespace linclass::engine
