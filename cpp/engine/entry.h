/// The only way into an engine: a table of noexcept functions over plain structs. One shared object per CPU level exports
/// linclass_engine_entry and nothing else. Each function catches everything and answers a code, with a text in `message`.
/// Values are validated before (api/validate.cpp); the engine checks what only a read of X can show.
#pragma once
#include "linclass/data.h"
#include "linclass/export.h"
#include "linclass/functions.h"
#include "linclass/options.h"
#include "linclass/problem.h"

namespace linclass::engine {

enum class Code : int { ok, out_of_memory, stopped, invalid, internal };  ///< stopped: poll or a user's function asked, outside of fit

struct Message {
  char text[512];
};

/// What the engine may ask of the caller while it works, always from the calling thread. A callee keeps its exception and answers nonzero; the engine then returns.
struct Host {
  void* self = nullptr;
  int (*poll)(void* self) noexcept = nullptr;                           ///< nonzero: stop (time limit and Ctrl-C are behind it)
  int (*iteration)(void* self, const State* state) noexcept = nullptr;  ///< each iteration or epoch, history included; nonzero: stop
  double (*function)(void* self, const double* w, double* gradient, int* failed) noexcept = nullptr;  ///< minimize only
};

struct Outcome {
  Status status;
  Certificate certificate;
  double objective, gap, estimate, measure, reads;
  Index iterations, mistakes;
  int threads;
  Solver solver;
  char choice[256];  ///< why this solver, where it was to be chosen; else empty
};

/// A model as the engine sees it.
struct LinearModel {
  Loss loss;
  Multiclass multiclass;
  Index features, outputs, classes;
  bool multilabel;
  const double* coef;       ///< K x d
  const double* intercept;  ///< K
};

enum class Prediction : int { scores, classes, probabilities, log_probabilities };  ///< classes: int codes; the others: the type of X

enum class FunctionName : int {
  exp,
  log1p,
  sigmoid,
  logit,
  softmax,
  log_softmax,
  softmax_jacobian,
  entropy,
  cross_entropy,
  log_likelihood
};

class Objective;  // opaque
class Trainer;    // opaque

/// `threads` is resolved (>= 1) everywhere.
struct Table {
  int abi;
  const char* level;

  /// First row of a csr whose row start or column index is out of range, or -1.
  Code (*check_csr)(const Matrix* X, int threads, Index* bad_row, Message*) noexcept;
  /// First row and column of X that is NaN or infinite, or -1.
  Code (*find_nonfinite)(const Matrix* X, Index* row, Index* column, Message*) noexcept;

  /// Multiclass is resolved. The solver is resolved. w: the start, then the result (the intercept as the certificate wants it).
  Code (*fit)(const Problem*, const Settings*, double* w, const Host*, Outcome*, Message*) noexcept;
  Code (*minimize)(Index size, const Settings*, double* w, const Host*, Outcome*, Message*) noexcept;

  /// One objective = one workspace: used by one thread at a time. The api keeps a pool of them. The problem's data are referred to, not copied.
  Code (*objective_create)(const Problem*, int threads, Objective**, Message*) noexcept;
  void (*objective_destroy)(Objective*) noexcept;
  Code (*evaluate)(Objective*, const double* w, const Host*, double* value, double* gradient_or_null, Message*) noexcept;
  Code (*curvature_times)(Objective*, const double* w, const double* v, const Host*, double* out, Message*) noexcept;
  Code (*hessian)(Objective*, const double* w, const Host*, double* out, Message*) noexcept;
  Code (*gap)(Objective*, const double* w, const Host*, double* gap, Message*) noexcept;

  /// shape: Problem whose X has the columns, type and layout of what will come. w is copied in.
  Code (*trainer_create)(const Problem* shape, const Settings*, const double* w, Trainer**, Message*) noexcept;
  void (*trainer_destroy)(Trainer*) noexcept;
  Code (*trainer_pass)(Trainer*, const Matrix* X, const Targets* y, const double* sample_weight, const Host*, double* mean_loss,
                       Message*) noexcept;
  Code (*trainer_read)(Trainer*, double* w, int* threads, Message*) noexcept;

  /// out: rows x (outputs or classes) with `stride` elements from row to row. A score that is not finite: Code::invalid.
  Code (*predict)(const Matrix* X, const LinearModel*, Prediction, void* out, Index stride, int threads, const Host*, Message*) noexcept;

  /// second: p of cross_entropy and log_likelihood (then a = y), else null. Elementwise functions: one vector of n.
  Code (*function)(FunctionName, Type, const void* a, const void* second, const functions::Vectors*, void* out, Message*) noexcept;
};

}  // namespace linclass::engine

extern "C" LINCLASS_API const linclass::engine::Table* linclass_engine_entry() noexcept;
