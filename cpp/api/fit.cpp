/// fit and minimize: check, call the engine, wrap the result.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "calls.h"
#include "load.h"
#include "report.h"
#include "shape.h"
#include "validate.h"

namespace linclass {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Labels of an indicator matrix that are the same in every row: P falls for ever as their intercept grows, so they are set aside
/// and answered with weights 0 and an intercept of +-37, where sigma is 0 or 1 to the last bit of a double. Outputs are independent
/// there, so the others do not notice.
class ConstantLabels {
 public:
  explicit ConstantLabels(Problem& problem) : all_(shape_of(problem)) {
    const bool unbounded = problem.loss == Loss::logistic || problem.loss == Loss::squared_sigmoid;
    if (problem.y.codes || !unbounded || !problem.fit_intercept) return;
    problem.y.type == Type::float32 ? find<float>(problem) : find<double>(problem);
  }

  bool any() const { return kept_.size() < value_.size(); }

  /// Rows of w of the labels that vary.
  std::vector<double> reduced(const std::vector<double>& w) const {
    if (!any()) return w;
    std::vector<double> out;
    for (const std::size_t k : kept_) out.insert(out.end(), w.begin() + row(k), w.begin() + row(k + 1));
    return out;
  }

  /// w of all labels.
  std::vector<double> restored(const double* w) const {
    std::vector<double> out(all_.size(), 0.0);
    for (std::size_t k = 0; k < value_.size(); ++k) out[static_cast<std::size_t>(row(k + 1)) - 1] = value_[k] > 0.5 ? 37 : -37;
    for (std::size_t i = 0; i < kept_.size(); ++i) std::copy(w + row(i), w + row(i + 1), out.begin() + row(kept_[i]));
    return out;
  }

  std::string note() const {
    std::string out = "labels that are the same in every row get weights 0 and an intercept of +-37:";
    for (std::size_t k = 0; k < value_.size(); ++k) {
      if (!std::binary_search(kept_.begin(), kept_.end(), k))
        out += " column " + std::to_string(k) + " of y is " + (value_[k] > 0.5 ? "1;" : "0;");
    }
    out.pop_back();
    return out;
  }

 private:
  template <class T>
  void find(Problem& problem) {
    const Targets y = problem.y;
    const auto at = [&](Index i, std::size_t k) { return static_cast<const T*>(y.matrix)[i * y.stride + static_cast<Index>(k)]; };
    const auto counts = [&](Index i) { return !problem.sample_weight || problem.sample_weight[i] > 0; };
    Index first = 0;
    while (!counts(first)) ++first;
    for (std::size_t k = 0; k < static_cast<std::size_t>(y.classes); ++k) {
      const T value = at(first, k);
      bool varies = value != 0 && value != 1;
      for (Index i = first; i < y.rows && !varies; ++i) varies = counts(i) && at(i, k) != value;
      value_.push_back(static_cast<double>(value));
      if (varies) kept_.push_back(k);
    }
    if (!any()) return;
    check_labels_vary(static_cast<Index>(kept_.size()));
    std::vector<T>& copy = columns(T{});
    copy.reserve(kept_.size() * static_cast<std::size_t>(y.rows));
    for (Index i = 0; i < y.rows; ++i) {
      for (const std::size_t k : kept_) copy.push_back(at(i, k));
    }
    problem.y = indicator(copy.data(), y.rows, static_cast<Index>(kept_.size()));
  }

  std::ptrdiff_t row(std::size_t k) const { return static_cast<std::ptrdiff_t>(k) * static_cast<std::ptrdiff_t>(all_.columns()); }
  std::vector<float>& columns(float) { return float_columns_; }
  std::vector<double>& columns(double) { return double_columns_; }

  Shape all_;
  std::vector<std::size_t> kept_{};  ///< columns of y that vary
  std::vector<double> value_{};      ///< of each column in its first row
  std::vector<float> float_columns_{};
  std::vector<double> double_columns_{};
};

}  // namespace

Fit fit(const Problem& asked, const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  const Problem whole = checked(asked, Purpose::fit, options.solver, checked_threads(options.threads));
  const Options settings = checked(options, whole);

  Problem problem = whole;
  const ConstantLabels constant(problem);
  std::vector<double> w = constant.reduced(start_parameters(settings, shape_of(whole).size()));
  std::vector<double> history;

  Calls calls;
  calls.poll = settings.poll;
  calls.iteration = [&](const State& state) {
    history.push_back(state.objective);
    if (!settings.callback) return false;
    if (!constant.any()) return settings.callback(state);
    const std::vector<double> restored = constant.restored(state.w);
    State seen = state;
    seen.w = restored.data(), seen.size = static_cast<Index>(restored.size());
    return settings.callback(seen);
  };
  const engine::Host host = calls.host();
  engine::Outcome outcome{};
  engine::Message message{};
  const engine::Code code = engine_table().fit(&problem, &settings, w.data(), &host, &outcome, &message);
  const bool invalid = code == engine::Code::invalid;  // values were checked before: what is left is a first objective that is not finite
  const bool finite = std::all_of(w.begin(), w.end(), [](double number) { return std::isfinite(number); });
  if (invalid || !finite || (code == engine::Code::ok && outcome.status == Status::diverged)) check_finite(problem.X);
  if (invalid) scores_overflow();
  calls.check(code, message);

  Fit result;
  result.report = report_of(outcome, settings, Subject::data, std::move(history), seconds_since(begin));
  if (constant.any()) {
    w = constant.restored(w.data());
    result.report.copies = 1;
    result.report.notes.push_back(constant.note());
  }
  result.model = model_of(whole, w.data());
  return result;
}

Minimum minimize(const Function& function, std::vector<double> start, const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  Options settings = options;
  settings.initial = std::move(start);
  settings = checked_for_minimize(std::move(settings), settings.initial.size());

  Minimum result;
  result.w = settings.initial;
  std::vector<double> history;
  Calls calls;
  calls.poll = settings.poll;
  calls.function = function;
  calls.iteration = [&](const State& state) {
    history.push_back(state.objective);
    return settings.callback && settings.callback(state);
  };
  const engine::Host host = calls.host();
  engine::Outcome outcome{};
  engine::Message message{};
  const engine::Code code =
      engine_table().minimize(static_cast<Index>(result.w.size()), &settings, result.w.data(), &host, &outcome, &message);
  calls.check(code, message);
  result.report = report_of(outcome, settings, Subject::function, std::move(history), seconds_since(begin));
  return result;
}

}  // namespace linclass
