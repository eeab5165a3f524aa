#include "solver/gd.h"

#include <algorithm>
#include <cmath>

namespace linclass::engine {

void gd(Objective& objective, double* w, const Settings& settings, Monitor& monitor) {
  const Index n = objective.size(), K = objective.outputs;
  const bool adaptive = settings.schedule != Schedule::constant;
  std::vector<double> gradient(static_cast<std::size_t>(n)), trial(gradient), trial_gradient(gradient);

  double smooth = objective.evaluate(w, gradient.data());
  if (monitor.start(w, smooth, gradient.data())) return;
  double value = smooth + objective.penalty.l1_value(w, K);
  double rate = settings.learning_rate > 0 ? settings.learning_rate : 1 / objective.mean_square_norm();
  int refused = 0;  // in a row; each costs a read, and 100 halvings leave nothing of any rate (at a kink they would go on for ever)
  while (true) {
    for (std::size_t i = 0; i < trial.size(); ++i) trial[i] = w[i] - rate * gradient[i];
    objective.penalty.prox(trial.data(), K, rate);
    const double trial_smooth = objective.evaluate(trial.data(), trial_gradient.data());
    const double trial_value = trial_smooth + objective.penalty.l1_value(trial.data(), K);
    if (adaptive && !(trial_value <= value)) {
      rate *= 0.5;
      if (++refused == 100 || std::equal(trial.begin(), trial.end(), w)) return monitor.stalled(w);
      continue;
    }
    if (!std::isfinite(trial_value)) return monitor.finish(Status::diverged);
    std::copy(trial.begin(), trial.end(), w);
    gradient.swap(trial_gradient);
    value = trial_value;
    refused = 0;
    if (adaptive) rate *= 1.2;
    if (monitor.iteration(w, trial_smooth, gradient.data())) return;
  }
}

}  // namespace linclass::engine
