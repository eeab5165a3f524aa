/// What a loss is: functions on a block of rows that see scores Z and targets Y, both outputs x rows, and never X, weights or threads.
///
/// Y holds 0/1 (or soft labels), whatever form the labels came in: one row of it says "positive" for a single output, one row a class else.
/// A loss may take the number of each row's class in its place, which is less to write and to read.
/// With outputs apart from each other every loop runs over contiguous rows, and the compiler turns it into vectors.
#pragma once
#include "linclass/problem.h"
#include "simd/math.h"

namespace linclass::engine {

/// Output k of row i is at [k * stride + i].
template <class T>
struct Block {
  Index outputs;
  Index rows;
  Index stride;
  bool by_class;  ///< whether targets are rows numbers, the class of each
  const T* targets;
  T* scores;     ///< in: scores; out: residual, the derivative of the row's loss by its scores
  T* loss;       ///< out, rows: the loss of each row
  T* curvature;  ///< out where not null: what curvature_times and curvature_entry need of H_i, the second derivative of row i
  T* scratch;    ///< 3 * rows

  Block part(Index first, Index count) const {
    return {outputs, count, stride, by_class, targets + first, scores + first, loss + first, curvature ? curvature + first : nullptr,
            scratch};
  }
};

enum class Link : int { none, sigmoid, softmax };  ///< scores -> probabilities

template <class T>
struct LossFunctions {
  Loss loss;
  Multiclass form;  ///< ovr for losses whose outputs are independent, and wherever there is one output
  bool smooth;      ///< differentiable everywhere
  bool convex;
  bool by_class;  ///< evaluate takes classes, where labels are; nothing else of it takes targets
  Link link;
  void (*evaluate)(const Block<T>&);
  void (*curvature_times)(const Block<T>&, T* direction);                     ///< direction <- H_i direction, in place; null: no curvature
  void (*curvature_entry)(const Block<T>&, Index k, Index l, T* row_values);  ///< (H_i)_kl for each row
};

/// The row of the table for a resolved form. One output has one form.
template <class T>
const LossFunctions<T>& find_loss(Loss loss, Multiclass form, Index outputs);

/// H_i of independent outputs: diagonal.
template <class T>
void diagonal_times(const Block<T>& b, T* direction) {
  for (Index k = 0; k < b.outputs; ++k)
    for (Index i = 0; i < b.rows; ++i) direction[k * b.stride + i] *= b.curvature[k * b.stride + i];
}
template <class T>
void diagonal_entry(const Block<T>& b, Index k, Index l, T* values) {
  for (Index i = 0; i < b.rows; ++i) values[i] = k == l ? b.curvature[k * b.stride + i] : T(0);
}

/// Runs f(z, y, loss, curvature) on every score: f turns z into the residual, adds to loss and sets curvature.
template <class T, class F>
void each_output(const Block<T>& b, F f) {
  for (Index i = 0; i < b.rows; ++i) b.loss[i] = 0;
  for (Index k = 0; k < b.outputs; ++k) {
    T* z = b.scores + k * b.stride;
    const T* y = b.targets + k * b.stride;
    T* c = b.curvature ? b.curvature + k * b.stride : b.scratch;
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < b.rows; ++i) f(z[i], y[i], b.loss[i], c[i]);
  }
}

/// Rows at a time: what is kept for a row stays in the first-level cache from loop to loop.
constexpr Index strip_rows = 64;

/// each_output for losses of p = sigma(z), as f(z, y, loss, curvature, e) with e = exp(-|z|)
template <class T, class F>
void each_sigmoid(const Block<T>& b, F f) {
  for (Index i = 0; i < b.rows; ++i) b.loss[i] = 0;
  for (Index k = 0; k < b.outputs; ++k)
    for (Index first = 0; first < b.rows; first += strip_rows) {
      const Index rows = b.rows - first < strip_rows ? b.rows - first : strip_rows;
      T *z = b.scores + k * b.stride + first, *loss = b.loss + first, e[strip_rows];
      T* c = b.curvature ? b.curvature + k * b.stride + first : b.scratch;
      const T* y = b.targets + k * b.stride + first;
      exp_below_0<strip_rows>(rows, [&](Index i) { return z[i] < T(0) ? z[i] : -z[i]; }, e);
      LINCLASS_INDEPENDENT
      for (Index i = 0; i < rows; ++i) f(z[i], y[i], loss[i], c[i], e[i]);
    }
}

}  // namespace linclass::engine
