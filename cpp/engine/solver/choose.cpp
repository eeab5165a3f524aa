#include "solver/choose.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "standardise.h"

namespace linclass::engine {
namespace {

/// Nominal speeds of one core of this level: 10^9 operations or bytes a second. Only their ratios matter, and they are fixed: choices must not depend on the machine.
struct Rates {
  double gram, products;  // float64; float32 is twice as fast
  double read = 15, score = 0.3;
};
#if defined(__AVX512F__)
constexpr Rates rates{45, 28};
#elif defined(__AVX2__)
constexpr Rates rates{30, 18};
#else
constexpr Rates rates{12, 8};
#endif

constexpr double most_bytes = 1 << 30;  // of a preconditioner

/// Predicted seconds on one core, in 10^-9.
class Cost {
 public:
  explicit Cost(const DataObjective& data)
      : n(static_cast<double>(data.problem().X.rows)),
        K(static_cast<double>(data.outputs)),
        p(static_cast<double>(data.columns)),
        speed_(data.in_float32() ? 2 : 1),
        row_(data.mean_row_length()) {}

  const double n, K, p;

  /// Value and gradient over `rows` rows.
  double pass(double rows, double speed) const {
    const double bytes = rows * row_ * (speed_ == 2 ? 4 : 8);
    return std::max(bytes / rates.read, 4 * rows * row_ * K / (rates.products * speed)) + rows * K / (rates.score * speed);
  }
  double pass() const { return pass(n, speed_); }
  double rounded_pass() const { return pass(n, 2) + n * row_ / (2 * rates.read); }
  /// A Gram matrix of `size` columns, and the inverse of a Cholesky factor, in float32.
  double gram32(double rows, double size) const { return rows * size * size / (2 * rates.gram); }
  double inverse32(double size) const { return 2 * size * size * size / 3 / rates.gram; }
  double newton_step() const {
    const double P = K * p;
    return pass() + n * row_ * p * K * (K + 1) / 2 / (rates.gram * speed_) + P * P * P / 3 / rates.gram + 2e3;
  }

 private:
  const double speed_, row_;
};

Index count(double rows) { return static_cast<Index>(rows); }

/// What preconditioned L-BFGS would do, and its predicted cost.
Choice preconditioned(const DataObjective& data, const Cost& cost, bool at_zero, double& predicted) {
  const double n = cost.n, K = cost.K, p = cost.p, P = K * p;
  Choice choice;
  choice.solver = Solver::preconditioned_lbfgs;
  choice.rounded = cost.K > 2 && !data.in_float32() && data.problem().X.layout != Layout::csr;
  const double pass = choice.rounded ? cost.rounded_pass() : cost.pass();

  // The Hessian of R rows a parameter is good to the root of 1 / R, and each pass takes P - min P down by R.
  double whole_rows = 0, whole = 0, whole_passes = 0;
  for (double more = std::max(5 * P, 2048.0), least = INFINITY;; more *= 2) {
    const double rows = std::min(n, more), build = cost.gram32(rows, P) + cost.inverse32(P) + cost.pass(rows, 2);
    const double passes = 14 / std::log(more / P);
    if (build + passes * pass >= least) break;
    least = build + passes * pass, whole_rows = rows, whole = build, whole_passes = passes;
    if (rows == n) break;
  }
  // In blocks, five rows a column are good enough to begin with (Descent takes more where they turn out not to be).
  const double block_rows = std::min(n, std::max(5 * p, 2048.0)), block_passes = 40;
  const double blocks = K * (cost.gram32(block_rows, p) + cost.inverse32(p)) + cost.pass(std::min(n, K * block_rows), 2);
  const bool one = K == 1 || (P <= 2000 && whole + whole_passes * pass < blocks + block_passes * pass);
  choice.whole = one && K > 1;
  choice.curvature_rows = count(one ? whole_rows : block_rows);
  const double build = one ? whole : blocks;
  predicted = build + (one ? whole_passes : block_passes) * pass + 3 * cost.pass() + 1e5;

  // A start from a sample pays when the sample is small beside the data.
  const double start_rows = std::max(n / 16, 10 * p);
  if (at_zero && start_rows <= n / 4) choice.start_rows = count(start_rows);
  choice.refresh = static_cast<int>(std::clamp(4 * build / pass, 10.0, 1000.0));
  return choice;
}

}  // namespace

Choice choose(const DataObjective& data, Solver asked, bool at_zero) {
  const Cost cost(data);
  const auto say = [](Choice choice, const char* format, auto... numbers) {
    char text[256];
    std::snprintf(text, sizeof text, format, numbers...);
    choice.reason = text;
    return choice;
  };
  const double P = cost.K * cost.p, bytes = 8 * cost.K * cost.p * cost.p;
  const bool second_order = data.has_curvature() && data.convex() && data.penalty.l1 == 0;
  if (asked == Solver::automatic && !second_order)
    return say({}, "%s", data.penalty.l1 > 0 ? "with an l1 penalty OWL-QN" : "the loss is not convex");
  double predicted = 0;
  Choice choice = preconditioned(data, cost, at_zero, predicted);
  if (asked == Solver::preconditioned_lbfgs) return choice;
  const double newton = P * P * 8 <= most_bytes / 4 ? 8 * cost.newton_step() : INFINITY, plain = 150 * cost.pass();
  // A Hessian in float32 drowns in the rounding of columns far from 0; a preconditioner is made of centred ones.
  const auto drowns = [&] { return data.in_float32() && Standardisation(data).farthest() > 30; };
  if (newton < predicted && newton < plain && !drowns()) {
    choice.solver = Solver::newton_cholesky;
    return say(choice, "the Hessian of %.0f parameters is cheap beside reading %.0f rows", P, cost.n);
  }
  const bool sparse = data.problem().X.layout == Layout::csr;  // whose columns differ too much for a diagonal to help
  if (sparse && (plain < predicted || bytes > most_bytes)) return say({}, "%.0f sparse columns are too many for a preconditioner", cost.p);
  if ((plain < predicted && !drowns()) || bytes > most_bytes) {
    choice.curvature_rows = choice.start_rows = 0, choice.whole = false, choice.refresh = 20;
    return say(choice, "the diagonal of the Hessian: more of %.0f columns would cost more than it saves", cost.p);
  }
  if (std::isfinite(newton))
    choice.patience = std::max(50, static_cast<int>(2 * newton / (choice.rounded ? cost.rounded_pass() : cost.pass())));
  const bool blocks = cost.K > 1 && !choice.whole;
  choice.reason = explain(choice, (blocks ? "H0 a block of the Hessian for each direction of " : "H0 the Hessian of ") +
                                      std::to_string(choice.curvature_rows) + " rows");
  return choice;
}

std::string explain(const Choice& choice, const std::string& hessian) {
  const std::string start = choice.start_rows > 0 ? "start from " + std::to_string(choice.start_rows) + " rows, " : "";
  return start + hessian + (choice.rounded ? ", passes in float32 until the end is near" : "");
}

}  // namespace linclass::engine
