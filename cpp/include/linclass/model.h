/// Model = coefficients, intercepts, classes: what predicts.
#pragma once
#include <string>
#include <vector>

#include "linclass/data.h"
#include "linclass/export.h"
#include "linclass/problem.h"

namespace linclass {

/// Predictions read X once in blocks of rows and write into the caller's memory; nothing of size rows x outputs is made besides.
/// Scores and probabilities have the type of X (T must match X.type). A score that is not finite is an Error that names the place in X.
/// threads = 0 means cpu::threads(); small inputs never open a parallel region.
class LINCLASS_API Model {
 public:
  Loss loss = Loss::logistic;
  Multiclass multiclass = Multiclass::automatic;
  Index features = 0;  ///< d
  Index outputs = 0;   ///< K: 1 for two classes except softmax
  Index classes = 0;
  bool multilabel = false;        ///< y was an indicator matrix of `logistic` (or a kindred loss): each output is a label of its own
  std::vector<double> coef;       ///< K x d, row-major
  std::vector<double> intercept;  ///< K (zeros without intercept)

  /// z = W x + b, rows x outputs, row-major with `stride` elements from row to row (default: outputs).
  template <class T>
  void decision_function(const Matrix& X, T* out, Index stride = 0, int threads = 0) const;

  /// One class code a row: K = 1: z > 0; else the argmax, first on ties. Multi-label: rows x outputs codes of 0 and 1.
  void predict(const Matrix& X, int* out, int threads = 0) const;

  /// rows x classes (multi-label: rows x outputs): softmax(z); sigma(z), scaled to sum 1 over more than two classes. Error for losses without probabilities.
  template <class T>
  void predict_proba(const Matrix& X, T* out, Index stride = 0, int threads = 0) const;

  /// Its logarithm, computed without the detour (no -inf while the scores are finite).
  template <class T>
  void predict_log_proba(const Matrix& X, T* out, Index stride = 0, int threads = 0) const;

  bool has_probabilities() const;
};

LINCLASS_API const char* name(Loss loss);
LINCLASS_API const char* name(Multiclass form);
/// The value of that name; Error lists the names there are.
LINCLASS_API Loss loss_named(const std::string& name);
LINCLASS_API Multiclass multiclass_named(const std::string& name);

}  // namespace linclass
