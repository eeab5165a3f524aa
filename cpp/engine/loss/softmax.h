/// Cross-entropy of softmax, p_k = exp(z_k) / sum_l exp(z_l):
///   loss = log sum_k exp(z_k) - Y.z,  residual = p - Y,  H = diag(p) - p p'.
/// The largest score is taken out first; then 1 <= sum exp(z_k - max) <= K.
#pragma once
#include <algorithm>

#include "loss/loss.h"
#include "simd/math.h"
#include "simd/tiles.h"

namespace linclass::engine {

/// Outputs in one walk over the rows: what is summed up for a row is loaded and stored once for all of them.
constexpr int softmax_outputs = 3;
/// Rows at a time: their scores stay in the first-level cache.
constexpr Index softmax_rows = 128;

/// highest[i] = max_k z_k of row i
template <class T>
void highest_scores(Index outputs, Index rows, Index stride, const T* scores, T* highest) {
  for (Index i = 0; i < rows; ++i) highest[i] = scores[i];
  each_tile<softmax_outputs>(outputs, [&](Index first, auto width) {
    constexpr int C = decltype(width)::value;
    const T* z = scores + first * stride;
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < rows; ++i) {
      T high = highest[i];
      LINCLASS_UNROLL
      for (int c = 0; c < C; ++c) high = z[c * stride + i] > high ? z[c * stride + i] : high;
      highest[i] = high;
    }
  });
}

/// put(place, e_k) with e_k = exp(z_k - highest) for every score; rest receives sum_k e_k - 1 without the rounding of the 1, so that confident rows
/// keep their small numbers.
template <class T, class Put>
void exponentials(Index outputs, Index rows, Index stride, const T* scores, const T* highest, T* rest, T* ties, const Put& put) {
  for (Index i = 0; i < rows; ++i) rest[i] = 0, ties[i] = -1;
  each_tile<softmax_outputs>(outputs, [&](Index first, auto width) {
    constexpr int C = decltype(width)::value;
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < rows; ++i) {
      const T high = highest[i];
      T others = 0, tops = 0;
      LINCLASS_UNROLL
      for (int c = 0; c < C; ++c) {
        const Index place = (first + c) * stride + i;
        const T z = scores[place], e = exp_below_0(z - high);
        const bool top = z == high;
        others += top ? T(0) : e;
        tops += top ? T(1) : T(0);
        put(place, e);
      }
      rest[i] += others, ties[i] += tops;
    }
  });
  for (Index i = 0; i < rows; ++i) rest[i] += ties[i];
}

/// softmax of at most softmax_rows rows
template <class T>
void softmax_strip(const Block<T>& b) {
  T *highest = b.scratch, *rest = highest + b.rows, *spare = rest + b.rows;
  highest_scores(b.outputs, b.rows, b.stride, b.scores, highest);
  for (Index i = 0; i < b.rows; ++i) b.loss[i] = highest[i];
  each_tile<softmax_outputs>(b.outputs, [&](Index first, auto width) {
    constexpr int C = decltype(width)::value;
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < b.rows; ++i) {
      T loss = b.loss[i];
      LINCLASS_UNROLL
      for (int c = 0; c < C; ++c) loss -= b.targets[(first + c) * b.stride + i] * b.scores[(first + c) * b.stride + i];
      b.loss[i] = loss;
    }
  });
  exponentials(b.outputs, b.rows, b.stride, b.scores, highest, rest, spare, [z = b.scores](Index place, T e) { z[place] = e; });
  T* inverse = spare;
  for (Index i = 0; i < b.rows; ++i) {
    inverse[i] = T(1) / (T(1) + rest[i]);
    b.loss[i] += log1p(rest[i], inverse[i]);
  }
  // p - y = (e - y (1 + rest)) / (1 + rest); where y is 1, e - y and rest keep the digits of 1 - p
  for (Index k = 0; k < b.outputs; ++k) {
    T* z = b.scores + k * b.stride;
    const T* y = b.targets + k * b.stride;
    if (T* p = b.curvature ? b.curvature + k * b.stride : nullptr)
      for (Index i = 0; i < b.rows; ++i) p[i] = z[i] * inverse[i];
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < b.rows; ++i) z[i] = ((z[i] - y[i]) - y[i] * rest[i]) * inverse[i];
  }
}

/// f(Block) for at most softmax_rows rows at a time
template <class T, class F>
void each_softmax_strip(const Block<T>& b, const F& f) {
  for (Index i = 0; i < b.rows; i += softmax_rows) f(b.part(i, std::min(softmax_rows, b.rows - i)), i);
}

template <class T>
void softmax(const Block<T>& b) {
  each_softmax_strip(b, [](const Block<T>& strip, Index) { softmax_strip(strip); });
}

/// H v = p (v - p.v)
template <class T>
void softmax_curvature_times(const Block<T>& whole, T* directions) {
  each_softmax_strip(whole, [directions](const Block<T>& b, Index start) {
    T *mean = b.scratch, *direction = directions + start;
    for (Index i = 0; i < b.rows; ++i) mean[i] = 0;
    each_tile<softmax_outputs>(b.outputs, [&](Index first, auto width) {
      LINCLASS_INDEPENDENT
      for (Index i = 0; i < b.rows; ++i) {
        T total = mean[i];
        LINCLASS_UNROLL
        for (int c = 0; c < decltype(width)::value; ++c)
          total += b.curvature[(first + c) * b.stride + i] * direction[(first + c) * b.stride + i];
        mean[i] = total;
      }
    });
    for (Index k = 0; k < b.outputs; ++k)
      for (Index i = 0; i < b.rows; ++i)
        direction[k * b.stride + i] = b.curvature[k * b.stride + i] * (direction[k * b.stride + i] - mean[i]);
  });
}

template <class T>
void softmax_curvature_entry(const Block<T>& b, Index k, Index l, T* values) {
  const T *pk = b.curvature + k * b.stride, *pl = b.curvature + l * b.stride;
  for (Index i = 0; i < b.rows; ++i) values[i] = pk[i] * ((k == l ? T(1) : T(0)) - pl[i]);
}

}  // namespace linclass::engine
