/// Squared error on targets t = 2y - 1: loss = (t - z)^2, residual = 2 (z - t), curvature = 2.
#pragma once
#include "loss/loss.h"

namespace linclass::engine {

template <class T>
void squared(const Block<T>& b) {
  each_output(b, [](T& z, T y, T& loss, T& curvature) {
    const T error = z - (T(2) * y - T(1));
    loss += error * error;
    z = T(2) * error;
    curvature = T(2);
  });
}

}  // namespace linclass::engine
