#include "validate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "calls.h"
#include "linclass/cpu.h"
#include "load.h"
#include "sentences.h"
#include "shape.h"

namespace linclass {
namespace {

/// Numbers that must be finite and not negative, one a row or column.
void check_nonnegative(const double* values, Index size, const char* what, const char* place) {
  for (Index i = 0; i < size; ++i) {
    if (std::isfinite(values[i]) && values[i] >= 0) continue;
    fail(what, " must be finite and at least 0, got ", text(values[i]), " in ", place, " ", text(i), " (counted from 0)");
  }
}

void check_range(double value, const char* name, double low, double high, bool high_allowed, const char* bounds) {
  require(value >= low && (value < high || (high_allowed && value == high)), name, " must be ", bounds, ", got ", text(value));
}

template <class T>
void check_matrix_targets(const Targets& y, Loss loss) {
  const double tolerance = sizeof(T) == 8 ? 1e-6 : 1e-4;
  for (Index i = 0; i < y.rows; ++i) {
    const T* row = static_cast<const T*>(y.matrix) + i * y.stride;
    double sum = 0;
    for (Index k = 0; k < y.classes; ++k) {
      const double value = static_cast<double>(row[k]);
      sum += value;
      if (value >= 0 && value <= 1) continue;
      fail("a matrix y holds indicators or probabilities in [0, 1], got ", text(value), " in row ", text(i), ", column ", text(k),
           " (counted from 0)");
    }
    if (loss != Loss::softmax || std::abs(sum - 1) <= tolerance) continue;
    fail("each row of a matrix y must sum to 1 for loss \"softmax\", row ", text(i), " (counted from 0) sums to ", text(sum),
         ": divide rows by their sums, or use loss \"logistic\" for several labels a row");
  }
}

template <class T>
void add_class_weights(const Targets& y, const double* weights, std::vector<double>& sums) {
  for (Index i = 0; i < y.rows; ++i) {
    const T* row = static_cast<const T*>(y.matrix) + i * y.stride;
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += static_cast<double>(row[k]) * (weights ? weights[i] : 1.0);
  }
}

/// A class that never occurs would push its intercept to minus infinity.
void check_classes_occur(const Problem& problem) {
  const Targets& y = problem.y;
  if (!y.codes && problem.loss != Loss::softmax) return;  // labels of their own may be constant: fit() sets those aside
  // With more classes than rows one of the first rows + 1 is missing.
  std::vector<double> sums(static_cast<std::size_t>(std::min(y.classes, y.rows + 1)), 0.0);
  if (y.codes) {
    for (Index i = 0; i < y.rows; ++i) {
      const auto code = static_cast<std::size_t>(y.codes[i]);
      if (code < sums.size() && (!problem.sample_weight || problem.sample_weight[i] > 0)) sums[code] = 1;
    }
  } else if (y.type == Type::float32) {
    add_class_weights<float>(y, problem.sample_weight, sums);
  } else {
    add_class_weights<double>(y, problem.sample_weight, sums);
  }
  const auto missing = std::find(sums.begin(), sums.end(), 0.0);
  require(missing == sums.end(), "class code ", text(static_cast<Index>(missing - sums.begin())), " of ", text(y.classes),
          " has no sample of positive weight: give it one, or leave the class out and number the others 0, 1, ... without a hole");
}

Index count_classes(const Targets& y) {
  if (y.classes != 0 || !y.codes) return y.classes;
  return static_cast<Index>(*std::max_element(y.codes, y.codes + y.rows)) + 1;
}

/// The table of losses: which forms each one has.
Multiclass resolved(Loss loss, Multiclass form, Solver solver) {
  using Forms = std::vector<Multiclass>;
  const Forms forms = loss == Loss::softmax         ? Forms{Multiclass::automatic}
                      : !is_margin(loss)            ? Forms{Multiclass::ovr}
                      : loss == Loss::squared_hinge ? Forms{Multiclass::sum, Multiclass::ovr}
                                                    : Forms{Multiclass::sum, Multiclass::max, Multiclass::ovr};
  if (form == Multiclass::automatic) return solver == Solver::perceptron ? Multiclass::max : *forms.begin();
  const bool known = std::find(forms.begin(), forms.end(), form) != forms.end();
  require(known, "loss ", quoted(name(loss)), " has no multiclass form ", quoted(name(form)),
          ": use multiclass=", quoted(name(*forms.begin())),
          loss == Loss::softmax ? " (softmax is multiclass by itself), or loss \"logistic\" for one against the rest" : "",
          loss == Loss::squared_hinge ? ", or loss \"hinge\" for the largest violation alone" : "");
  return form;
}

}  // namespace

int checked_threads(int threads) {
  require(threads >= 0 && threads <= 4096, "threads must be 0 (all that the process may use) to 4096, got ", text(threads));
  return threads == 0 ? cpu::threads() : threads;
}

void check_matrix(const Matrix& X, int threads) {
  require(X.rows > 0 && X.columns > 0, "X must have at least one row and one column, got ", text(X.rows), " x ", text(X.columns));
  if (X.layout != Layout::csr) return require(X.values != nullptr, "X has no values: the pointer is null");
  require(X.row_starts != nullptr, "X is sparse but has no row starts: the pointer is null");
  require(X.row_starts[X.rows] == 0 || (X.values && X.column_indices),
          "X is sparse but has no values or no column indices: the pointer is null");
  Index bad_row = -1;
  engine::Message message{};
  check(engine_table().check_csr(&X, threads, &bad_row, &message), message);
  require(bad_row < 0, "X is not a valid CSR matrix at row ", text(bad_row),
          " (counted from 0): row starts must begin at 0 and never fall, column indices lie in 0..", text(X.columns - 1));
}

void check_features(const Matrix& X, Index features) {
  require(X.columns == features, "X has ", text(X.columns), " columns, but the model was trained on ", text(features));
}

void check_targets(const Targets& y, Index rows, Loss loss) {
  require(y.rows == rows, "X has ", text(rows), " rows and y has ", text(y.rows), ": they must agree");
  require(y.codes || y.matrix, "y has neither codes nor a matrix: the pointers are null");
  if (!y.codes) return y.type == Type::float32 ? check_matrix_targets<float>(y, loss) : check_matrix_targets<double>(y, loss);
  const auto outside = [&](int code) { return code < 0 || code >= y.classes; };
  const int* const codes = y.codes;
  int least = 0, largest = 0;  // in a loop without a branch, which becomes vectors
  for (Index i = 0; i < rows; ++i) least = std::min(least, codes[i]), largest = std::max(largest, codes[i]);
  if (outside(least) || outside(largest))
    for (Index i = 0; i < rows; ++i) check_code(codes[i], i, y.classes);
}

void check_code(int code, Index row, Index classes) {
  if (code < 0 || code >= classes)
    fail("class code ", text(code), " in row ", text(row), " (counted from 0) is outside of 0..", text(classes - 1));
}

void check_weights(const double* weights, Index rows) {
  if (!weights) return;
  check_nonnegative(weights, rows, "sample_weight", "row");
  require(std::any_of(weights, weights + rows, [](double s) { return s > 0; }),
          "sample_weight is 0 in every row: at least one must be positive");
}

void check_labels_vary(Index labels) { require(labels > 0, "every column of y is the same in all rows: there is nothing to tell apart"); }

void check_parameters(const double* w, std::size_t size, const char* what) {
  for (std::size_t i = 0; i < size; ++i) {
    if (!std::isfinite(w[i]))
      fail(what, " must be finite, got ", text(w[i]), " at position ", text(static_cast<Index>(i)), " (counted from 0)");
  }
}

void check_curvature(Loss loss) {
  require(is_smooth(loss), "loss ", quoted(name(loss)),
          " has kinks and therefore no Hessian: use a smooth loss such as \"squared_hinge\" or \"logistic\"");
}

void check_hessian_size(Index size, const char* instead) {
  const double gib = 8.0 * static_cast<double>(size) * static_cast<double>(size) / (1024.0 * 1024.0 * 1024.0);
  require(gib <= 1, "the Hessian of ", text(size), " x ", text(size), " numbers would take ", text(gib), " GiB (limit 1 GiB): use ",
          instead);
}

void check_gap(const Problem& problem) {
  require(is_smooth(problem.loss) && problem.loss != Loss::squared_sigmoid, "loss ", quoted(name(problem.loss)),
          " has no duality gap here: it needs a convex differentiable loss such as \"logistic\", \"softmax\", \"squared\" or "
          "\"squared_hinge\"");
  require(problem.penalty.l2 > 0, "the duality gap needs l2 > 0, got ", text(problem.penalty.l2));
  const double* scale = problem.penalty.scale;
  require(!scale || std::all_of(scale, scale + problem.X.columns, [](double c) { return c > 0; }),
          "the duality gap needs every penalty_scale > 0, got a 0");
}

void check_type(Type given, const Matrix& X, const char* what) {
  const auto of = [](Type type) { return type == Type::float32 ? "float32" : "float64"; };
  require(given == X.type, what, " have the type of X: X is ", of(X.type), ", the output is ", of(given));
}

void check_model(const Model& model) {
  require(model.outputs > 0 && model.features > 0, "the model is empty: it has ", text(model.outputs), " outputs and ",
          text(model.features), " features");
  require(static_cast<Index>(model.coef.size()) == model.outputs * model.features &&
              static_cast<Index>(model.intercept.size()) == model.outputs,
          "the model needs coef of outputs x features and one intercept an output, got ", text(static_cast<Index>(model.coef.size())),
          " and ", text(static_cast<Index>(model.intercept.size())), " numbers for ", text(model.outputs), " x ", text(model.features));
  const bool binary = model.outputs == 1 && model.classes == 2 && model.loss != Loss::softmax && !model.multilabel;
  require(binary || model.outputs == model.classes, "the model has ", text(model.outputs), " outputs for ", text(model.classes),
          " classes");
}

void check_probabilities(const Model& model) {
  require(model.has_probabilities(), "loss ", quoted(name(model.loss)),
          " gives no probabilities: use decision_function, or loss \"logistic\" or \"softmax\"");
}

void check_finite(const Matrix& X) {
  Index row = -1, column = -1;
  engine::Message message{};
  check(engine_table().find_nonfinite(&X, &row, &column, &message), message);
  require(row < 0, "X holds NaN or infinity, first in row ", text(row), ", column ", text(column),
          " (counted from 0): drop such rows, or replace such values before");
}

void scores_overflow() {
  throw Error("the scores overflow although X is finite: scale the columns of X (for example to unit variance), or start nearer to zero");
}

Problem checked(Problem problem, Purpose purpose, Solver solver, int threads) {
  const Loss loss = problem.loss;
  Targets& y = problem.y;
  const bool data = purpose != Purpose::shape;
  if (data) {
    check_matrix(problem.X, threads);
    require(y.rows == problem.X.rows, "X has ", text(problem.X.rows), " rows and y has ", text(y.rows), ": they must agree");
    require(y.codes || y.matrix, "y has neither codes nor a matrix: the pointers are null");
  } else {
    require(problem.X.columns > 0, "X must have at least one column, got 0");
  }
  require(y.codes || !is_margin(loss) || (!data && !y.matrix), "loss ", quoted(name(loss)),
          " takes one class code a row, not a matrix y: use \"logistic\" for several labels a row, \"softmax\" for soft labels");
  if (data || y.codes) y.classes = count_classes(y);

  if (y.codes || (!data && !y.matrix)) {
    require(y.classes != 1 && (data || y.classes != 0), "y holds one class only: there is nothing to tell apart");
  } else {
    require(y.classes > 1 || loss != Loss::softmax, "loss \"softmax\" needs a column a class, got a matrix y of ", text(y.classes),
            " column(s): use loss \"logistic\" for one probability a row");
    require(y.classes > 0, "a matrix y needs at least one column, got 0");
  }

  problem.multiclass = resolved(loss, problem.multiclass, solver);
  const auto penalty = [](double value, const char* what) {
    require(std::isfinite(value) && value >= 0, what, " must be finite and at least 0, got ", text(value));
  };
  penalty(problem.penalty.l1, "l1"), penalty(problem.penalty.l2, "l2");
  if (problem.penalty.scale) check_nonnegative(problem.penalty.scale, problem.X.columns, "penalty_scale", "column");
  if (!data) return problem;

  check_targets(y, problem.X.rows, loss);
  check_weights(problem.sample_weight, problem.X.rows);
  if (purpose == Purpose::fit) check_classes_occur(problem);
  return problem;
}

static void check_settings(const Options& options) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  check_range(options.tol, "tol", 0, inf, false, "finite and at least 0");
  check_range(options.epsilon, "epsilon", 0, inf, false, "finite and at least 0");
  require(options.max_iter >= 0, "max_iter must be at least 0 (0 = the solver's default), got ", text(options.max_iter));
  check_range(options.time_limit, "time_limit", 0, inf, true, "at least 0 seconds");
  require(options.memory >= 1, "memory, the pairs that lbfgs keeps, must be at least 1, got ", text(options.memory));
  check_range(options.learning_rate, "learning_rate", 0, inf, false, "finite and at least 0 (0 = chosen by the solver)");
  check_range(options.decay, "decay", 0, inf, false, "finite and at least 0");
  check_range(options.power, "power", 0, inf, false, "finite and at least 0");
  require(options.factor > 0 && options.factor <= 1, "factor must lie in (0, 1], got ", text(options.factor));
  require(options.step_epochs >= 1, "step_epochs must be at least 1, got ", text(options.step_epochs));
  check_range(options.momentum, "momentum", 0, 1, false, "in [0, 1)");
  check_range(options.beta2, "beta2", 0, 1, false, "in [0, 1)");
  require(options.batch_size >= 1, "batch_size must be at least 1, got ", text(options.batch_size));
}

static void check_schedule(const Options& options) {
  const bool batch_only = options.solver == Solver::gd && (options.schedule == Schedule::inverse || options.schedule == Schedule::step);
  require(!batch_only, "solver \"gd\" has the schedules \"constant\" and \"adaptive\", got ", quoted(name(options.schedule)),
          ": use solver=\"sgd\"");
}

static Options completed(Options options, std::size_t size) {
  options.threads = checked_threads(options.threads);
  require(options.start != Start::given || !options.initial.empty(), "start is \"given\" but no start was given");
  if (options.initial.empty()) return options;
  require(options.initial.size() == size, "start must have ", text(static_cast<Index>(size)),
          " numbers (outputs x (columns + intercept)), got ", text(static_cast<Index>(options.initial.size())));
  check_parameters(options.initial.data(), size, "start");
  options.start = Start::given;
  return options;
}

Options checked(Options options, const Problem& problem) {
  check_settings(options);
  const Loss loss = problem.loss;
  if (options.solver == Solver::automatic && !is_smooth(loss)) options.solver = Solver::sgd;
  require(options.solver != Solver::lbfgs || is_smooth(loss), "solver \"lbfgs\" needs a smooth loss, and ", quoted(name(loss)),
          " has kinks: use solver=\"sgd\", or loss \"squared_hinge\"");
  if (options.solver == Solver::newton_cholesky || options.solver == Solver::preconditioned_lbfgs) {
    const std::string solver = "solver " + quoted(name(options.solver));
    require(is_smooth(loss) && loss != Loss::squared_sigmoid, solver, " needs a convex smooth loss, got ", quoted(name(loss)),
            ": use solver=\"", is_smooth(loss) ? "lbfgs" : "sgd", "\"");
    require(problem.penalty.l1 == 0, solver, " knows no l1, got l1 = ", text(problem.penalty.l1), ": use solver=\"lbfgs\"");
    const Shape shape = shape_of(problem);
    if (options.solver == Solver::newton_cholesky) {
      check_hessian_size(static_cast<Index>(shape.size()), "solver \"lbfgs\"");
    } else {
      const double gib = 8.0 * static_cast<double>(shape.outputs) * std::pow(static_cast<double>(shape.columns()), 2) / std::pow(1024.0, 3);
      require(gib <= 1, "the preconditioner of ", text(shape.outputs), " outputs and ", text(problem.X.columns), " columns would take ",
              text(gib), " GiB (limit 1 GiB): use solver=\"lbfgs\"");
    }
  }
  if (options.solver == Solver::perceptron) {
    require(loss == Loss::perceptron, "solver \"perceptron\" needs loss \"perceptron\", got ", quoted(name(loss)), ": use solver=\"sgd\"");
    require(problem.y.classes == 2 || problem.multiclass == Multiclass::max,
            "solver \"perceptron\" needs two classes or multiclass=\"max\", got ", quoted(name(problem.multiclass)),
            ": use multiclass=\"max\" or solver=\"sgd\"");
    require(problem.penalty.l1 == 0 && problem.penalty.l2 == 0,
            "solver \"perceptron\" knows no penalty, got l1 = ", text(problem.penalty.l1), ", l2 = ", text(problem.penalty.l2),
            ": use solver=\"sgd\"");
  }
  check_schedule(options);
  return completed(std::move(options), shape_of(problem).size());
}

void check_trainer(const Options& options) {
  require(options.solver == Solver::sgd, "a Trainer descends on minibatches, with solver=\"sgd\" alone, got ",
          quoted(name(options.solver)));
}

void check_like_first(const Matrix& X, const Targets& y, const Problem& shape) {
  check_features(X, shape.X.columns);
  require((y.codes == nullptr) == (shape.y.matrix != nullptr), "y must stay what the Trainer began with: class codes or a matrix");
  require(y.classes == shape.y.classes, "the Trainer began with ", text(shape.y.classes), " classes, y has ", text(y.classes));
}

Options checked_for_minimize(Options options, std::size_t size) {
  require(size > 0, "start must hold at least one number");
  check_settings(options);
  if (options.solver == Solver::automatic) options.solver = Solver::lbfgs;
  require(options.solver == Solver::lbfgs || options.solver == Solver::gd, "minimize has the solvers \"lbfgs\" and \"gd\", got ",
          quoted(name(options.solver)));
  check_schedule(options);
  return completed(std::move(options), size);
}

}  // namespace linclass
