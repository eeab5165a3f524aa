#include "solver/perceptron.h"

#include <algorithm>
#include <cmath>

#include "solver/sgd.h"

namespace linclass::engine {

void perceptron(DataObjective& objective, double* w, const Settings& settings, Monitor& monitor) {
  const Index K = objective.outputs, columns = objective.columns, features = objective.features();
  std::vector<double> v(static_cast<std::size_t>(K * features)), b(static_cast<std::size_t>(K)), b_gradient(b);
  for (Index k = 0; k < K; ++k) {
    for (Index j = 0; j < features; ++j) v[static_cast<std::size_t>(objective.place(k, j))] = w[k * columns + j];
    if (objective.has_intercept()) b[static_cast<std::size_t>(k)] = w[k * columns + features];
  }
  const auto read = [&] {
    for (Index k = 0; k < K; ++k) {
      for (Index j = 0; j < features; ++j) w[k * columns + j] = v[static_cast<std::size_t>(objective.place(k, j))];
      if (objective.has_intercept()) w[k * columns + features] = b[static_cast<std::size_t>(k)];
    }
  };
  Order order(settings);
  while (true) {
    double loss = 0;
    Index mistakes = 0;
    try {
      order.epoch(objective, 1, [&](const Rows& row) {
        loss += objective.residuals(row, v.data(), 1, b.data(), b_gradient.data());
        if (std::all_of(b_gradient.begin(), b_gradient.end(), [](double r) { return r == 0; })) return;
        mistakes += 1;
        objective.add(row, -1, v.data());
        if (objective.has_intercept())
          for (std::size_t k = 0; k < b.size(); ++k) b[k] -= b_gradient[k];
      });
    } catch (const Stopped&) {
      read();
      throw;
    }
    if (!std::isfinite(loss)) {
      if (!objective.data_are_finite()) throw NotFinite();
      return monitor.finish(Status::diverged);
    }
    read();
    double value = loss / static_cast<double>(objective.rows());
    if (settings.track_objective) value = objective.evaluate(w, nullptr);
    if (monitor.epoch(w, value, mistakes)) return monitor.evaluate_at_end(w);
  }
}

}  // namespace linclass::engine
