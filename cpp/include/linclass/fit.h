/// fit, and the same engine piece by piece: Objective (evaluate), Trainer (minibatches as they come), minimize (your own function).
#pragma once
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "linclass/model.h"
#include "linclass/options.h"

namespace linclass {

/// How good, how far from the optimum, at what cost, why it stopped. Prints itself with <<.
struct LINCLASS_API Report {
  Status status = Status::max_iter;
  std::string reason;    ///< the status in words, with the figures
  double objective = 0;  ///< P at the returned parameters (sgd and perceptron that were cut short: mean over the last epoch)
  /// gap: P - P* is at most `gap` (convex differentiable loss, l2 > 0, penalty scales > 0, batch solver).
  /// stationary: tol bounds max_kj |g_kj| / rms(x_j) / rms(r at W = 0), g the minimum-norm subgradient of P.
  /// estimate: tol bounds `estimate` / max(P, 1e-3 P(0)) (newton_cholesky where there is no gap).
  /// mistakes: the perceptron rule, by its count. none: no figure compares with tol (sgd, kinks).
  Certificate certificate = Certificate::none;
  double gap = 0;  ///< absolute; NaN where certificate is not gap
  /// g' H^-1 g / 2, the decrease that Newton's model expects of one more step: near the optimum an estimate of P - min P, often far below the gap, but no
  /// bound. newton_cholesky: H the Hessian; preconditioned_lbfgs: its approximation. NaN for the others.
  double estimate = 0;
  double measure = 0;  ///< the figure that tol bounds: gap or estimate / max(P, 1e-3 P(0)), or the scaled gradient; NaN where there is none
  double tol = 0;
  Index iterations = 0;  ///< iterations, or epochs of sgd and perceptron
  double reads = 0;      ///< of X
  double seconds = 0;
  /// Of the objective, one an iteration or epoch (sgd: running mean of the loss over the epoch plus the penalty at its end).
  std::vector<double> history;
  Index mistakes = -1;  ///< of the last epoch (perceptron), else -1
  std::string level;
  int threads = 1;  ///< most threads that any part used
  std::string solver;
  std::string choice;              ///< why this solver, where it was chosen by "auto"; and whether float32 arithmetic was left at the end
  int copies = 0;                  ///< of X, y or weights that had to be made
  std::vector<std::string> notes;  ///< anything a user should know of how the result came about

  bool converged() const { return status == Status::converged; }
  std::string to_string() const;
};
LINCLASS_API std::ostream& operator<<(std::ostream& out, const Report& report);

/// Settings and the functions that may stop a fit. Both are called from the thread that called fit, and may throw: the fit ends cleanly and the exception arrives unchanged.
struct Options : Settings {
  std::vector<double> initial;                   ///< w of the shape of State::w; where not empty, start = given
  std::function<bool(const State&)> callback{};  ///< once an iteration or epoch; true stops
  std::function<bool()> poll{};                  ///< about every 50 ms, also inside long passes; true stops with Status::interrupted
};

struct Fit {
  Model model;
  Report report;
};

/// Minimises P. Throws Error on bad input; what ends a fit otherwise is in the report.
LINCLASS_API Fit fit(const Problem& problem, const Options& options = {});

/// P as a function of w: (K, d+1) row-major with the intercept in the last column, (K, d) with fit_intercept = false. Immutable: several threads may use one at once.
/// The data behind the problem must outlive it.
class LINCLASS_API Objective {
 public:
  explicit Objective(const Problem& problem, int threads = 0);
  Objective(Objective&&) noexcept;
  Objective& operator=(Objective&&) noexcept;
  ~Objective();

  Index outputs() const;  ///< K
  Index columns() const;  ///< d + 1, or d without intercept
  Index size() const { return outputs() * columns(); }
  const Problem& problem() const;

  double value(const double* w) const;  ///< P(w), one read of X
  /// P(w) and a gradient of it (at a kink a subgradient; of |w| at 0: 0), one read of X.
  double value_and_gradient(const double* w, double* gradient) const;
  /// out = H(w) v, H the Hessian of P (squared_hinge: generalised; l1 adds nothing): one read of X, another at a new w. From the first call on n K numbers
  /// are kept, the curvatures of the rows. Error for hinge and perceptron.
  void curvature_times(const double* w, const double* v, double* out) const;
  void hessian(const double* w, double* out) const;  ///< size x size, symmetric. Error above 1 GiB, with the size
  void check_hessian() const;                        ///< throws what hessian would throw, before memory is asked for
  /// The duality gap, a certified bound on P(w) - min P. Error where there is none; at most two reads of X.
  double gap(const double* w) const;
  template <class T>
  void scores(const double* w, T* out, Index stride = 0) const;  ///< rows x K, T the type of X

  class State;

 private:
  std::unique_ptr<State> state_;
};

/// Minibatch descent that goes on: each partial_fit is one pass over the rows it is given. Sample weights are taken at face value:
/// a step uses sum_batch s_i g_i / |batch|. Classes, loss, penalty and settings are fixed at the start.
class LINCLASS_API Trainer {
 public:
  /// Of `shape`, X gives only its columns, and y its classes and whether it is a matrix: what comes later may have any type and layout.
  Trainer(const Problem& shape, const Options& options = {});
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;
  ~Trainer();

  /// Returns the mean loss over the pass, each batch at the parameters that it met, plus the penalty at its end: what fit's history holds.
  double partial_fit(const Matrix& X, const Targets& y, const double* sample_weight = nullptr);
  Model model() const;
  Report report() const;

  class State;

 private:
  std::unique_ptr<State> state_;
};

/// Value at w, writing the gradient.
using Function = std::function<double(const double* w, double* gradient)>;

struct Minimum {
  std::vector<double> w;
  Report report;
};

/// The solvers lbfgs and gd on a user's own function, from options.initial = start. tol bounds max_j |g_j|.
LINCLASS_API Minimum minimize(const Function& function, std::vector<double> start, const Options& options = {});

LINCLASS_API const char* name(Solver solver);
LINCLASS_API const char* name(Status status);
LINCLASS_API const char* name(Certificate certificate);
LINCLASS_API const char* name(Update update);
LINCLASS_API const char* name(Schedule schedule);
LINCLASS_API Solver solver_named(const std::string& name);
LINCLASS_API Start start_named(const std::string& name);
LINCLASS_API Update update_named(const std::string& name);
LINCLASS_API Schedule schedule_named(const std::string& name);

}  // namespace linclass
