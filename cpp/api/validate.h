/// Every sentence that a user can be told about values. Each function answers with what it has checked and completed, or throws Error.
#pragma once
#include <cstddef>

#include "linclass/fit.h"

namespace linclass {

enum class Purpose {
  fit,       ///< every class must occur: its intercept would go to infinity
  evaluate,  ///< classes may be absent: a part of the data is fine
  shape,     ///< no data yet: sizes, loss and penalty only
};

/// Sizes, the structure of X, y, weights, penalty and the table of losses. Counts the classes and resolves the multiclass form.
Problem checked(Problem problem, Purpose purpose, Solver solver = Solver::automatic, int threads = 1);

/// Ranges, and that the solver suits the loss. Resolves solver and threads.
Options checked(Options options, const Problem& problem);
/// The same for minimize, where there is no problem.
Options checked_for_minimize(Options options, std::size_t size);

int checked_threads(int threads);                             ///< 0 becomes cpu::threads()
void check_matrix(const Matrix& X, int threads);              ///< sizes, pointers and the structure of a csr
void check_labels_vary(Index labels);                         ///< that an indicator matrix has a column that is not constant
void check_features(const Matrix& X, Index features);         ///< as many columns as the model has
void check_targets(const Targets& y, Index rows, Loss loss);  ///< codes below y.classes; a matrix in [0, 1], for softmax with rows of sum 1
void check_code(int code, Index row, Index classes);
void check_weights(const double* weights, Index rows);
void check_parameters(const double* w, std::size_t size, const char* what);
void check_curvature(Loss loss);                           ///< that a Hessian exists
void check_hessian_size(Index size, const char* instead);  ///< at most 1 GiB
void check_gap(const Problem& problem);                    ///< that a duality gap exists
void check_type(Type given, const Matrix& X, const char* what);
void check_trainer(const Options& options);
void check_like_first(const Matrix& X, const Targets& y, const Problem& shape);  ///< what a Trainer is fed keeps its form
void check_model(const Model& model);
void check_probabilities(const Model& model);

/// After a figure that is not finite: throws when X holds NaN or infinity, and says where.
void check_finite(const Matrix& X);
[[noreturn]] void scores_overflow();

inline bool is_smooth(Loss loss) { return loss != Loss::hinge && loss != Loss::perceptron; }
inline bool is_margin(Loss loss) { return loss == Loss::perceptron || loss == Loss::hinge || loss == Loss::squared_hinge; }

}  // namespace linclass
