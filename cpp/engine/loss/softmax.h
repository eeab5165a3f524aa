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

/// scores <- e_k = exp(z_k - highest); rest receives sum_k e_k - 1 without the rounding of the 1, so that confident rows keep their small numbers.
template <class T>
void exponentials(Index outputs, Index rows, Index stride, T* scores, const T* highest, T* rest, T* ties) {
  for (Index i = 0; i < rows; ++i) rest[i] = 0, ties[i] = -1;
  for (Index k = 0; k < outputs; ++k) {
    T* z = scores + k * stride;
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < rows; ++i) {
      const T e = exp(z[i] - highest[i]);
      const bool top = z[i] == highest[i];
      rest[i] += top ? T(0) : e;
      ties[i] += top ? T(1) : T(0);
      z[i] = e;
    }
  }
  for (Index i = 0; i < rows; ++i) rest[i] += ties[i];
}

template <class T>
void softmax(const Block<T>& b) {
  T *highest = b.scratch, *rest = highest + b.rows, *spare = rest + b.rows;
  highest_scores(b.outputs, b.rows, b.stride, b.scores, highest);
  // -Y.z + max = sum_k y_k (max - z_k) + (1 - sum_k y_k) max; the last term is exactly 0 for codes
  for (Index i = 0; i < b.rows; ++i) b.loss[i] = 0, spare[i] = 1;
  for (Index k = 0; k < b.outputs; ++k) {
    const T *z = b.scores + k * b.stride, *y = b.targets + k * b.stride;
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < b.rows; ++i) {
      b.loss[i] += y[i] * (highest[i] - z[i]);
      spare[i] -= y[i];
    }
  }
  for (Index i = 0; i < b.rows; ++i) b.loss[i] += spare[i] * highest[i];
  exponentials(b.outputs, b.rows, b.stride, b.scores, highest, rest, spare);
  for (Index i = 0; i < b.rows; ++i) {
    b.loss[i] += log1p(rest[i]);
    spare[i] = T(1) / (T(1) + rest[i]);
  }
  for (Index k = 0; k < b.outputs; ++k) {
    T *z = b.scores + k * b.stride, *p = b.curvature ? b.curvature + k * b.stride : highest;
    const T* y = b.targets + k * b.stride;
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < b.rows; ++i) {
      const T e = z[i], others = (T(1) - e) + rest[i], inverse = spare[i];  // p = e / total, 1 - p = others / total
      p[i] = e * inverse;
      z[i] = (e * (T(1) - y[i]) - others * y[i]) * inverse;
    }
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
    for (Index i = 0; i < b.rows; ++i)
      direction[k * b.stride + i] = b.curvature[k * b.stride + i] * (direction[k * b.stride + i] - mean[i]);
}

template <class T>
void softmax_curvature_entry(const Block<T>& b, Index k, Index l, T* values) {
  const T *pk = b.curvature + k * b.stride, *pl = b.curvature + l * b.stride;
  for (Index i = 0; i < b.rows; ++i) values[i] = pk[i] * ((k == l ? T(1) : T(0)) - pl[i]);
}

}  // namespace linclass::engine
