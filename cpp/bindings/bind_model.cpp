#include "arrays.h"
#include "bind.h"

namespace linclass::bindings {
namespace {

using namespace pybind11::literals;

/// A view of numbers that the model owns.
py::array view(const py::object& owner, const std::vector<double>& values, std::vector<py::ssize_t> shape) {
  py::array_t<double> array(std::move(shape), values.data(), owner);
  py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return array;
}

/// Shape of a result of `columns` numbers a row; one score a row is an array of one axis.
std::vector<py::ssize_t> shape_of(Index rows, Index columns, bool flat) {
  return flat ? std::vector<py::ssize_t>{rows} : std::vector<py::ssize_t>{rows, columns};
}

bool worth_unlocking(const Model& model, const Matrix& X) { return X.layout == Layout::csr || X.rows * X.columns * model.outputs > 100000; }

using Predict32 = void (Model::*)(const Matrix&, float*, Index, int) const;
using Predict64 = void (Model::*)(const Matrix&, double*, Index, int) const;

py::array predict_floats(const Model& model, const py::object& object, const py::object& out, int threads, Index columns, bool flat,
                         Predict32 narrow, Predict64 wide) {
  const Features X(object);
  py::array result = output(out, dtype_of(X.view().type), shape_of(X.view().rows, columns, flat));
  void* data = result.mutable_data();
  const Index stride = row_stride(result);
  {
    const Unlocked unlocked(worth_unlocking(model, X.view()));
    if (X.view().type == Type::float32) {
      (model.*narrow)(X.view(), static_cast<float*>(data), stride, threads);
    } else {
      (model.*wide)(X.view(), static_cast<double*>(data), stride, threads);
    }
  }
  return result;
}

}  // namespace

void bind_model(py::module_& m) {
  py::class_<Model>(m, "Model")
      .def(py::init([](const std::string& loss, const std::string& multiclass, Index classes, bool multilabel, const py::object& coef,
                       const py::object& intercept) {
             Model model;
             model.loss = loss_named(loss), model.multiclass = multiclass_named(multiclass);
             model.classes = classes, model.multilabel = multilabel;
             const py::array weights = array_of(coef, "coef");
             if (weights.ndim() != 2) refuse("coef is not a 2-d array");
             model.outputs = weights.shape(0), model.features = weights.shape(1);
             const double* w = numbers(coef, weights.size(), "coef");
             const double* b = numbers(intercept, model.outputs, "intercept");
             model.coef.assign(w, w + weights.size());
             model.intercept.assign(b, b + model.outputs);
             return model;
           }),
           "loss"_a, "multiclass"_a, "classes"_a, "multilabel"_a, "coef"_a, "intercept"_a)
      .def_property_readonly("loss", [](const Model& model) { return name(model.loss); })
      .def_property_readonly("multiclass", [](const Model& model) { return name(model.multiclass); })
      .def_readonly("features", &Model::features)
      .def_readonly("outputs", &Model::outputs)
      .def_readonly("classes", &Model::classes)
      .def_readonly("multilabel", &Model::multilabel)
      .def_property_readonly("has_probabilities", &Model::has_probabilities)
      .def_property_readonly("coef",
                             [](const py::object& self) {
                               const Model& model = self.cast<const Model&>();
                               return view(self, model.coef, {model.outputs, model.features});
                             })
      .def_property_readonly("intercept",
                             [](const py::object& self) {
                               const Model& model = self.cast<const Model&>();
                               return view(self, model.intercept, {model.outputs});
                             })
      .def(
          "decision_function",
          [](const Model& model, const py::object& X, const py::object& out, int threads) {
            return predict_floats(model, X, out, threads, model.outputs, model.outputs == 1, &Model::decision_function<float>,
                                  &Model::decision_function<double>);
          },
          "X"_a, "out"_a = py::none(), "threads"_a = 0)
      .def(
          "predict_proba",
          [](const Model& model, const py::object& X, const py::object& out, int threads) {
            return predict_floats(model, X, out, threads, model.classes, false, &Model::predict_proba<float>,
                                  &Model::predict_proba<double>);
          },
          "X"_a, "out"_a = py::none(), "threads"_a = 0)
      .def(
          "predict_log_proba",
          [](const Model& model, const py::object& X, const py::object& out, int threads) {
            return predict_floats(model, X, out, threads, model.classes, false, &Model::predict_log_proba<float>,
                                  &Model::predict_log_proba<double>);
          },
          "X"_a, "out"_a = py::none(), "threads"_a = 0)
      .def(
          "predict",
          [](const Model& model, const py::object& object, int threads) {
            const Features X(object);
            py::array_t<int> codes(shape_of(X.view().rows, model.outputs, !model.multilabel));
            int* data = codes.mutable_data();
            const Unlocked unlocked(worth_unlocking(model, X.view()));
            model.predict(X.view(), data, threads);
            return py::array(std::move(codes));
          },
          "X"_a, "threads"_a = 0);
}

}  // namespace linclass::bindings
