#include <memory>

#include "bind.h"
#include "calls.h"

namespace linclass::bindings {
namespace {

using namespace pybind11::literals;

/// A trainer whose poll asks whoever calls partial_fit at the moment.
class BoundTrainer {
 public:
  BoundTrainer(const py::object& X, const py::object& y, Index classes, const py::dict& problem, const py::dict& settings)
      : penalty_scale_(problem.contains("penalty_scale") ? py::object(problem["penalty_scale"]) : py::none()) {
    const Features features(X);
    const Problem shape = problem_of(features.view(), targets(y, classes), problem);
    Options options = options_of(settings, columns_of(shape));
    options.poll = [this] { return poll_ && poll_(); };
    trainer_ = std::make_unique<Trainer>(shape, options);
  }

  void partial_fit(const py::object& object_X, const py::object& object_y, Index classes, const py::object& object_weight) {
    const Features X(object_X);
    const Targets y = targets(object_y, classes);
    const double* sample_weight = numbers_or_null(object_weight, X.view().rows, "sample_weight");
    PythonCalls calls;
    Options options;
    calls.attach(options);
    poll_ = options.poll;
    const py::gil_scoped_release unlocked;
    trainer_->partial_fit(X.view(), y, sample_weight);
  }

  const Trainer& operator*() const { return *trainer_; }

 private:
  py::object penalty_scale_;  ///< the engine refers to it
  std::function<bool()> poll_{};
  std::unique_ptr<Trainer> trainer_{};
};

}  // namespace

void bind_trainer(py::module_& m) {
  py::class_<BoundTrainer>(m, "Trainer")
      .def(py::init<const py::object&, const py::object&, Index, const py::dict&, const py::dict&>(), "X"_a, "y"_a, "classes"_a,
           "problem"_a, "settings"_a)
      .def("partial_fit", &BoundTrainer::partial_fit, "X"_a, "y"_a, "classes"_a, "sample_weight"_a)
      .def_property_readonly("model", [](const BoundTrainer& self) { return (*self).model(); })
      .def_property_readonly("report", [](const BoundTrainer& self) { return (*self).report(); });
}

}  // namespace linclass::bindings
