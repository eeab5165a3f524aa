#include <pybind11/stl.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "bind.h"
#include "calls.h"

namespace linclass::bindings {
namespace {

using namespace pybind11::literals;

py::tuple fit_python(const py::object& object_X, const py::object& object_y, Index classes, const py::dict& problem_keys,
                     const py::dict& settings, const py::object& callback, int copies) {
  const Features X(object_X);
  const Problem problem = problem_of(X.view(), targets(object_y, classes), problem_keys);
  Options options = options_of(settings, columns_of(problem));
  PythonCalls calls(callback, columns_of(problem));
  calls.attach(options);
  Fit result;
  {
    const py::gil_scoped_release unlocked;
    result = fit(problem, options);
  }
  calls.amend(result.report);
  result.report.copies += copies;
  return py::make_tuple(std::move(result.model), std::move(result.report));
}

/// value and gradient = function(w), with every misfit named.
double call_function(const py::object& function, const double* w, double* gradient, const std::vector<py::ssize_t>& shape, Index size) {
  const py::object answer = function(py::array_t<double>(shape, w));
  if (!py::isinstance<py::sequence>(answer) || py::len(answer) != 2) {
    throw Error("value_and_gradient must return the pair (value, gradient), got " + py::repr(py::type::of(answer)).cast<std::string>());
  }
  const auto pair = py::reinterpret_borrow<py::sequence>(answer);
  const auto slope = py::array_t<double, py::array::c_style | py::array::forcecast>(pair[1]);
  if (slope.size() != size) {
    throw Error("the gradient must have the size of start, " + std::to_string(size) + ", got " + std::to_string(slope.size()));
  }
  std::copy(slope.data(), slope.data() + size, gradient);
  return py::float_(pair[0]);
}

py::tuple minimize_python(const py::object& function, const py::object& start, const py::dict& settings, const py::object& callback) {
  const py::array first = array_of(start, "start");
  const double* w = numbers(start, first.size(), "start");
  const std::vector<py::ssize_t> shape(first.shape(), first.shape() + first.ndim());
  const Index size = first.size();
  Options options = options_of(settings, 0);
  PythonCalls calls(callback);
  calls.attach(options);
  const Function called = [&](const double* point, double* gradient) {
    return calls.guarded(std::numeric_limits<double>::quiet_NaN(), [&] { return call_function(function, point, gradient, shape, size); });
  };
  Minimum result;
  {
    const py::gil_scoped_release unlocked;
    try {
      result = minimize(called, std::vector<double>(w, w + size), options);
    } catch (const Error&) {
      if (!calls.interrupted()) throw;
      result.w.assign(w, w + size);  // Ctrl-C before the first value was known
    }
  }
  calls.amend(result.report);
  return py::make_tuple(py::array_t<double>(shape, result.w.data()), std::move(result.report));
}

auto fields(const Report& r) {
  return py::make_tuple(static_cast<int>(r.status), r.reason, r.objective, static_cast<int>(r.certificate), r.gap, r.estimate, r.measure,
                        r.tol, r.iterations, r.reads, r.seconds, r.history, r.mistakes, r.level, r.threads, r.solver, r.choice, r.copies,
                        r.notes);
}

Report report_of(const py::tuple& t) {
  Report r;
  std::size_t i = 0;
  const auto next = [&](auto& field) { field = t[i++].cast<std::decay_t<decltype(field)>>(); };
  int status = 0, certificate = 0;
  next(status), next(r.reason), next(r.objective), next(certificate), next(r.gap), next(r.estimate), next(r.measure), next(r.tol),
      next(r.iterations), next(r.reads);
  next(r.seconds), next(r.history), next(r.mistakes), next(r.level), next(r.threads), next(r.solver), next(r.choice), next(r.copies),
      next(r.notes);
  r.status = static_cast<Status>(status), r.certificate = static_cast<Certificate>(certificate);
  return r;
}

}  // namespace

void bind_fit(py::module_& m) {
  py::class_<Report> report(m, "Report", R"(How good, how far from the optimum, at what cost, why it stopped; print it.

status : "converged", "max_iter", "time_limit", "stopped" (by the callback), "interrupted",
    "stalled" (no step lowers P any more), "diverged"
reason : the status in words, with the figures
objective : P at the returned parameters
certificate : "gap": P - min P <= gap; "estimate": measure is the estimate, relative to P; "stationary": measure is the scaled gradient; "mistakes": of the perceptron rule; "none"
gap : absolute, NaN where certificate is not "gap"
estimate : g' H^-1 g / 2, what Newton's model expects of one more step; near the optimum an estimate of P - min P, often far
    below the gap, but no bound ("newton-cholesky"; "preconditioned-lbfgs" with its model of H; else NaN)
measure, tol : the figure that tol bounds (gap or estimate / max(P, 1e-3 P(0)), or the scaled gradient; NaN where there is
    none), and tol
iterations : or epochs
reads : of X
seconds : from call to return
history : of the objective, one an iteration or epoch (sgd: the mean over the epoch as it ran)
mistakes : of the last epoch of the perceptron rule, else -1
level, threads, solver : what computed
choice : why this solver, where it was chosen by "auto"
copies : of X, y, weights or scales that had to be made
notes : anything else to know of how the result came about)");
  report.attr("__module__") = "linclass_cpp";
  report.def_property_readonly("status", [](const Report& r) { return name(r.status); })
      .def_readonly("reason", &Report::reason)
      .def_property_readonly("converged", &Report::converged)
      .def_readonly("objective", &Report::objective)
      .def_property_readonly("certificate", [](const Report& r) { return name(r.certificate); })
      .def_readonly("gap", &Report::gap)
      .def_readonly("estimate", &Report::estimate)
      .def_readonly("measure", &Report::measure)
      .def_readonly("tol", &Report::tol)
      .def_readonly("iterations", &Report::iterations)
      .def_readonly("reads", &Report::reads)
      .def_readonly("seconds", &Report::seconds)
      .def_readonly("history", &Report::history)
      .def_readonly("mistakes", &Report::mistakes)
      .def_readonly("level", &Report::level)
      .def_readonly("threads", &Report::threads)
      .def_readonly("solver", &Report::solver)
      .def_readonly("choice", &Report::choice)
      .def_readonly("copies", &Report::copies)
      .def_readonly("notes", &Report::notes)
      .def("__repr__", &Report::to_string)
      .def(py::pickle(&fields, &report_of));

  py::class_<SeenState> state(m, "State", "What a callback sees, once an iteration or epoch.");
  state.attr("__module__") = "linclass_cpp";
  state.def_property_readonly("iteration", [](const SeenState& s) { return s.state.iteration; })
      .def_property_readonly("objective", [](const SeenState& s) { return s.state.objective; })
      .def_property_readonly("measure", [](const SeenState& s) { return s.state.measure; })
      .def_property_readonly("seconds", [](const SeenState& s) { return s.state.seconds; })
      .def_property_readonly("reads", [](const SeenState& s) { return s.state.reads; })
      .def_readonly("w", &SeenState::w)
      .def("__repr__", [](const SeenState& s) {
        std::ostringstream out;
        out << "State(iteration=" << s.state.iteration << ", objective=" << s.state.objective << ", measure=" << s.state.measure
            << ", seconds=" << s.state.seconds << ", reads=" << s.state.reads << ")";
        return out.str();
      });

  m.def("fit", &fit_python, "X"_a, "y"_a, "classes"_a, "problem"_a, "settings"_a, "callback"_a, "copies"_a);
  m.def("minimize", &minimize_python, "function"_a, "start"_a, "settings"_a, "callback"_a);
}

}  // namespace linclass::bindings
