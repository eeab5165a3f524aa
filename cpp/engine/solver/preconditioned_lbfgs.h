/// L-BFGS that begins where others end: at the optimum of a sample of the rows, with the curvature of a sample of the uncertain rows as H0
/// (preconditioner.h). A pass over the data is spent only on what the samples cannot know.
///
///   1. w: the optimum of n/16 or more rows, stratified by class, found by the same methods in float32.
///   2. H0 at w: Newton's directions on a sample where a small one knows enough (sampled_newton.h), else blocks of the Hessian; then L-BFGS, whose first steps of
///      length 1 are nearly always accepted: one fused read each.
///   3. H0 anew, from rows drawn by curvature, when it has served for a few times its cost.
///   4. Passes on rounded data (rounded.h) until the certificate may hold; the certificate itself, and what follows a refusal, on the data as they are.
#pragma once
#include "solver/choose.h"
#include "solver/monitor.h"

namespace linclass::engine {

void preconditioned_lbfgs(DataObjective& objective, double* w, const Settings& settings, const Choice& choice, Monitor& monitor);

}  // namespace linclass::engine
