/// Readers: a path, or bytes and the name that errors call them; vectors become NumPy arrays without a copy.
#include "arrays.h"
#include "bind.h"
#include "linclass/read.h"

namespace linclass::bindings {
namespace {

using namespace pybind11::literals;

/// An array over what a vector held.
template <class V>
py::array owned(std::vector<V>&& values, const py::dtype& type, const std::vector<py::ssize_t>& shape, bool column_major = false) {
  auto* kept = new std::vector<V>(std::move(values));
  const py::capsule owner(kept, [](void* vector) { delete static_cast<std::vector<V>*>(vector); });
  std::vector<py::ssize_t> strides(shape.size());
  py::ssize_t step = type.itemsize();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = column_major ? i : shape.size() - 1 - i;
    strides[axis] = step;
    step *= std::max<py::ssize_t>(shape[axis], 1);
  }
  return py::array(type, shape, strides, kept->data(), owner);
}
template <class V>
py::array owned(std::vector<V>&& values) {
  const auto size = static_cast<py::ssize_t>(values.size());
  return owned(std::move(values), py::dtype::of<V>(), {size});
}

/// Calls of_memory(bytes, name) for bytes, of_file(path) for None.
template <class OfFile, class OfMemory>
auto read_from(const py::object& bytes, const std::string& name, OfFile&& of_file, OfMemory&& of_memory) {
  std::string_view view;
  if (!bytes.is_none()) view = bytes.cast<std::string_view>();  // the caller holds them
  const py::gil_scoped_release unlocked;
  return bytes.is_none() ? of_file(name) : of_memory(view, name);
}

template <class T>
py::tuple read_libsvm_as(const py::object& bytes, const std::string& name, const LibsvmOptions& options) {
  auto data = read_from(
      bytes, name, [&](const std::string& path) { return read_libsvm<T>(path, options); },
      [&](std::string_view text, const std::string& called) { return parse_libsvm<T>(text, called, options); });
  const auto shape = py::make_tuple(data.rows, data.columns);
  const bool zero_based = data.zero_based;
  py::array indices = data.long_indices.empty() ? owned(std::move(data.indices)) : owned(std::move(data.long_indices));
  return py::make_tuple(owned(std::move(data.values)), std::move(indices), owned(std::move(data.row_starts)), shape,
                        owned(std::move(data.labels)), zero_based);
}

py::array array_from(NumberArray&& array) {
  const std::vector<py::ssize_t> shape(array.shape.begin(), array.shape.end());
  return owned(std::move(array.bytes), py::dtype(name(array.type)), shape, array.column_major);
}

}  // namespace

void bind_read(py::module_& m) {
  m.def(
      "read_libsvm",
      [](const py::object& bytes, const std::string& name, Index features, const std::string& base, bool narrow, int threads) {
        LibsvmOptions options;
        options.features = features, options.threads = threads;
        options.base = base == "auto" ? IndexBase::automatic : base == "zero" ? IndexBase::zero : IndexBase::one;
        options.poll = [] {
          const py::gil_scoped_acquire gil;
          if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        };
        return narrow ? read_libsvm_as<float>(bytes, name, options) : read_libsvm_as<double>(bytes, name, options);
      },
      "data"_a, "name"_a, "features"_a, "base"_a, "narrow"_a, "threads"_a);
  m.def(
      "read_idx",
      [](const py::object& bytes, const std::string& name) { return array_from(read_from(bytes, name, linclass::read_idx, parse_idx)); },
      "data"_a, "name"_a);
  m.def(
      "read_npy",
      [](const py::object& bytes, const std::string& name) { return array_from(read_from(bytes, name, linclass::read_npy, parse_npy)); },
      "data"_a, "name"_a);
}

}  // namespace linclass::bindings
