/// Rosenblatt's rule (Psychological Review 65, 1958): one sample at a time, W and b move by the residual of the perceptron loss, which is
/// nonzero on mistakes alone (a tie is one): w <- w + (2y - 1) x; for more classes w_y <- w_y + x, w_j <- w_j - x with j the best rival.
#pragma once
#include "solver/monitor.h"

namespace linclass::engine {

void perceptron(DataObjective& objective, double* w, const Settings& settings, Monitor& monitor);

}  // namespace linclass::engine
