/// The objective of a Problem: fused passes over X in blocks of rows, so that X is read once.
#pragma once
#include <optional>

#include "linclass/problem.h"
#include "loss/loss.h"
#include "objective.h"

namespace linclass::engine {

class DataObjective : public CurvedObjective, public Minibatches {
 public:
  /// mean_weight: what sample weights are divided by: their mean (then a pass gives the weighted mean loss) or 1 (taken at face value).
  DataObjective(const Problem& problem, Index outputs, double mean_weight);

  int threads = 1;  ///< for calls from outside of a fit

  /// Who works on the next calls, and whom to ask about stopping.
  void work_with(Team& team) { team_ = &team; }

  const Problem& problem() const { return problem_; }
  Team& team() const { return *team_; }
  /// Sample weight of row i, of mean 1.
  virtual double weight(Index i) const = 0;
  /// Where row i begins, if rows lie side by side; else null.
  virtual const void* memory(Index i) const = 0;
  /// out = (x_ij - centre_j) scale_j in float32, `ldo` numbers from row to row.
  virtual void copy_rows(const Rows& rows, const double* centre, const double* scale, float* out, Index ldo) const = 0;

  /// out = H(w) v; one read, and another where w is not that of the last evaluation, or at the first time: from then on evaluations keep the curvature of
  /// each row.
  virtual void curvature_times(const double* w, const double* v, double* out) = 0;
  /// Smooth value, gradient and Hessian (size x size) at w; one read.
  virtual double evaluate_with_hessian(const double* w, double* gradient, double* hessian) = 0;
  virtual bool has_curvature() const = 0;
  virtual bool smooth() const = 0;
  virtual bool convex() const = 0;
  /// The loss does not see a number added to all scores of a row.
  bool shift_invariant() const {
    const bool sums = problem_.multiclass == Multiclass::sum || problem_.multiclass == Multiclass::max;
    return outputs > 1 && (problem_.loss == Loss::softmax || sums);
  }
  /// Outputs whose scores are products with X. Where all scores of a row may be shifted (and its residuals sum to 0, as they do with codes), the last one's
  /// is taken to be 0: its weights are subtracted from those of the others, and its gradient is minus the sum of theirs.
  Index free_outputs() const { return outputs - (problem_.y.codes && smooth() && shift_invariant() ? 1 : 0); }
  /// put(k, j, weight) for the free outputs, w: outputs x columns.
  template <class Put>
  void each_free_weight(const double* w, const Put& put) const {
    const Index free = free_outputs();
    const double* last = w + free * columns;
    for (Index k = 0; k < free; ++k)
      for (Index j = 0; j < features_; ++j) put(k, j, w[k * columns + j] - (free < outputs ? last[j] : 0.0));
  }
  /// The weights' gradient of the output that is not free, from the others.
  void complete_gradient(double* gradient) const;
  virtual double mean_row_length() const = 0;  ///< stored numbers of a row
  bool has_intercept() const { return problem_.fit_intercept; }
  Index features() const { return features_; }
  bool data_are_finite() const;

  /// A duality gap exists: the loss is convex and differentiable, l2 > 0, every c > 0.
  virtual bool has_gap() const = 0;

  /// max |g_kj| / rms(x_j) / rms(r at W = 0)
  double stationarity(const double* subgradient) override;
  /// sum_j mean(x_j^2) + 1: the scale of safe learning rates.
  double mean_square_norm() override;

  /// Of all parameters 0: the value, and the root of the mean square of the residual's norm. No read of X.
  struct AtZero {
    double value, residual_rms;
  };
  const AtZero& at_zero() {
    if (!at_zero_) at_zero_ = compute_at_zero();
    return *at_zero_;
  }

 protected:
  virtual AtZero compute_at_zero() = 0;
  virtual void column_rms(double* rms) = 0;  ///< sqrt of the weighted mean of x_j^2; one read

  const Problem problem_;
  const Index features_;
  const double mean_weight_;
  Team* team_ = nullptr;

 private:
  const std::vector<double>& scales();  ///< rms of each column of w, 1 for the intercept; read once
  std::vector<double> scales_;
  std::optional<AtZero> at_zero_;
};

/// K: the scores of a row.
inline Index outputs_of(const Problem& problem) {
  return problem.y.codes && problem.y.classes == 2 && problem.loss != Loss::softmax ? 1 : problem.y.classes;
}

/// The mean of the sample weights, 1 without them.
double mean_weight(const Problem& problem);

/// Compiled once a storage and type (pass_*.cpp).
template <class X>
std::unique_ptr<DataObjective> make_pass(const X& x, const Problem& problem, Index outputs, double mean_weight);

std::unique_ptr<DataObjective> make_objective(const Problem& problem, Index outputs, double mean_weight);
/// The same with all arithmetic in double, for float32 data; null for others.
std::unique_ptr<DataObjective> make_widened(const Problem& problem, Index outputs, double mean_weight);

}  // namespace linclass::engine
