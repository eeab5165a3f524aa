/// Cross-entropy of softmax, p_k = exp(z_k) / sum_l exp(z_l):
///   loss = log sum_k exp(z_k) - Y.z,  residual = p - Y,  H = diag(p) - p p'.
/// The largest score is taken out first; then 1 <= sum exp(z_k - max) <= K.
#pragma once
#include "loss/loss.h"
#include "simd/math.h"

namespace linclass::engine {

/// highest[i] = max_k z_k of row i
template <class T>
void highest_scores(Index outputs, Index rows, Index stride, const T* scores, T* highest) {
  for (Index i = 0; i < rows; ++i) highest[i] = scores[i];
  for (Index k = 1; k < outputs; ++k) {
    const T* z = scores + k * stride;
    for (Index i = 0; i < rows; ++i) highest[i] = z[i] > highest[i] ? z[i] : highest[i];
  }
}

/// scores <- probabilities; total receives sum_k exp(z_k - highest), one a row.
template <class T>
void softmax_in_place(Index outputs, Index rows, Index stride, T* scores, const T* highest, T* total) {
  for (Index i = 0; i < rows; ++i) total[i] = 0;
  for (Index k = 0; k < outputs; ++k) {
    T* z = scores + k * stride;
#pragma GCC ivdep
    for (Index i = 0; i < rows; ++i) {
      z[i] = exp(z[i] - highest[i]);
      total[i] += z[i];
    }
  }
  for (Index k = 0; k < outputs; ++k) {
    T* z = scores + k * stride;
#pragma GCC ivdep
    for (Index i = 0; i < rows; ++i) z[i] /= total[i];
  }
}

template <class T>
void softmax(const Block<T>& b) {
  T *highest = b.scratch, *total = highest + b.rows, *rest = total + b.rows;
  highest_scores(b.outputs, b.rows, b.stride, b.scores, highest);
  // -Y.z = sum_k y_k (max - z_k) - max + (1 - sum_k y_k) max; the last term is exactly 0 for codes
  for (Index i = 0; i < b.rows; ++i) b.loss[i] = 0, rest[i] = 1;
  for (Index k = 0; k < b.outputs; ++k) {
    const T *z = b.scores + k * b.stride, *y = b.targets + k * b.stride;
#pragma GCC ivdep
    for (Index i = 0; i < b.rows; ++i) {
      b.loss[i] += y[i] * (highest[i] - z[i]);
      rest[i] -= y[i];
    }
  }
  softmax_in_place(b.outputs, b.rows, b.stride, b.scores, highest, total);
  for (Index i = 0; i < b.rows; ++i) b.loss[i] += rest[i] * highest[i] + log1p(total[i] - T(1));
  for (Index k = 0; k < b.outputs; ++k) {
    T* p = b.scores + k * b.stride;
    const T* y = b.targets + k * b.stride;
    if (b.curvature)
      for (Index i = 0; i < b.rows; ++i) b.curvature[k * b.stride + i] = p[i];
    for (Index i = 0; i < b.rows; ++i) p[i] -= y[i];
  }
}

/// H v = p (v - p.v)
template <class T>
void softmax_curvature_times(const Block<T>& b, T* direction) {
  T* mean = b.scratch;
  for (Index i = 0; i < b.rows; ++i) mean[i] = 0;
  for (Index k = 0; k < b.outputs; ++k)
    for (Index i = 0; i < b.rows; ++i) mean[i] += b.curvature[k * b.stride + i] * direction[k * b.stride + i];
  for (Index k = 0; k < b.outputs; ++k)
    for (Index i = 0; i < b.rows; ++i) direction[k * b.stride + i] = b.curvature[k * b.stride + i] * (direction[k * b.stride + i] - mean[i]);
}

template <class T>
void softmax_curvature_entry(const Block<T>& b, Index k, Index l, T* values) {
  const T *pk = b.curvature + k * b.stride, *pl = b.curvature + l * b.stride;
  for (Index i = 0; i < b.rows; ++i) values[i] = pk[i] * ((k == l ? T(1) : T(0)) - pl[i]);
}

}  // namespace linclass::engine
