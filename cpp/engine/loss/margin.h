/// Perceptron, hinge and squared hinge: the violation v = offset - margin counts where it is positive, as v or v^2.
/// Offset 0 is the perceptron, 1 the hinge. At v = 0 the residual is that of the larger branch, the mistake; comparisons are written so
/// that NaN stays NaN.
///   binary, and each output of ovr: margin (2y - 1) z
///   sum: over j != y of the loss of z_y - z_j   (Weston and Watkins 1999)
///   max: the largest of these only              (Crammer and Singer 2001)
#pragma once
#include "loss/loss.h"

namespace linclass::engine {

template <class T, int offset, bool squares>
struct Margin {
  static T violation(T v) { return v < T(0) ? T(0) : v; }
  static T value(T v) { return squares ? v * v : v; }
  static T slope(T v, bool active) { return active ? (squares ? T(2) * v : T(1)) : T(0); }

  static void binary(const Block<T>& b) {
    each_output(b, [](T& z, T y, T& loss, T& curvature) {
      const T t = T(2) * y - T(1), distance = T(offset) - t * z, v = violation(distance);
      loss += value(v);
      z = -t * slope(v, !(distance < T(0)));
      curvature = distance < T(0) ? T(0) : T(2);
    });
  }

  /// z_y of each row. A NaN among the scores of a row reaches it, since 0 * NaN is NaN.
  static void true_scores(const Block<T>& b, T* zy) {
    for (Index i = 0; i < b.rows; ++i) zy[i] = 0, b.loss[i] = 0;
    for (Index k = 0; k < b.outputs; ++k)
      for (Index i = 0; i < b.rows; ++i) zy[i] += b.targets[k * b.stride + i] * b.scores[k * b.stride + i];
  }

  static void sum(const Block<T>& b) {
    T *zy = b.scratch, *total = zy + b.rows, *unused = total + b.rows;
    true_scores(b, zy);
    for (Index i = 0; i < b.rows; ++i) total[i] = 0;
    for (Index k = 0; k < b.outputs; ++k) {
      T *z = b.scores + k * b.stride, *c = b.curvature ? b.curvature + k * b.stride : unused;
      const T* y = b.targets + k * b.stride;
      LINCLASS_INDEPENDENT
      for (Index i = 0; i < b.rows; ++i) {
        const T distance = z[i] - zy[i] + T(offset), other = T(1) - y[i], v = other * violation(distance);
        const bool active = !(distance < T(0));
        b.loss[i] += value(v);
        z[i] = other * slope(v, active);
        total[i] += z[i];
        c[i] = active ? T(2) * other : T(0);
      }
    }
    subtract_at_true(b, total);
  }

  static void max(const Block<T>& b) {
    T *zy = b.scratch, *best = zy + b.rows, *active = best + b.rows;
    true_scores(b, zy);
    for (Index i = 0; i < b.rows; ++i) best[i] = b.targets[i] > T(0) ? b.scores[b.stride + i] : b.scores[i];
    for (Index k = 1; k < b.outputs; ++k)
      for (Index i = 0; i < b.rows; ++i) {
        const T z = b.scores[k * b.stride + i];
        best[i] = b.targets[k * b.stride + i] == T(0) && z > best[i] ? z : best[i];
      }
    T* open = zy;  // 1 until the rival of an active row is met, so that the first of equals is taken
    for (Index i = 0; i < b.rows; ++i) {
      const T distance = best[i] - zy[i] + T(offset);
      b.loss[i] = violation(distance);
      open[i] = active[i] = distance < T(0) ? T(0) : T(1);
    }
    for (Index k = 0; k < b.outputs; ++k)
      for (Index i = 0; i < b.rows; ++i) {
        T& z = b.scores[k * b.stride + i];
        z = b.targets[k * b.stride + i] == T(0) && z == best[i] ? open[i] : T(0);
        open[i] -= z;
      }
    subtract_at_true(b, active);
  }

  static void subtract_at_true(const Block<T>& b, const T* total) {
    for (Index k = 0; k < b.outputs; ++k)
      for (Index i = 0; i < b.rows; ++i) b.scores[k * b.stride + i] -= b.targets[k * b.stride + i] * total[i];
  }
};

/// The curvature of a sum over j != y of f(z_j - z_y) is an arrow: diag(c) - c y' - y c' + (sum c) y y', c_y = 0.
template <class T>
void arrow_times(const Block<T>& b, T* direction) {
  T *at_true = b.scratch, *total = at_true + b.rows;
  for (Index i = 0; i < b.rows; ++i) at_true[i] = 0, total[i] = 0;
  for (Index k = 0; k < b.outputs; ++k)
    for (Index i = 0; i < b.rows; ++i) at_true[i] += b.targets[k * b.stride + i] * direction[k * b.stride + i];
  for (Index k = 0; k < b.outputs; ++k)
    for (Index i = 0; i < b.rows; ++i) {
      T& v = direction[k * b.stride + i];
      v = b.curvature[k * b.stride + i] * (v - at_true[i]);
      total[i] += v;
    }
  for (Index k = 0; k < b.outputs; ++k)
    for (Index i = 0; i < b.rows; ++i) direction[k * b.stride + i] -= b.targets[k * b.stride + i] * total[i];
}

template <class T>
void arrow_entry(const Block<T>& b, Index k, Index l, T* values) {
  T* total = b.scratch;
  for (Index i = 0; i < b.rows; ++i) total[i] = 0;
  for (Index j = 0; j < b.outputs; ++j)
    for (Index i = 0; i < b.rows; ++i) total[i] += b.curvature[j * b.stride + i];
  const T *ck = b.curvature + k * b.stride, *cl = b.curvature + l * b.stride;
  const T *yk = b.targets + k * b.stride, *yl = b.targets + l * b.stride;
  for (Index i = 0; i < b.rows; ++i) values[i] = (k == l ? ck[i] : T(0)) - ck[i] * yl[i] - yk[i] * cl[i] + total[i] * yk[i] * yl[i];
}

}  // namespace linclass::engine
