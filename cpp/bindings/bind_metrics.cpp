#include <pybind11/stl.h>

#include <variant>

#include "arrays.h"
#include "bind.h"

namespace linclass::bindings {
namespace {

using namespace pybind11::literals;
using namespace linclass::metrics;

using Doubles = std::vector<double>;
using ClassOrAverage = std::variant<Index, std::string>;

py::array array(const Doubles& values) { return py::array_t<double>(static_cast<py::ssize_t>(values.size()), values.data()); }
py::array square(const Doubles& values, Index side) { return py::array_t<double>({side, side}, values.data()); }

/// Codes, what belongs to them and weights, as metrics.py has made them fit.
struct Compared {
  Compared(const py::object& codes, Index classes, const py::object& sample_weight)
      : y(targets(codes, classes)), weight(numbers_or_null(sample_weight, y.rows, "sample_weight")) {}

  const int* predicted(const py::object& codes) const {
    const Targets other = targets(codes, y.classes);
    if (!other.codes) refuse("predicted are not codes");
    if (other.rows != y.rows)
      throw Error("y_true has " + std::to_string(y.rows) + " rows and y_pred has " + std::to_string(other.rows) + ": they must agree");
    return other.codes;
  }

  Targets y;
  const double* weight;
};

Doubles doubles(const py::object& object) {
  const py::array values = array_of(object, "not an array");
  const double* first = numbers(values, values.size(), "numbers");
  return Doubles(first, first + values.size());
}

Counts counts_of(const py::object& object) {
  const Doubles flat = doubles(object);
  const auto part = [&, size = flat.size() / 4](std::size_t i) {
    const auto first = flat.begin() + static_cast<std::ptrdiff_t>(i * size);
    return Doubles(first, first + static_cast<std::ptrdiff_t>(size));
  };
  return {part(0), part(1), part(2), part(3)};
}

py::array array_of_counts(const Counts& c) {
  Doubles flat;
  for (const Doubles* part : {&c.tp, &c.fp, &c.fn, &c.tn}) flat.insert(flat.end(), part->begin(), part->end());
  return py::array_t<double>({py::ssize_t{4}, static_cast<py::ssize_t>(c.tp.size())}, flat.data());
}

/// One class against the rest, or an average over classes.
template <class Class, class Averaged>
double by(const ClassOrAverage& which, Class&& of_class, Averaged&& of_average) {
  const py::gil_scoped_release unlocked;
  if (const Index* positive = std::get_if<Index>(&which)) return of_class(*positive);
  return of_average(average_named(std::get<std::string>(which)));
}

py::dict dict_of(const Scores& s) {
  return py::dict("precision"_a = s.precision, "recall"_a = s.recall, "f1"_a = s.f1, "false_positive_rate"_a = s.false_positive_rate,
                  "roc_auc"_a = s.roc_auc, "average_precision"_a = s.average_precision);
}

py::array column(const MetricsReport& r, double Scores::* field) {
  Doubles values;
  for (const Scores& scores : r.classes) values.push_back(scores.*field);
  return array(values);
}

py::tuple parts_of(const MetricsReport& r) {
  py::dict out("rows"_a = r.rows, "accuracy"_a = r.accuracy, "baseline_accuracy"_a = r.baseline_accuracy, "priors"_a = array(r.priors),
               "confusion_matrix"_a = square(r.confusion_matrix, static_cast<Index>(r.classes.size())),
               "counts"_a = array_of_counts(r.counts), "precision"_a = column(r, &Scores::precision),
               "recall"_a = column(r, &Scores::recall), "f1"_a = column(r, &Scores::f1),
               "false_positive_rate"_a = column(r, &Scores::false_positive_rate), "roc_auc"_a = column(r, &Scores::roc_auc),
               "average_precision"_a = column(r, &Scores::average_precision), "macro"_a = dict_of(r.macro), "micro"_a = dict_of(r.micro),
               "weighted"_a = dict_of(r.weighted), "log_loss"_a = r.log_loss, "brier"_a = r.brier,
               "expected_calibration_error"_a = r.expected_calibration_error, "notes"_a = r.notes);
  return py::make_tuple(out, r.to_string());
}

}  // namespace

void bind_metrics(py::module_& m) {
  m.def(
      "class_priors",
      [](const py::object& y, Index classes, const py::object& weight) {
        const Compared c(y, classes, weight);
        return array(class_priors(c.y, c.weight));
      },
      "y"_a, "classes"_a, "sample_weight"_a);
  m.def(
      "confusion_matrix",
      [](const py::object& y, const py::object& predicted, Index classes, const py::object& weight) {
        const Compared c(y, classes, weight);
        return square(confusion_matrix(c.y, c.predicted(predicted), c.weight), classes);
      },
      "y"_a, "predicted"_a, "classes"_a, "sample_weight"_a);
  m.def(
      "normalized",
      [](const py::object& matrix, const std::string& how) {
        const py::array given = array_of(matrix, "not an array");
        return square(normalized(doubles(matrix), normalize_named(how)), given.shape(0));
      },
      "matrix"_a, "how"_a);
  m.def("counts", [](const py::object& matrix) { return array_of_counts(counts(doubles(matrix))); }, "matrix"_a);
  m.def(
      "rate",
      [](const std::string& name, const py::object& of, const std::optional<std::string>& average, double undefined,
         double beta) -> py::object {
        const Counts c = counts_of(of);
        const auto answer = [&](auto&& each) -> py::object {
          if (!average) return array(each(c, undefined));
          return py::float_(each(c, average_named(*average), undefined));
        };
        if (name == "precision") return answer([](const auto&... a) { return precision(a...); });
        if (name == "recall") return answer([](const auto&... a) { return recall(a...); });
        if (name == "false_positive_rate") return answer([](const auto&... a) { return false_positive_rate(a...); });
        return answer([&](const Counts& k, const auto&... a) { return f_beta(k, beta, a...); });
      },
      "name"_a, "counts"_a, "average"_a, "undefined"_a, "beta"_a = 1.0);
  m.def(
      "roc_curve",
      [](const py::object& y, Index classes, const py::object& scores, Index positive, const py::object& weight, bool drop_intermediate) {
        const Compared c(y, classes, weight);
        const RocCurve curve = roc_curve(c.y, Features(scores).view(), positive, c.weight, drop_intermediate);
        return py::make_tuple(array(curve.fpr), array(curve.tpr), array(curve.thresholds));
      },
      "y"_a, "classes"_a, "scores"_a, "positive"_a, "sample_weight"_a, "drop_intermediate"_a);
  m.def(
      "precision_recall_curve",
      [](const py::object& y, Index classes, const py::object& scores, Index positive, const py::object& weight, bool drop_intermediate) {
        const Compared c(y, classes, weight);
        const PrecisionRecallCurve curve = precision_recall_curve(c.y, Features(scores).view(), positive, c.weight, drop_intermediate);
        return py::make_tuple(array(curve.precision), array(curve.recall), array(curve.thresholds));
      },
      "y"_a, "classes"_a, "scores"_a, "positive"_a, "sample_weight"_a, "drop_intermediate"_a);
  m.def(
      "roc_auc",
      [](const py::object& y, Index classes, const py::object& object, const ClassOrAverage& which, const py::object& weight) {
        const Compared c(y, classes, weight);
        const Features scores(object);
        const auto figure = [&](auto k) { return roc_auc(c.y, scores.view(), k, c.weight); };
        return by(which, figure, figure);
      },
      "y"_a, "classes"_a, "scores"_a, "which"_a, "sample_weight"_a);
  m.def(
      "average_precision",
      [](const py::object& y, Index classes, const py::object& object, const ClassOrAverage& which, const py::object& weight) {
        const Compared c(y, classes, weight);
        const Features scores(object);
        const auto figure = [&](auto k) { return average_precision(c.y, scores.view(), k, c.weight); };
        return by(which, figure, figure);
      },
      "y"_a, "classes"_a, "scores"_a, "which"_a, "sample_weight"_a);
  m.def(
      "log_loss",
      [](const py::object& y, Index classes, const py::object& P, const py::object& weight) {
        const Compared c(y, classes, weight);
        return log_loss(c.y, Features(P).view(), c.weight);
      },
      "y"_a, "classes"_a, "P"_a, "sample_weight"_a);
  m.def(
      "brier",
      [](const py::object& y, Index classes, const py::object& P, const py::object& weight) {
        const Compared c(y, classes, weight);
        return brier(c.y, Features(P).view(), c.weight);
      },
      "y"_a, "classes"_a, "P"_a, "sample_weight"_a);
  m.def(
      "calibration_curve",
      [](const py::object& y, Index classes, const py::object& P, Index bins, const std::string& strategy, const py::object& weight) {
        const Compared c(y, classes, weight);
        const CalibrationCurve curve = calibration_curve(c.y, Features(P).view(), bins, bins_named(strategy), c.weight);
        return py::make_tuple(array(curve.prob_true), array(curve.prob_pred));
      },
      "y"_a, "classes"_a, "P"_a, "bins"_a, "strategy"_a, "sample_weight"_a);
  m.def(
      "expected_calibration_error",
      [](const py::object& y, Index classes, const py::object& P, Index bins, const std::string& strategy, const py::object& weight) {
        const Compared c(y, classes, weight);
        return expected_calibration_error(c.y, Features(P).view(), bins, bins_named(strategy), c.weight);
      },
      "y"_a, "classes"_a, "P"_a, "bins"_a, "strategy"_a, "sample_weight"_a);
  m.def(
      "metrics_report",
      [](const py::object& y, Index classes, const py::object& prediction, const py::object& weight, std::vector<std::string> names) {
        const Compared c(y, classes, weight);
        if (array_of(prediction, "not an array").ndim() == 1)
          return parts_of(report(c.y, c.predicted(prediction), c.weight, std::move(names)));
        return parts_of(report(c.y, Features(prediction).view(), c.weight, std::move(names)));
      },
      "y"_a, "classes"_a, "prediction"_a, "sample_weight"_a, "names"_a);
}

}  // namespace linclass::bindings
