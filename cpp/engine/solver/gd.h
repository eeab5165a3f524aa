/// Batch gradient descent, proximal where there is l1: w <- prox(w - eta gradient). The rate is constant, or adaptive: it grows while the
/// objective falls; when it rises, the step is taken back and the rate halved.
#pragma once
#include "solver/monitor.h"

namespace linclass::engine {

void gd(Objective& objective, double* w, const Settings& settings, Monitor& monitor);

}  // namespace linclass::engine
