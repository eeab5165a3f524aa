/// NumPy arrays as views: nothing is copied, whatever does not fit as it lies is refused with a TypeError, and _admit.py converts it.
#pragma once
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "linclass/linclass.h"

namespace linclass::bindings {

namespace py = pybind11;
using Layout = linclass::Layout;

/// An ndarray itself: a subclass (masked, matrix) may mean something else by its numbers.
inline bool is_array(py::handle object) {
  return reinterpret_cast<PyObject*>(Py_TYPE(object.ptr())) == reinterpret_cast<PyObject*>(py::detail::npy_api::get().PyArray_Type_);
}

inline bool is_native(const py::array& array) {
  return array.dtype().byteorder() != (PY_BIG_ENDIAN ? '<' : '>') && (array.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_);
}
inline std::optional<Type> float_type(const py::array& array) {
  const int number = array.dtype().num();
  if (!is_native(array)) return {};
  if (number == py::detail::npy_api::NPY_DOUBLE_) return Type::float64;
  if (number == py::detail::npy_api::NPY_FLOAT_) return Type::float32;
  return {};
}
inline bool is_integer(const py::array& array, py::ssize_t size) {
  return array.dtype().kind() == 'i' && array.itemsize() == size && is_native(array);
}
inline bool is_packed(const py::array& array) { return array.flags() & py::array::c_style; }

[[noreturn]] inline void refuse(const char* what) { throw py::type_error(what); }

inline py::array array_of(py::handle object, const char* what) {
  if (!is_array(object)) refuse(what);
  return py::reinterpret_borrow<py::array>(object);
}

/// X: a 2-d array, or the tuple (data, indices, indptr, shape) of a CSR matrix. Holds the row starts where they came as int32.
class Features {
 public:
  explicit Features(py::handle X) {
    if (PyTuple_Check(X.ptr())) {
      sparse(py::reinterpret_borrow<py::tuple>(X));
    } else {
      dense(array_of(X, "X is not a NumPy array"));
    }
  }

  const Matrix& view() const { return view_; }

 private:
  void dense(const py::array& X) {
    const std::optional<Type> type = float_type(X);
    if (!type || X.ndim() != 2) refuse("X is not a 2-d array of float32 or float64");
    view_.rows = X.shape(0), view_.columns = X.shape(1), view_.type = *type, view_.values = X.data();
    const py::ssize_t size = X.itemsize(), down = X.strides(0), across = X.strides(1);
    if (across == size || view_.columns <= 1) {
      view_.stride = view_.rows <= 1 ? view_.columns : down / size;
      if (view_.rows > 1 && down % size) refuse("rows of X are not a whole number of elements apart");
    } else if (down == size || view_.rows <= 1) {
      view_.layout = Layout::column_major, view_.stride = across / size;
      if (across % size) refuse("columns of X are not a whole number of elements apart");
    } else {
      refuse("neither rows nor columns of X are contiguous");
    }
  }

  void sparse(const py::tuple& X) {
    const auto data = array_of(X[0], "data of X"), indices = array_of(X[1], "indices of X"), starts = array_of(X[2], "row starts of X");
    const auto shape = X[3].cast<std::pair<Index, Index>>();
    const std::optional<Type> type = float_type(data);
    const bool narrow = is_integer(indices, 4);
    if (!type || !is_packed(data)) refuse("data of X is not a contiguous array of float32 or float64");
    if ((!narrow && !is_integer(indices, 8)) || !is_packed(indices)) refuse("indices of X are not a contiguous array of int32 or int64");
    if (starts.size() != shape.first + 1)
      throw Error("a CSR matrix of " + std::to_string(shape.first) + " rows needs one more row start, got " +
                  std::to_string(starts.size()));
    view_.rows = shape.first, view_.columns = shape.second, view_.type = *type, view_.layout = Layout::csr;
    view_.values = data.data(), view_.column_indices = indices.data();
    view_.index_type = narrow ? IndexType::int32 : IndexType::int64;
    if (is_integer(starts, 8) && is_packed(starts)) {
      view_.row_starts = static_cast<const Index*>(starts.data());
    } else if (is_integer(starts, 4) && is_packed(starts)) {
      const auto* first = static_cast<const std::int32_t*>(starts.data());
      row_starts_.assign(first, first + starts.size());
      view_.row_starts = row_starts_.data();
    } else {
      refuse("row starts of X are not a contiguous array of int32 or int64");
    }
    const Index end = view_.row_starts[view_.rows];
    if (end > data.size() || end > indices.size()) {
      throw Error("row starts of X end at " + std::to_string(end) + ", but there are " + std::to_string(data.size()) + " values and " +
                  std::to_string(indices.size()) + " column indices");
    }
  }

  Matrix view_{};
  std::vector<Index> row_starts_{};
};

/// y: a contiguous int32 array of class codes, or a 2-d array of indicators or probabilities with contiguous rows.
inline Targets targets(py::handle object, Index classes) {
  const py::array y = array_of(object, "y is not a NumPy array");
  if (y.ndim() == 1 && is_integer(y, 4) && is_packed(y)) return linclass::classes(static_cast<const int*>(y.data()), y.size(), classes);
  const std::optional<Type> type = float_type(y);
  const py::ssize_t size = y.itemsize();
  if (!type || y.ndim() != 2 || (y.strides(1) != size && y.shape(1) > 1) || y.strides(0) % size)
    refuse("y is neither int32 codes nor a matrix of float rows");
  Targets out;
  out.rows = y.shape(0), out.classes = y.shape(1), out.matrix = y.data(), out.type = *type, out.stride = y.strides(0) / size;
  return out;
}

/// A contiguous float64 array of `size` numbers.
inline const double* numbers(py::handle object, Index size, const char* what) {
  const py::array values = array_of(object, what);
  if (float_type(values) != Type::float64 || !is_packed(values)) refuse(what);
  if (values.size() != size)
    throw Error(std::string(what) + " must hold " + std::to_string(size) + " numbers, got " + std::to_string(values.size()));
  return static_cast<const double*>(values.data());
}
inline const double* numbers_or_null(py::handle object, Index size, const char* what) {
  return object.is_none() ? nullptr : numbers(object, size, what);
}

inline py::dtype dtype_of(Type type) { return type == Type::float32 ? py::dtype::of<float>() : py::dtype::of<double>(); }

/// Where a result goes: `out` if it fits, else a new array. The last axis is contiguous (a single axis may have any stride).
inline py::array output(py::handle out, const py::dtype& type, const std::vector<py::ssize_t>& shape) {
  if (out.is_none()) return py::array(type, shape);
  bool good = is_array(out);
  if (good) {
    const py::array array = py::reinterpret_borrow<py::array>(out);
    good = array.dtype().num() == type.num() && is_native(array) && array.writeable() &&
           array.ndim() == static_cast<py::ssize_t>(shape.size());
    for (py::ssize_t i = 0; good && i < array.ndim(); ++i)
      good = array.shape(i) == shape[static_cast<std::size_t>(i)] && array.strides(i) % array.itemsize() == 0;
    if (good && array.ndim() > 1) good = array.strides(array.ndim() - 1) == array.itemsize() || shape.back() == 1;
    if (good) return array;
  }
  std::string sizes;
  for (const py::ssize_t size : shape) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
  throw Error("out must be a writable array of " + py::str(type).cast<std::string>() + " and shape (" + sizes + ") with contiguous rows");
}

/// Elements from one entry of the first axis to the next.
inline Index row_stride(const py::array& array) { return array.strides(0) / array.itemsize(); }

/// Releases the GIL for work that is worth it.
class Unlocked {
 public:
  explicit Unlocked(bool worth_it) {
    if (worth_it) release_.emplace();
  }

 private:
  std::optional<py::gil_scoped_release> release_{};
};

}  // namespace linclass::bindings
