#include "linclass/functions.h"

#include <algorithm>

#include "calls.h"
#include "load.h"
#include "validate.h"

namespace linclass::functions {
namespace {

template <class T>
void call(engine::FunctionName name, const T* a, const T* second, const Vectors& layout, void* out) {
  if (layout.groups == 0 || layout.length == 0) return;
  engine::Message message{};
  check(engine_table().function(name, type_of<T>(), a, second, &layout, out, &message), message);
}

template <class T>
void one_hot_rows(const int* codes, const Vectors& layout, T* out) {
  for (Index i = 0; i < layout.groups; ++i) {
    check_code(codes[i], i, layout.length);
    for (Index k = 0; k < layout.length; ++k) out[i * layout.group_stride + k * layout.step] = static_cast<T>(k == codes[i]);
  }
}

}  // namespace

#define LINCLASS_ELEMENTWISE(T, name) \
  void name(const T* x, Index n, T* out) { call<T>(engine::FunctionName::name, x, nullptr, {1, n, n, 1}, out); }
#define LINCLASS_VECTORWISE(T, name) \
  void name(const T* a, const Vectors& layout, T* out) { call<T>(engine::FunctionName::name, a, nullptr, layout, out); }
#define LINCLASS_FUNCTIONS(T)                                                 \
  LINCLASS_ELEMENTWISE(T, exp)                                                \
  LINCLASS_ELEMENTWISE(T, log1p)                                              \
  LINCLASS_ELEMENTWISE(T, sigmoid)                                            \
  LINCLASS_ELEMENTWISE(T, logit)                                              \
  LINCLASS_VECTORWISE(T, softmax)                                             \
  LINCLASS_VECTORWISE(T, log_softmax)                                         \
  LINCLASS_VECTORWISE(T, softmax_jacobian)                                    \
  LINCLASS_VECTORWISE(T, entropy)                                             \
  void cross_entropy(const T* y, const T* p, const Vectors& layout, T* out) { \
    call<T>(engine::FunctionName::cross_entropy, y, p, layout, out);          \
  }                                                                           \
  double log_likelihood(const T* y, const T* p, Index n) {                    \
    double out = 0;                                                           \
    call<T>(engine::FunctionName::log_likelihood, y, p, {1, n, n, 1}, &out);  \
    return out;                                                               \
  }                                                                           \
  void one_hot(const int* codes, const Vectors& layout, T* out) { one_hot_rows<T>(codes, layout, out); }
LINCLASS_FUNCTIONS(float)
LINCLASS_FUNCTIONS(double)

}  // namespace linclass::functions
