/// Cross-entropy of softmax, p_k = exp(z_k) / sum_l exp(z_l):
///   loss = log sum_k exp(z_k) - Y.z,  residual = p - Y,  H = diag(p) - p p'.
/// The largest score is taken out first; then 1 <= sum exp(z_k - max) <= K.
#pragma once
#include <type_traits>

#include "loss/loss.h"
#include "simd/math.h"

namespace linclass::engine {

/// f(whole, begin, count) for strips of strip_rows rows, whole a true_type, and for what is left: loops of known length are vectors from end to end.
template <class F>
void each_strip(Index rows, const F& f) {
  Index i = 0;
  for (; i + strip_rows <= rows; i += strip_rows) f(std::true_type{}, i, strip_rows);
  if (i < rows) f(std::false_type{}, i, rows - i);
}

/// highest[i] = max_k z_k of row i; also(k, i) meets every score too.
template <bool whole, class T, class Also>
void highest_scores(Index outputs, Index count, Index stride, const T* scores, T* highest, const Also& also) {
  const Index rows = whole ? strip_rows : count;
  for (Index i = 0; i < rows; ++i) highest[i] = scores[i];
  for (Index k = 0; k < outputs; ++k) {
    const T* z = scores + k * stride;
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < rows; ++i) {
      highest[i] = z[i] > highest[i] ? z[i] : highest[i];
      also(k, i);
    }
  }
}

/// put(place, e_k) with e_k = exp(z_k - highest) for every score; rest receives sum_k e_k - 1 without the rounding of the 1, so that confident rows
/// keep their small numbers.
template <bool whole, class T, class Put>
void exponentials(Index outputs, Index count, Index stride, const T* scores, const T* highest, T* rest, const Put& put) {
  const Index rows = whole ? strip_rows : count;
  T ties[strip_rows], e[strip_rows];
  for (Index i = 0; i < rows; ++i) rest[i] = 0, ties[i] = -1;
  for (Index k = 0; k < outputs; ++k) {
    const T* z = scores + k * stride;
    exp_below_0<strip_rows>(rows, [&](Index i) { return z[i] - highest[i]; }, e);
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < rows; ++i) {
      const T other = e[i] == T(1) ? T(0) : e[i];  // of a choice within the sum GCC makes two sums
      rest[i] += other;
      ties[i] += e[i] - other;
      put(k * stride + i, e[i]);
    }
  }
  for (Index i = 0; i < rows; ++i) rest[i] += ties[i];
}

/// Targets as the two steps of softmax that they enter: what an output adds to Y.z of a row, and e - y (1 + rest), where, if y is 1, e - y and rest keep
/// the digits of 1 - p.
template <class T>
struct SoftTargets {
  const T* targets;
  Index stride;
  T add(T sum, Index k, Index i, T z) const { return sum + targets[k * stride + i] * z; }
  T subtract(T e, Index k, Index i, T rest) const {
    const T y = targets[k * stride + i];
    return (e - y) - y * rest;
  }
};
template <class T>
struct ClassTargets {
  const T* classes;
  T add(T sum, Index k, Index i, T z) const { return classes[i] == static_cast<T>(k) ? z : sum; }
  T subtract(T e, Index k, Index i, T rest) const { return classes[i] == static_cast<T>(k) ? (e - T(1)) - rest : e; }
};

/// softmax of at most strip_rows rows
template <bool whole, class T, class Y>
void softmax_strip(const Block<T>& b, const Y& y) {
  const Index rows = whole ? strip_rows : b.rows;
  T highest[strip_rows], meant[strip_rows], rest[strip_rows], inverse[strip_rows];
  for (Index i = 0; i < rows; ++i) meant[i] = 0;
  highest_scores<whole>(b.outputs, rows, b.stride, b.scores, highest,
                        [&](Index k, Index i) { meant[i] = y.add(meant[i], k, i, b.scores[k * b.stride + i]); });
  exponentials<whole>(b.outputs, rows, b.stride, b.scores, highest, rest, [z = b.scores](Index place, T e) { z[place] = e; });
  LINCLASS_INDEPENDENT
  for (Index i = 0; i < rows; ++i) {
    inverse[i] = T(1) / (T(1) + rest[i]);
    b.loss[i] = (highest[i] - meant[i]) + log1p(rest[i], inverse[i]);
  }
  // p - y = (e - y (1 + rest)) / (1 + rest)
  for (Index k = 0; k < b.outputs; ++k) {
    T* z = b.scores + k * b.stride;
    if (T* p = b.curvature ? b.curvature + k * b.stride : nullptr)
      for (Index i = 0; i < rows; ++i) p[i] = z[i] * inverse[i];
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < rows; ++i) z[i] = y.subtract(z[i], k, i, rest[i]) * inverse[i];
  }
}

template <class T>
void softmax(const Block<T>& b) {
  each_strip(b.rows, [&](auto is_whole, Index begin, Index count) {
    constexpr bool whole = decltype(is_whole)::value;
    const Block<T> part = b.part(begin, count);
    b.by_class ? softmax_strip<whole>(part, ClassTargets<T>{part.targets})
               : softmax_strip<whole>(part, SoftTargets<T>{part.targets, b.stride});
  });
}

/// H v = p (v - p.v)
template <class T>
void softmax_curvature_times(const Block<T>& block, T* directions) {
  each_strip(block.rows, [&](auto whole, Index begin, Index count) {
    const Block<T> b = block.part(begin, count);
    const Index rows = decltype(whole)::value ? strip_rows : count;
    T mean[strip_rows], *direction = directions + begin;
    for (Index i = 0; i < rows; ++i) mean[i] = 0;
    for (Index k = 0; k < b.outputs; ++k) {
      const T *p = b.curvature + k * b.stride, *v = direction + k * b.stride;
      LINCLASS_INDEPENDENT
      for (Index i = 0; i < rows; ++i) mean[i] += p[i] * v[i];
    }
    for (Index k = 0; k < b.outputs; ++k) {
      const T* p = b.curvature + k * b.stride;
      T* v = direction + k * b.stride;
      LINCLASS_INDEPENDENT
      for (Index i = 0; i < rows; ++i) v[i] = p[i] * (v[i] - mean[i]);
    }
  });
}

template <class T>
void softmax_curvature_entry(const Block<T>& b, Index k, Index l, T* values) {
  const T *pk = b.curvature + k * b.stride, *pl = b.curvature + l * b.stride;
  for (Index i = 0; i < b.rows; ++i) values[i] = pk[i] * ((k == l ? T(1) : T(0)) - pl[i]);
}

}  // namespace linclass::engine
