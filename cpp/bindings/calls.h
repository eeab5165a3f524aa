/// The way from a running fit back to Python: Ctrl-C and the user's callback.
#pragma once
#include <vector>

#include "settings.h"

namespace linclass::bindings {

/// What a callback receives; w is a copy that may be kept.
struct SeenState {
  State state;
  py::array w;
};

/// Lives beside the Options that it serves, from before the call to after it; made with the GIL held.
class PythonCalls {
 public:
  /// `columns`: of w as callbacks see it; 0 = flat.
  explicit PythonCalls(py::object callback = py::none(), Index columns = 0) : callback_(std::move(callback)), columns_(columns) {
    // Signal handlers run in the main thread alone: elsewhere poll has nothing to ask and leaves the GIL alone.
    const py::object main = py::module_::import("threading").attr("main_thread")().attr("ident");
    main_thread_ = !main.is_none() && main.cast<unsigned long>() == PyThread_get_thread_ident();
  }

  void attach(Options& options) {
    options.poll = [this] { return interrupted_ || (main_thread_ && signalled()); };
    if (!callback_.is_none()) options.callback = [this](const State& state) { return called(state); };
  }

  /// Ctrl-C came: what has been reached is to be handed over inside Interrupted.
  bool interrupted() const { return interrupted_; }

  /// Runs Python code with the GIL; Ctrl-C in it is noted and answered with `otherwise`, other exceptions fly on.
  template <class Result, class Body>
  Result guarded(Result otherwise, Body&& body) {
    if (interrupted_) return otherwise;
    const py::gil_scoped_acquire gil;
    try {
      return body();
    } catch (const py::error_already_set& error) {
      if (!error.type().is(py::handle(PyExc_KeyboardInterrupt))) throw;
      interrupted_ = true;
      return otherwise;
    }
  }

  /// A report that says so, where Ctrl-C was noticed in Python code and the engine knows only that it was to stop.
  void amend(Report& report) const {
    if (!interrupted_ || report.status == Status::interrupted) return;
    report.status = Status::interrupted;
    report.reason = "interrupted after " + std::to_string(report.iterations) + (report.iterations == 1 ? " iteration" : " iterations");
  }

 private:
  bool signalled() {
    return guarded(true, [] {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      return false;
    });
  }

  bool called(const State& state) {
    return guarded(true, [&] {
      std::vector<py::ssize_t> shape{state.size};
      if (columns_ > 0) shape = {state.size / columns_, columns_};
      py::array_t<double> w(shape, state.w);
      w.attr("flags").attr("writeable") = false;
      const py::object answer = callback_(SeenState{state, w});
      const int truth = PyObject_IsTrue(answer.ptr());
      if (truth < 0) throw py::error_already_set();
      return truth == 1;
    });
  }

  py::object callback_;
  Index columns_;
  bool main_thread_ = false;
  bool interrupted_ = false;
};

}  // namespace linclass::bindings
