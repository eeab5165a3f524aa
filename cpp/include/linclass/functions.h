/// The formulas of linear classification as functions on arrays of float or double.
///
/// Arrays of vectors are given as `groups` vectors of `length` numbers: number k of vector i lies at i * group_stride + k * step.
/// Rows of a row-major n x K matrix: {n, K, K, 1}; its columns: {K, n, 1, K}. `out` may be the input where the shapes agree.
#pragma once
#include "linclass/data.h"
#include "linclass/export.h"

namespace linclass::functions {

struct Vectors {
  Index groups = 1;
  Index length = 0;
  Index group_stride = 0;
  Index step = 1;
};

#define LINCLASS_FUNCTIONS(T)                                                                 \
  /** e^x and log(1 + x), to 2 ulp. */                                                        \
  LINCLASS_API void exp(const T* x, Index n, T* out);                                         \
  LINCLASS_API void log1p(const T* x, Index n, T* out);                                       \
  /** sigma(z) = 1 / (1 + exp(-z)). */                                                        \
  LINCLASS_API void sigmoid(const T* z, Index n, T* out);                                     \
  /** log(p / (1 - p)), the inverse of sigma; -inf at 0, inf at 1, NaN outside. */            \
  LINCLASS_API void logit(const T* p, Index n, T* out);                                       \
  /** exp(z_k) / sum_l exp(z_l); `out` has the layout of z. */                                \
  LINCLASS_API void softmax(const T* z, const Vectors& layout, T* out);                       \
  /** z_k - log sum_l exp(z_l). */                                                            \
  LINCLASS_API void log_softmax(const T* z, const Vectors& layout, T* out);                   \
  /** J_kl = y_k (1{k = l} - y_l) at y = softmax(z): groups x length x length, contiguous. */ \
  LINCLASS_API void softmax_jacobian(const T* y, const Vectors& layout, T* out);              \
  /** -sum_k p_k log p_k, with 0 log 0 = 0, one a vector. */                                  \
  LINCLASS_API void entropy(const T* p, const Vectors& layout, T* out);                       \
  /** -sum_k y_k log p_k, with 0 log 0 = 0, one a vector; y and p of the same layout. */      \
  LINCLASS_API void cross_entropy(const T* y, const T* p, const Vectors& layout, T* out);     \
  /** sum_i y_i log p_i + (1 - y_i) log(1 - p_i), with 0 log 0 = 0 (Bernoulli). */            \
  LINCLASS_API double log_likelihood(const T* y, const T* p, Index n);                        \
  /** 1 at code, 0 elsewhere: one vector a code; Error for codes outside 0..length-1. */      \
  LINCLASS_API void one_hot(const int* codes, const Vectors& layout, T* out);
LINCLASS_FUNCTIONS(float)
LINCLASS_FUNCTIONS(double)
#undef LINCLASS_FUNCTIONS

}  // namespace linclass::functions
