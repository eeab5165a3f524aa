#include <pybind11/stl.h>

#include "arrays.h"
#include "bind.h"

namespace linclass::bindings {
namespace {

using namespace pybind11::literals;

Labels labels_of(const py::list& values, const std::string& type) {
  if (type == "int") return values.cast<std::vector<std::int64_t>>();
  if (type == "float") return values.cast<std::vector<double>>();
  if (type == "bool") return values.cast<std::vector<bool>>();
  return values.cast<std::vector<std::string>>();
}

/// Numbers as an array, strings as a list.
struct AsPython {
  template <class T>
  py::object operator()(const std::vector<T>& values) const {
    return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
  }
  py::object operator()(const std::vector<bool>& values) const {
    py::array_t<bool> out(static_cast<py::ssize_t>(values.size()));
    std::copy(values.begin(), values.end(), out.mutable_data());
    return out;
  }
  py::object operator()(const std::vector<std::string>& values) const { return py::cast(values); }
};

/// None where there are none.
template <class T>
py::object some(const std::vector<T>& values) {
  return values.empty() ? py::object(py::none()) : AsPython{}(values);
}

}  // namespace

void bind_model_file(py::module_& m) {
  m.def(
      "save",
      [](const std::string& path, const Model& model, const py::list& labels, const std::string& type,
         const std::vector<std::string>& feature_names, const py::object& scale, const std::optional<Report>& report,
         const std::string& extra) {
        SavedModel saved{model, labels_of(labels, type), feature_names, {}, report, extra};
        if (const double* first = numbers_or_null(scale, model.features, "scale")) saved.scale.assign(first, first + model.features);
        const py::gil_scoped_release unlocked;
        save(path, saved);
      },
      "path"_a, "model"_a, "labels"_a, "label_type"_a, "feature_names"_a, "scale"_a, "report"_a, "extra"_a);
  m.def(
      "load",
      [](const std::string& path) {
        SavedModel saved;
        {
          const py::gil_scoped_release unlocked;
          saved = load(path);
        }
        return py::make_tuple(std::move(saved.model), std::visit(AsPython{}, saved.labels), some(saved.feature_names), some(saved.scale),
                              std::move(saved.report), saved.extra);
      },
      "path"_a);
}

}  // namespace linclass::bindings
