/// Newton's method with a Cholesky factor of the full Hessian, for few parameters: value, gradient and Hessian come from one fused read of X,
/// and a handful of steps reaches the limit of the arithmetic whatever the scales and correlations of the columns (Boyd and Vandenberghe,
/// Convex Optimization, section 9.5).
///
/// The Hessian is brought to unit diagonal before it is factored (Jacobi scaling), so badly scaled columns cost no accuracy. Where it is
/// singular (no penalty and dependent columns, or softmax without one, whose outputs may shift together) the factor takes the smallest ridge that makes it
/// definite, and the step is then of nearly least norm.
#pragma once
#include <Eigen/Core>

#include "solver/lbfgs.h"

namespace linclass::engine {

void newton_cholesky(DataObjective& objective, double* w, const Settings& settings, Monitor& monitor);

/// Newton's steps from w until done(iterate), asked before each step (so also at the start), is true; false when no step lowers the objective any more.
bool newton(DataObjective& objective, double* w, const std::function<bool(const Iterate&)>& done);

}  // namespace linclass::engine
