#include "functions.h"

#include <cmath>
#include <vector>

#include "loss/softmax.h"
#include "predict.h"
#include "simd/math.h"

namespace linclass::engine {
namespace {

template <class T, class F>
void elementwise(const T* x, Index n, T* out, F f) {
  LINCLASS_INDEPENDENT
  for (Index i = 0; i < n; ++i) out[i] = f(x[i]);
}

/// f(length x rows numbers, rows) on vectors brought side by side, so that the loops run across vectors.
template <class T, class F>
void on_vectors(const T* x, const functions::Vectors& v, T* out, F f) {
  constexpr Index most = 64;
  std::vector<T> block(static_cast<std::size_t>(v.length * most));
  for (Index start = 0; start < v.groups; start += most) {
    const Index m = v.groups - start < most ? v.groups - start : most;
    for (Index k = 0; k < v.length; ++k)
      for (Index i = 0; i < m; ++i) block[static_cast<std::size_t>(k * m + i)] = x[(start + i) * v.group_stride + k * v.step];
    f(block.data(), m);
    for (Index k = 0; k < v.length; ++k)
      for (Index i = 0; i < m; ++i) out[(start + i) * v.group_stride + k * v.step] = block[static_cast<std::size_t>(k * m + i)];
  }
}

/// y log p with 0 log 0 = 0
template <class T>
double y_log_p(T y, T p) {
  return y == T(0) ? 0 : static_cast<double>(y) * std::log(static_cast<double>(p));
}

template <class T>
void compute_as(FunctionName name, const T* a, const T* second, const functions::Vectors& v, T* out) {
  const Index n = v.length, K = v.length;
  switch (name) {
    case FunctionName::exp: return elementwise(a, n, out, [](T x) { return exp(x); });
    case FunctionName::log1p: return elementwise(a, n, out, [](T x) { return log1p(x); });
    case FunctionName::sigmoid: return elementwise(a, n, out, [](T z) { return sigmoid(z); });
    case FunctionName::logit:  // log(p / (1 - p)) with a quotient that is exact to rounding also near p = 1/2, where the logarithm is 0
      return elementwise(a, n, out, [](T p) {
        const T q = T(1) - p, odds = p < T(0.5) ? (q - p) / p : (p - q) / q;
        return p < T(0.5) ? -log1p(odds) : log1p(odds);
      });
    case FunctionName::softmax:
    case FunctionName::log_softmax:
      return on_vectors(a, v, out, [&](T* z, Index m) { softmax_in_place(name == FunctionName::log_softmax, K, m, m, z); });
    case FunctionName::softmax_jacobian:
      for (Index i = 0; i < v.groups; ++i)
        for (Index k = 0; k < K; ++k)
          for (Index l = 0; l < K; ++l) {
            const T yk = a[i * v.group_stride + k * v.step], yl = a[i * v.group_stride + l * v.step];
            out[(i * K + k) * K + l] = yk * ((k == l ? T(1) : T(0)) - yl);
          }
      return;
    case FunctionName::entropy: second = a; [[fallthrough]];
    case FunctionName::cross_entropy:
      for (Index i = 0; i < v.groups; ++i) {
        double total = 0;
        for (Index k = 0; k < K; ++k) total -= y_log_p(a[i * v.group_stride + k * v.step], second[i * v.group_stride + k * v.step]);
        out[i] = static_cast<T>(total);
      }
      return;
    case FunctionName::log_likelihood: break;
  }
  double total = 0;
  for (Index i = 0; i < n; ++i) total += y_log_p(a[i], second[i]) + y_log_p(T(1) - a[i], T(1) - second[i]);
  *reinterpret_cast<double*>(out) = total;
}

}  // namespace

void compute(FunctionName name, Type type, const void* a, const void* second, const functions::Vectors& layout, void* out) {
  if (type == Type::float32)
    compute_as(name, static_cast<const float*>(a), static_cast<const float*>(second), layout, static_cast<float*>(out));
  else
    compute_as(name, static_cast<const double*>(a), static_cast<const double*>(second), layout, static_cast<double*>(out));
}

}  // namespace linclass::engine
