/// The extension module: the C++ library as Python sees it. It converts, releases the GIL, calls and wraps; logic lives in cpp/api.
#include <pybind11/stl.h>

#include "bind.h"
#include "linclass/cpu.h"
#include "linclass/error.h"

namespace py = pybind11;

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.attr("__version__") = LINCLASS_VERSION;
  py::register_exception<linclass::Error>(m, "Error", PyExc_ValueError).attr("__module__") = "linclass_cpp";
  m.def("level", &linclass::cpu::level);
  m.def("levels", &linclass::cpu::levels);
  m.def("threads", &linclass::cpu::threads);
  linclass::bindings::bind_model(m);
  linclass::bindings::bind_fit(m);
  linclass::bindings::bind_model_file(m);  // after Report, its argument
  linclass::bindings::bind_objective(m);
  linclass::bindings::bind_trainer(m);
  linclass::bindings::bind_functions(m);
  linclass::bindings::bind_metrics(m);
  linclass::bindings::bind_read(m);
}
