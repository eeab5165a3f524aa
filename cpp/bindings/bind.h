/// One function a noun, called by core.cpp.
#pragma once
#include <pybind11/pybind11.h>

namespace linclass::bindings {

void bind_fit(pybind11::module_& m);
void bind_functions(pybind11::module_& m);
void bind_metrics(pybind11::module_& m);
void bind_model(pybind11::module_& m);
void bind_model_file(pybind11::module_& m);
void bind_objective(pybind11::module_& m);
void bind_read(pybind11::module_& m);
void bind_trainer(pybind11::module_& m);

}  // namespace linclass::bindings
