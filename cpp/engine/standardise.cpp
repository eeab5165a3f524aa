#include "standardise.h"

#include <algorithm>
#include <cmath>

namespace linclass::engine {

Standardisation::Standardisation(const DataObjective& data)
    : outputs_(data.outputs),
      features_(data.features()),
      columns_(data.columns),
      centre_(static_cast<std::size_t>(features_), 0.0),
      scale_(static_cast<std::size_t>(features_), 1.0),
      inverse_(scale_) {
  constexpr Index most = 1024, at_once = 16;
  const std::size_t d = static_cast<std::size_t>(features_);
  const Index n = data.problem().X.rows, count = std::min(n, most);
  std::vector<float> x(d * at_once);
  std::vector<double> sum(d, 0.0), square(d, 0.0);
  std::vector<Index> list(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) list[static_cast<std::size_t>(i)] = i * n / count + n / count / 2;

  // deviations from the first row: squares of large shifts would swallow the variance
  data.copy_rows({0, 1, list.data()}, centre_.data(), inverse_.data(), x.data(), features_);
  for (std::size_t j = 0; j < d; ++j) centre_[j] = data.has_intercept() && std::isfinite(x[j]) ? static_cast<double>(x[j]) : 0.0;
  for (Index first = 0; first < count; first += at_once) {
    const Rows rows = Rows{0, count, list.data()}.part(first, std::min(at_once, count - first));
    data.copy_rows(rows, centre_.data(), inverse_.data(), x.data(), features_);
    for (std::size_t i = 0; i < static_cast<std::size_t>(rows.count); ++i)
      for (std::size_t j = 0; j < d; ++j) {
        const double value = static_cast<double>(x[i * d + j]);
        sum[j] += value, square[j] += value * value;
      }
  }
  for (std::size_t j = 0; j < d; ++j) {
    const double mean = data.has_intercept() ? sum[j] / static_cast<double>(count) : 0.0;
    const double variance = square[j] / static_cast<double>(count) - mean * mean;
    if (!std::isfinite(variance)) continue;  // the first evaluation will tell
    centre_[j] += mean;
    scale_[j] = variance > 1e-12 * mean * mean && variance > 0 ? std::sqrt(variance) : 1.0;
    inverse_[j] = 1 / scale_[j];
  }
}

void Standardisation::parameters(const double* w, double* standard) const {
  for (Index k = 0; k < outputs_; ++k, w += columns_, standard += columns_) {
    double shift = 0;
    for (std::size_t j = 0; j < centre_.size(); ++j) {
      shift += centre_[j] * w[j];
      standard[j] = scale_[j] * w[j];
    }
    if (columns_ > features_) standard[features_] = w[features_] + shift;
  }
}

void Standardisation::parameters_back(const double* standard, double* w) const {
  for (Index k = 0; k < outputs_; ++k, w += columns_, standard += columns_) {
    double shift = 0;
    for (std::size_t j = 0; j < centre_.size(); ++j) {
      w[j] = inverse_[j] * standard[j];
      shift += centre_[j] * w[j];
    }
    if (columns_ > features_) w[features_] = standard[features_] - shift;
  }
}

void Standardisation::gradient(const double* g, double* standard) const {
  for (Index k = 0; k < outputs_; ++k, g += columns_, standard += columns_) {
    const double gb = columns_ > features_ ? g[features_] : 0.0;
    for (std::size_t j = 0; j < centre_.size(); ++j) standard[j] = (g[j] - centre_[j] * gb) * inverse_[j];
    if (columns_ > features_) standard[features_] = gb;
  }
}

void Standardisation::gradient_back(const double* standard, double* g) const {
  for (Index k = 0; k < outputs_; ++k, g += columns_, standard += columns_) {
    const double gb = columns_ > features_ ? standard[features_] : 0.0;
    for (std::size_t j = 0; j < centre_.size(); ++j) g[j] = scale_[j] * standard[j] + centre_[j] * gb;
    if (columns_ > features_) g[features_] = gb;
  }
}

double Standardisation::farthest() const {
  double most = 0;
  for (std::size_t j = 0; j < centre_.size(); ++j) most = std::max(most, std::abs(centre_[j]) * inverse_[j]);
  return most;
}

std::vector<double> Standardisation::penalty_scale(const PenaltyTerms& penalty) const {
  std::vector<double> c(inverse_);
  for (std::size_t j = 0; j < c.size(); ++j) c[j] *= penalty.c[j];
  return c;
}

}  // namespace linclass::engine
