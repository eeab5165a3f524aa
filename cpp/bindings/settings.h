/// Keyword arguments, collected in dicts by Python, as Problem and Options. None and absent mean the default.
#pragma once
#include <string>

#include "arrays.h"

namespace linclass::bindings {

template <class T>
void take(const py::dict& from, const char* name, T& field) {
  const py::handle value = PyDict_GetItemString(from.ptr(), name);
  if (!value || value.is_none()) return;
  try {
    field = value.cast<T>();
  } catch (const py::cast_error&) {
    const char* wanted = std::is_same_v<T, std::string> ? "a string"
                         : std::is_same_v<T, double>    ? "a number"
                         : std::is_same_v<T, bool>      ? "a bool"
                         : std::is_unsigned_v<T>        ? "a whole number of at least 0"
                                                        : "a whole number";
    throw py::type_error(std::string(name) + " must be " + wanted + ", got " + py::repr(value).cast<std::string>());
  }
}

template <class Enum>
void take_name(const py::dict& from, const char* name, Enum (*named)(const std::string&), Enum& field) {
  std::string text;
  take(from, name, text);
  if (!text.empty()) field = named(text);
}

/// Of w, as Python sees it.
inline Index columns_of(const Problem& problem) { return problem.X.columns + (problem.fit_intercept ? 1 : 0); }

/// Keys: loss, l1, l2, penalty_scale, sample_weight, fit_intercept, multiclass. Arrays are referred to, not copied.
inline Problem problem_of(const Matrix& X, const Targets& y, const py::dict& from) {
  Problem problem;
  problem.X = X, problem.y = y;
  take_name(from, "loss", &loss_named, problem.loss);
  take_name(from, "multiclass", &multiclass_named, problem.multiclass);
  take(from, "l1", problem.penalty.l1), take(from, "l2", problem.penalty.l2);
  take(from, "fit_intercept", problem.fit_intercept);
  if (from.contains("penalty_scale")) problem.penalty.scale = numbers_or_null(from["penalty_scale"], X.columns, "penalty_scale");
  if (from.contains("sample_weight")) problem.sample_weight = numbers_or_null(from["sample_weight"], X.rows, "sample_weight");
  return problem;
}

/// Keys: the names of Settings; start is a name or an array, flat or of `columns`.
inline Options options_of(const py::dict& from, Index columns) {
  Options options;
  take_name(from, "solver", &solver_named, options.solver);
  take(from, "tol", options.tol), take(from, "epsilon", options.epsilon);
  take(from, "max_iter", options.max_iter), take(from, "time_limit", options.time_limit);
  take(from, "threads", options.threads), take(from, "seed", options.seed), take(from, "memory", options.memory);
  take(from, "learning_rate", options.learning_rate);
  take_name(from, "schedule", &schedule_named, options.schedule);
  take(from, "decay", options.decay), take(from, "power", options.power), take(from, "factor", options.factor);
  take(from, "step_epochs", options.step_epochs);
  take_name(from, "update", &update_named, options.update);
  take(from, "momentum", options.momentum), take(from, "beta2", options.beta2);
  take(from, "batch_size", options.batch_size), take(from, "shuffle", options.shuffle),
      take(from, "track_objective", options.track_objective);
  const py::handle start = PyDict_GetItemString(from.ptr(), "start");
  if (!start || start.is_none()) return options;
  if (is_array(start)) {
    const auto values = py::reinterpret_borrow<py::array>(start);
    const double* first = numbers(values, values.size(), "start");
    options.initial.assign(first, first + values.size());
    if (values.ndim() != 1 && (values.ndim() != 2 || values.shape(1) != columns)) {
      throw Error("start must be flat or have " + std::to_string(columns) + " columns (features and intercept), got shape " +
                  py::str(values.attr("shape")).cast<std::string>());
    }
    if (options.initial.empty()) throw Error("start must hold at least one number");
  } else {
    take_name(from, "start", &start_named, options.start);
  }
  return options;
}

}  // namespace linclass::bindings
