/// What solvers see: a function of parameters, and minibatches of it. Never X, never a loss.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "data/rows.h"
#include "parallel.h"
#include "penalty.h"

namespace linclass::engine {

/// F(w) = smooth(w) + l1 sum c |w|, w of outputs x columns. Values, parameters and reductions are double whatever the type of X.
class Objective {
 public:
  Objective(Index outputs, Index columns, PenaltyTerms penalty) : outputs(outputs), columns(columns), penalty(std::move(penalty)) {}
  virtual ~Objective() = default;
  Objective(const Objective&) = delete;
  Objective& operator=(const Objective&) = delete;

  const Index outputs, columns;
  const PenaltyTerms penalty;
  double reads = 0;  ///< of X so far
  Index size() const { return outputs * columns; }

  /// Smooth part: data term and l2. One read of X; gradient may be null.
  virtual double evaluate(const double* w, double* gradient) = 0;

  /// What tol compares with, given the minimum-norm subgradient of F: here its largest entry.
  virtual double stationarity(const double* subgradient);
  /// Scale of the curvature per unit of a loss's: learning rates default to its inverse.
  virtual double mean_square_norm() { return 1; }
  /// Relative rounding error of the value: smaller differences of it mean nothing.
  virtual double noise() const { return 1e-14; }
  bool in_float32() const { return noise() > 1e-10; }  ///< the arithmetic of an evaluation
};

/// An objective of data that remembers the scores of its last evaluation.
class CurvedObjective : public Objective {
 public:
  using Objective::Objective;
  /// Keeps the scores of each evaluation (rows x outputs numbers), which row_curvature needs.
  virtual void keep_scores() = 0;
  /// c_i = s_i u' H_i u of each row at the last evaluation, H_i the second derivative of its loss by its scores. No read of X.
  virtual void row_curvature(const double* u, double* c) = 0;
  /// c_i = s_i tr H_i there. No read of X.
  virtual void curvature_trace(double* c) = 0;
  /// The weighted mean of the H_i there, outputs x outputs. No read of X.
  virtual void mean_curvature(double* A) = 0;
  /// The data term as a function of the intercepts alone, at the weights of the last evaluation: value, gradient and Hessian (outputs x outputs).
  /// No read of X; needs kept scores.
  virtual double evaluate_intercept(const double* b, double* gradient, double* hessian) = 0;
};

/// The data term seen in minibatches. Parameters are packed as the storage likes them, apart from the intercept b; `scale` times v are the weights.
/// One batch is: residuals, then add.
class Minibatches {
 public:
  virtual ~Minibatches() = default;

  virtual Index rows() const = 0;
  virtual bool any_rows() const = 0;  ///< else only ranges of rows
  virtual bool sparse() const = 0;
  virtual Index place(Index k, Index j) const = 0;  ///< of weight (k, j) in packed arrays

  /// Computes the residuals of the batch, keeps them, and returns its weighted loss; b_gradient = their sum, one an output.
  virtual double residuals(const Rows& batch, const double* v, double scale, const double* b, double* b_gradient) = 0;
  using Finished = std::function<void(Index first, Index count)>;
  /// g += factor * residuals X, g packed. `finished`, if there is one, is called for each range of g that is complete, by the thread that has it in a cache.
  virtual void add(const Rows& batch, double factor, double* g, const Finished& finished = {}) = 0;
  /// Columns that the batch stores, with repetitions (sparse only).
  virtual void stored_columns(const Rows& batch, std::vector<Index>& columns) const = 0;
};

}  // namespace linclass::engine
