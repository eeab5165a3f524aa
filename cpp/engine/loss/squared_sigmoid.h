/// Squared error through the sigmoid, p = sigma(z): loss = (y - p)^2, residual = 2 (p - y) p (1 - p),
/// curvature = 2 p (1 - p) (p (1 - p) + (p - y) (1 - 2 p)), which is negative for confident mistakes: not convex.
#pragma once
#include "loss/loss.h"
#include "simd/math.h"

namespace linclass::engine {

template <class T>
void squared_sigmoid(const Block<T>& b) {
  each_sigmoid(b, [](T& z, T y, T& loss, T& curvature, T e) {
    const bool negative = z < T(0);
    const T inverse = T(1) / (T(1) + e);
    const T p = (negative ? e : T(1)) * inverse, q = (negative ? T(1) : e) * inverse;
    const T error = p * (T(1) - y) - q * y, slope = p * q;
    loss += error * error;
    z = T(2) * error * slope;
    curvature = T(2) * slope * (slope + error * (q - p));
  });
}

}  // namespace linclass::engine
