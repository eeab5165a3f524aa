#include "data_objective.h"

#include <algorithm>
#include <cmath>

#include "data/scan.h"
#include "data/visit.h"

namespace linclass::engine {

double Objective::stationarity(const double* subgradient) {
  double largest = 0;
  for (Index i = 0; i < size(); ++i)
    if (largest == largest && !(std::abs(subgradient[i]) <= largest)) largest = std::abs(subgradient[i]);
  return largest;
}

DataObjective::DataObjective(const Problem& problem, Index outputs, double mean_weight)
    : CurvedObjective(outputs, problem.X.columns + (problem.fit_intercept ? 1 : 0),
                      PenaltyTerms(problem.penalty, problem.X.columns, problem.fit_intercept)),
      problem_(problem),
      features_(problem.X.columns),
      mean_weight_(mean_weight) {}

const std::vector<double>& DataObjective::scales() {
  if (scales_.empty()) {
    scales_.assign(static_cast<std::size_t>(columns), 1.0);
    column_rms(scales_.data());
  }
  return scales_;
}

double DataObjective::stationarity(const double* subgradient) {
  const std::vector<double>& rms = scales();
  double largest = 0;
  for (Index k = 0, i = 0; k < outputs; ++k)
    for (Index j = 0; j < columns; ++j, ++i) {
      const double scale = rms[static_cast<std::size_t>(j)], g = std::abs(subgradient[i]);
      if (scale > 0 && largest == largest && !(g / scale <= largest)) largest = g / scale;  // a column of zeros has no gradient; NaN stays
    }
  const double residual_rms = at_zero().residual_rms;
  return residual_rms > 0 ? largest / residual_rms : largest;
}

double DataObjective::mean_square_norm() {
  double total = 1;
  for (Index j = 0; j < features_; ++j) total += scales()[static_cast<std::size_t>(j)] * scales()[static_cast<std::size_t>(j)];
  return total;
}

void DataObjective::complete_gradient(double* gradient) const {
  const Index free = free_outputs();
  if (free == outputs) return;
  double* last = gradient + free * columns;
  std::fill_n(last, features_, 0.0);
  for (Index k = 0; k < free; ++k)
    for (Index j = 0; j < features_; ++j) last[j] -= gradient[k * columns + j];
}

bool DataObjective::data_are_finite() const { return first_nonfinite(problem_.X).row < 0; }

double mean_weight(const Problem& problem) {
  if (!problem.sample_weight) return 1;
  double total = 0;
  for (Index i = 0; i < problem.X.rows; ++i) total += problem.sample_weight[i];
  return total / static_cast<double>(problem.X.rows);
}

std::unique_ptr<DataObjective> make_objective(const Problem& problem, Index outputs, double mean_weight) {
  return visit(problem.X, [&](const auto& x) { return make_pass(x, problem, outputs, mean_weight); });
}

std::unique_ptr<DataObjective> make_widened(const Problem& problem, Index outputs, double mean_weight) {
  if (problem.X.type != Type::float32) return nullptr;
  return visit_as<double, float>(problem.X, [&](const auto& x) { return make_pass(x, problem, outputs, mean_weight); });
}

}  // namespace linclass::engine
