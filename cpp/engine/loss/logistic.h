/// Logistic loss, the negative log-likelihood of a Bernoulli variable with p = sigma(z):
///   loss = log(1 + exp(z)) - y z,  residual = p - y,  curvature = p (1 - p).
/// With e = exp(-|z|) nothing overflows, and p, 1 - p are both to full relative accuracy.
#pragma once
#include "loss/loss.h"
#include "simd/math.h"

namespace linclass::engine {

template <class T>
void logistic(const Block<T>& b) {
  each_sigmoid(b, [](T& z, T y, T& loss, T& curvature, T e) {
    const bool negative = z < T(0);
    const T inverse = T(1) / (T(1) + e);
    const T p = (negative ? e : T(1)) * inverse, q = (negative ? T(1) : e) * inverse;
    loss += (negative ? T(0) : z) - y * z + log1p_up_to_1(e);
    z = p * (T(1) - y) - q * y;
    curvature = p * q;
  });
}

}  // namespace linclass::engine
