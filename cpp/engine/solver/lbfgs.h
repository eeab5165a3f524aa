/// Limited-memory BFGS, the textbook method (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 7.5), and for l1 its
/// orthant-wise form OWL-QN with the minimum-norm subgradient (Andrew and Gao, ICML 2007).
#pragma once
#include "solver/monitor.h"

namespace linclass::engine {

/// w: the start, then always the last accepted point.
void lbfgs(Objective& objective, double* w, const Settings& settings, Monitor& monitor);

}  // namespace linclass::engine
