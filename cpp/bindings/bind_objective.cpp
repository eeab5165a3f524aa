#include <memory>

#include "bind.h"
#include "settings.h"

namespace linclass::bindings {
namespace {

using namespace pybind11::literals;

/// An objective and the arrays that it refers to.
class BoundObjective {
 public:
  BoundObjective(py::object X, py::object y, Index classes, py::dict problem, int threads)
      : X_(std::move(X)),
        y_(std::move(y)),
        keys_(std::move(problem)),
        features_(X_),
        objective_(problem_of(features_.view(), targets(y_, classes), keys_), threads) {}

  const Objective& operator*() const { return objective_; }
  const Matrix& X() const { return features_.view(); }

  /// w, flat or in shape; v likewise.
  const double* parameters(const py::object& object, const char* what) const {
    const double* values = numbers(object, objective_.size(), what);
    const auto array = py::reinterpret_borrow<py::array>(object);
    const bool fits = array.ndim() == 1 || (array.ndim() == 2 && array.shape(0) == objective_.outputs());
    if (!fits)
      throw Error(std::string(what) + " must be flat or have shape " + py::repr(shape()).cast<std::string>() + ", got " +
                  py::repr(array.attr("shape")).cast<std::string>());
    return values;
  }
  py::tuple shape() const { return py::make_tuple(objective_.outputs(), objective_.columns()); }

 private:
  py::object X_, y_;
  py::dict keys_;
  Features features_;
  Objective objective_;
};

py::array like(const py::object& w, const py::object& out) {
  const auto array = py::reinterpret_borrow<py::array>(w);
  const py::array result = output(out, py::dtype::of<double>(), std::vector<py::ssize_t>(array.shape(), array.shape() + array.ndim()));
  if (!is_packed(result)) throw Error("out must be contiguous");
  return result;
}

}  // namespace

void bind_objective(py::module_& m) {
  py::class_<BoundObjective>(m, "Objective")
      .def(py::init<py::object, py::object, Index, py::dict, int>(), "X"_a, "y"_a, "classes"_a, "problem"_a, "threads"_a)
      .def_property_readonly("shape", &BoundObjective::shape)
      .def(
          "value",
          [](const BoundObjective& self, const py::object& w) {
            const double* at = self.parameters(w, "w");
            const py::gil_scoped_release unlocked;
            return (*self).value(at);
          },
          "w"_a)
      .def(
          "value_and_gradient",
          [](const BoundObjective& self, const py::object& w, const py::object& out) {
            const double* at = self.parameters(w, "w");
            py::array gradient = like(w, out);
            auto* data = static_cast<double*>(gradient.mutable_data());
            double value = 0;
            {
              const py::gil_scoped_release unlocked;
              value = (*self).value_and_gradient(at, data);
            }
            return py::make_tuple(value, gradient);
          },
          "w"_a, "out"_a)
      .def(
          "curvature_times",
          [](const BoundObjective& self, const py::object& w, const py::object& v, const py::object& out) {
            const double* at = self.parameters(w, "w");
            const double* direction = self.parameters(v, "v");
            py::array product = like(v, out);
            auto* data = static_cast<double*>(product.mutable_data());
            {
              const py::gil_scoped_release unlocked;
              (*self).curvature_times(at, direction, data);
            }
            return product;
          },
          "w"_a, "v"_a, "out"_a)
      .def(
          "hessian",
          [](const BoundObjective& self, const py::object& w, const py::object& out) {
            const double* at = self.parameters(w, "w");
            (*self).check_hessian();  // before the memory is asked for
            py::array hessian = output(out, py::dtype::of<double>(), {(*self).size(), (*self).size()});
            if (!is_packed(hessian)) throw Error("out must be contiguous");
            auto* data = static_cast<double*>(hessian.mutable_data());
            {
              const py::gil_scoped_release unlocked;
              (*self).hessian(at, data);
            }
            return hessian;
          },
          "w"_a, "out"_a)
      .def(
          "gap",
          [](const BoundObjective& self, const py::object& w) {
            const double* at = self.parameters(w, "w");
            const py::gil_scoped_release unlocked;
            return (*self).gap(at);
          },
          "w"_a)
      .def(
          "scores",
          [](const BoundObjective& self, const py::object& w, const py::object& out) {
            const double* at = self.parameters(w, "w");
            const Index rows = self.X().rows, outputs = (*self).outputs();
            std::vector<py::ssize_t> shape{rows};
            if (outputs > 1) shape.push_back(outputs);
            py::array scores = output(out, dtype_of(self.X().type), shape);
            void* data = scores.mutable_data();
            const Index stride = row_stride(scores);
            {
              const py::gil_scoped_release unlocked;
              if (self.X().type == Type::float32) {
                (*self).scores(at, static_cast<float*>(data), stride);
              } else {
                (*self).scores(at, static_cast<double*>(data), stride);
              }
            }
            return scores;
          },
          "w"_a, "out"_a);
}

}  // namespace linclass::bindings
