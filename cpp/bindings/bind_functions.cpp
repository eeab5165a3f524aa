#include "arrays.h"
#include "bind.h"

namespace linclass::bindings {
namespace {

using namespace pybind11::literals;
using functions::Vectors;

/// Calls `body` with a null pointer of the arrays' type.
template <class Body>
void by_type(const py::array& array, Body&& body) {
  const std::optional<Type> type = float_type(array);
  if (!type) refuse("not an array of float32 or float64");
  const Unlocked unlocked(array.size() > 10000);
  *type == Type::float32 ? body(static_cast<const float*>(nullptr)) : body(static_cast<const double*>(nullptr));
}

/// The rows of a 2-d array, whatever its strides.
Vectors rows_of(const py::array& array) {
  if (array.ndim() != 2) refuse("not a 2-d array");
  return {array.shape(0), array.shape(1), array.strides(0) / array.itemsize(), array.strides(1) / array.itemsize()};
}

bool alike(const py::array& a, const py::array& b) {
  if (a.ndim() != b.ndim() || a.dtype().num() != b.dtype().num()) return false;
  for (py::ssize_t i = 0; i < a.ndim(); ++i) {
    if (a.shape(i) != b.shape(i) || (a.shape(i) > 1 && a.strides(i) != b.strides(i))) return false;
  }
  return true;
}

void require_alike(const py::array& a, const py::array& b) {
  if (!alike(a, b)) refuse("arrays of different type, shape or strides");
}

void require_result(const py::array& out, const py::array& like, py::ssize_t size) {
  if (out.dtype().num() != like.dtype().num() || !is_packed(out) || out.size() != size) refuse("out does not fit");
}

}  // namespace

// Each function takes arrays that functions.py has made fit; out is written.
#define LINCLASS_ELEMENTWISE(name)                                              \
  m.def(                                                                        \
      #name,                                                                    \
      [](const py::array& x, py::array& out) {                                  \
        require_alike(x, out);                                                  \
        const void* from = x.data();                                            \
        void* to = out.mutable_data();                                          \
        by_type(x, [&, n = Index{x.size()}](auto* type) {                       \
          using T = std::remove_const_t<std::remove_pointer_t<decltype(type)>>; \
          functions::name(static_cast<const T*>(from), n, static_cast<T*>(to)); \
        });                                                                     \
      },                                                                        \
      "x"_a, "out"_a);

#define LINCLASS_VECTORWISE(name, require_out)                                       \
  m.def(                                                                             \
      #name,                                                                         \
      [](const py::array& z, py::array& out) {                                       \
        const Vectors layout = rows_of(z);                                           \
        require_out;                                                                 \
        const void* from = z.data();                                                 \
        void* to = out.mutable_data();                                               \
        by_type(z, [&](auto* type) {                                                 \
          using T = std::remove_const_t<std::remove_pointer_t<decltype(type)>>;      \
          functions::name(static_cast<const T*>(from), layout, static_cast<T*>(to)); \
        });                                                                          \
      },                                                                             \
      "z"_a, "out"_a);

void bind_functions(py::module_& m) {
  LINCLASS_ELEMENTWISE(exp)
  LINCLASS_ELEMENTWISE(log1p)
  LINCLASS_ELEMENTWISE(sigmoid)
  LINCLASS_ELEMENTWISE(logit)
  LINCLASS_VECTORWISE(softmax, require_alike(z, out))
  LINCLASS_VECTORWISE(log_softmax, require_alike(z, out))
  LINCLASS_VECTORWISE(softmax_jacobian, require_result(out, z, z.size() * z.shape(1)))
  LINCLASS_VECTORWISE(entropy, require_result(out, z, z.shape(0)))
  m.def(
      "cross_entropy",
      [](const py::array& y, const py::array& p, py::array& out) {
        const Vectors layout = rows_of(y);
        require_alike(y, p), require_result(out, y, y.shape(0));
        const void *of_y = y.data(), *of_p = p.data();
        void* to = out.mutable_data();
        by_type(y, [&](auto* type) {
          using T = std::remove_const_t<std::remove_pointer_t<decltype(type)>>;
          functions::cross_entropy(static_cast<const T*>(of_y), static_cast<const T*>(of_p), layout, static_cast<T*>(to));
        });
      },
      "y"_a, "p"_a, "out"_a);
  m.def(
      "log_likelihood",
      [](const py::array& y, const py::array& p) {
        require_alike(y, p);
        double result = 0;
        const void *of_y = y.data(), *of_p = p.data();
        by_type(y, [&, n = Index{y.size()}](auto* type) {
          using T = std::remove_const_t<std::remove_pointer_t<decltype(type)>>;
          result = functions::log_likelihood(static_cast<const T*>(of_y), static_cast<const T*>(of_p), n);
        });
        return result;
      },
      "y"_a, "p"_a);
  m.def(
      "one_hot",
      [](const py::array& codes, py::array& out) {
        const Vectors layout = rows_of(out);
        if (!is_integer(codes, 4) || !is_packed(codes) || codes.size() != layout.groups) refuse("codes are not a contiguous int32 array");
        const int* from = static_cast<const int*>(codes.data());
        void* to = out.mutable_data();
        by_type(out, [&](auto* type) {
          using T = std::remove_const_t<std::remove_pointer_t<decltype(type)>>;
          functions::one_hot(from, layout, static_cast<T*>(to));
        });
      },
      "codes"_a, "out"_a);
}

}  // namespace linclass::bindings
