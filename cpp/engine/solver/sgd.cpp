#include "solver/sgd.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "simd/math.h"

namespace linclass::engine {
namespace {

template <class Numbers = std::vector<double>>
Numbers zeros(Index n) {
  return Numbers(static_cast<std::size_t>(n));
}

}  // namespace

Sgd::Sgd(Index outputs, Index features, bool intercept, const PenaltyTerms& penalty, const Settings& settings, const double* w)
    : outputs_(outputs),
      features_(features),
      intercept_(intercept),
      penalty_(penalty),
      settings_(settings),
      lazy_(settings.update == Update::plain &&
            std::all_of(penalty.c.begin(), penalty.c.begin() + features, [](double c) { return c == 1; })),
      v_(zeros<Aligned<double>>(outputs * features)),
      b_(zeros(outputs)),
      b_gradient_(zeros(outputs)),
      order_(settings),
      rate_(settings.learning_rate),
      last_mean_(std::numeric_limits<double>::infinity()) {
  place_.resize(v_.size());
  std::iota(place_.begin(), place_.end(), Index{0});
  for (Index k = 0; k < outputs; ++k) {
    std::copy_n(w + k * columns(), features, v_.begin() + k * features);
    if (intercept) b_[static_cast<std::size_t>(k)] = w[k * columns() + features];
  }
  if (lazy_) return;
  gradient_ = first_ = second_ = c_ = zeros<Aligned<double>>(outputs * features);
  b_first_ = b_second_ = zeros(outputs);
  for (Index k = 0; k < outputs; ++k) std::copy_n(penalty.c.begin(), features, c_.begin() + k * features);
}

void Sgd::adopt(const Minibatches& data) {
  std::vector<Index> place(place_.size());
  for (Index k = 0; k < outputs_; ++k)
    for (Index j = 0; j < features_; ++j) place[static_cast<std::size_t>(k * features_ + j)] = data.place(k, j);
  settle_all();
  if (penalty_.l1 > 0 && lazy_) settled_.assign(static_cast<std::size_t>(data.sparse() ? features_ : 1), debt_);
  if (place == place_) return;
  for (Aligned<double>* array : {&v_, &first_, &second_, &c_}) {
    if (array->empty()) continue;
    Aligned<double> moved(array->size());
    for (std::size_t i = 0; i < place.size(); ++i)
      moved[static_cast<std::size_t>(place[i])] = (*array)[static_cast<std::size_t>(place_[i])];
    array->swap(moved);
  }
  place_.swap(place);
}

double Sgd::rate_now() const {
  switch (settings_.schedule) {
    case Schedule::inverse: return rate_ / std::pow(1 + settings_.decay * static_cast<double>(steps_), settings_.power);
    case Schedule::step:
    case Schedule::adaptive: return rate_ * decrease_;
    default: return rate_;
  }
}

double Sgd::epoch(Minibatches& data) {
  if (settings_.schedule == Schedule::step)
    decrease_ = std::pow(settings_.factor, std::floor(static_cast<double>(epochs_) / settings_.step_epochs));
  loss_ = 0;
  std::fill(gradient_.begin(), gradient_.end(), 0.0);  // where an epoch was stopped
  order_.epoch(data, settings_.batch_size, [&](const Rows& batch) {
    lazy_ ? plain_step(data, batch, rate_now()) : full_step(data, batch, rate_now());
    steps_ += 1;
  });
  epochs_ += 1;
  const double mean = loss_ / static_cast<double>(data.rows());
  if (settings_.schedule == Schedule::adaptive && !(mean < last_mean_)) decrease_ *= settings_.factor;
  last_mean_ = mean;
  return mean;
}

void Sgd::plain_step(Minibatches& data, const Rows& batch, double rate) {
  if (penalty_.l1 > 0) {
    if (data.sparse()) {
      data.stored_columns(batch, columns_);
      for (const Index j : columns_) {
        const double owed = debt_ - settled_[static_cast<std::size_t>(j)];
        if (owed == 0) continue;
        for (Index k = 0; k < outputs_; ++k) {
          double& v = v_[static_cast<std::size_t>(data.place(k, j))];
          v = soft_threshold(v, owed);
        }
        settled_[static_cast<std::size_t>(j)] = debt_;
      }
    } else {
      settle_all();
    }
  }
  loss_ += data.residuals(batch, v_.data(), factor_, b_.data(), b_gradient_.data());
  const double shrink = 1 - rate * penalty_.l2, share = rate / static_cast<double>(batch.count);
  if (factor_ * std::abs(shrink) < 1e-6 || shrink <= 0) {  // before v grows out of range
    settle_all();
    for (double& v : v_) v *= factor_ * shrink;
    factor_ = 1;
    debt_ = 0;
    std::fill(settled_.begin(), settled_.end(), 0.0);
  } else {
    factor_ *= shrink;
  }
  data.add(batch, -share / factor_, v_.data());
  debt_ += rate * penalty_.l1 / factor_;
  if (intercept_)
    for (Index k = 0; k < outputs_; ++k) b_[static_cast<std::size_t>(k)] -= share * b_gradient_[static_cast<std::size_t>(k)];
}

void Sgd::settle_all() {
  if (settled_.empty()) return;
  for (std::size_t i = 0; i < v_.size(); ++i) {
    const std::size_t column = settled_.size() == 1 ? 0 : i % static_cast<std::size_t>(features_);
    double& v = v_[static_cast<std::size_t>(place_[i])];
    v = soft_threshold(v, debt_ - settled_[column]);
  }
  std::fill(settled_.begin(), settled_.end(), debt_);
}

void Sgd::full_step(Minibatches& data, const Rows& batch, double rate) {
  const double mu = settings_.momentum, nu = settings_.beta2, t = static_cast<double>(steps_ + 1);
  const double correct_first = 1 / (1 - std::pow(mu, t)), correct_second = 1 / (1 - std::pow(nu, t));
  switch (settings_.update) {
    case Update::plain: return step(data, batch, rate, [](double g, double&, double&) { return g; });
    case Update::momentum: return step(data, batch, rate, [=](double g, double& v, double&) { return v = mu * v + g; });
    case Update::nesterov: return step(data, batch, rate, [=](double g, double& v, double&) { return g + mu * (v = mu * v + g); });
    case Update::adam:
      return step(data, batch, rate, [=](double g, double& m, double& v) {
        m = mu * m + (1 - mu) * g;
        v = nu * v + (1 - nu) * g * g;
        return m * correct_first / (std::sqrt(v * correct_second) + 1e-8);
      });
  }
}

/// Every parameter by -rate * direction(gradient, its two moments), then the proximal step.
template <class Direction>
void Sgd::step(Minibatches& data, const Rows& batch, double rate, const Direction& direction) {
  loss_ += data.residuals(batch, v_.data(), 1, b_.data(), b_gradient_.data());
  const double share = 1 / static_cast<double>(batch.count), l2 = penalty_.l2, threshold = rate * penalty_.l1;
  const auto move = [&](Index first, Index count) {
    double *v = v_.data() + first, *gradient = gradient_.data() + first, *m1 = first_.data() + first, *m2 = second_.data() + first;
    const double* c = c_.data() + first;
    LINCLASS_INDEPENDENT
    for (Index i = 0; i < count; ++i) {
      const double g = gradient[i] + l2 * c[i] * c[i] * v[i];
      v[i] = soft_threshold(v[i] - rate * direction(g, m1[i], m2[i]), threshold * c[i]);
      gradient[i] = 0;
    }
  };
  data.add(batch, share, gradient_.data(), std::ref(move));
  if (intercept_)
    for (std::size_t k = 0; k < b_.size(); ++k) b_[k] -= rate * direction(share * b_gradient_[k], b_first_[k], b_second_[k]);
}

void Sgd::read(double* w) {
  settle_all();
  for (Index k = 0; k < outputs_; ++k) {
    for (Index j = 0; j < features_; ++j)
      w[k * columns() + j] = factor_ * v_[static_cast<std::size_t>(place_[static_cast<std::size_t>(k * features_ + j)])];
    if (intercept_) w[k * columns() + features_] = b_[static_cast<std::size_t>(k)];
  }
}

double default_rate(DataObjective& data, const Settings& settings) {
  return settings.update == Update::adam ? 0.001 : 4 / data.mean_square_norm();
}

void sgd(DataObjective& objective, double* w, const Settings& settings, Monitor& monitor) {
  const Index size = objective.size();
  Sgd state(objective.outputs, objective.features(), objective.has_intercept(), objective.penalty, settings, w);
  state.adopt(objective);
  if (!state.has_rate()) state.set_rate(default_rate(objective, settings));
  std::vector<double> now(static_cast<std::size_t>(size));
  while (true) {
    double mean = 0;
    try {
      mean = state.epoch(objective);
    } catch (const Stopped&) {
      state.read(w);
      throw;
    }
    state.read(now.data());
    double value = mean + objective.penalty.value(now.data(), objective.outputs);
    if (!std::isfinite(value) || !std::all_of(now.begin(), now.end(), [](double x) { return std::isfinite(x); })) {
      if (!objective.data_are_finite()) throw NotFinite();
      return monitor.finish(Status::diverged);
    }
    std::copy(now.begin(), now.end(), w);
    if (settings.track_objective) value = objective.evaluate(w, nullptr) + objective.penalty.l1_value(w, objective.outputs);
    if (monitor.epoch(w, value, -1)) return monitor.evaluate_at_end(w);
  }
}

}  // namespace linclass::engine
