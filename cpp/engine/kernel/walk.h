/// Both products of a pass for one output, in one walk over the vectors:
///
///   z_i = w . x_i for the vectors of a strip,   g += sum_i r_i x_i for those of the strip before, whose residuals are known by then
///
/// One output is computed faster than memory answers. One product after the other would leave memory idle during the second; a walk asks it for as much
/// in every moment, and what it comes back to is near.
#pragma once
#include "kernel/products.h"

namespace linclass::engine {

/// Vectors of either strip at a time: their sums and residuals fill the registers.
constexpr int walk_vectors = vector_registers == 32 ? 8 : 4;

/// Vectors of a strip: two strips stay in the first-level cache where vectors are short, and the loss has some packets to work on.
template <class T, class V>
Index walk_strip(Index length) {
  const Index near = (12 << 10) / (static_cast<Index>(sizeof(V)) * length);
  return std::clamp<Index>(near, std::max(walk_vectors, packet_size<T>), 4 * packet_size<T>) / walk_vectors * walk_vectors;
}

/// z(i) = w . x_i for the vectors [first, first + strip), those from `count` on left out; g += sum_i r(i) x_i for the `strip` ones before them, g: whole
/// packets. Not inlined: all registers are for one variant.
template <bool side_by_side, class T, class V>
EIGEN_DONT_INLINE void walk(const Vectors<V>& x, Index first, Index strip, Index count, Index length, const T* w, T* z, const T* r, T* g) {
  constexpr int R = walk_vectors, S = packet_size<T>;
  const Index ahead = R + (8 << 10) / (static_cast<Index>(sizeof(V)) * length);
  for (Index i = first; i < first + strip; i += R) {
    const Ahead<R, S, V, side_by_side> coming(x, i + ahead, count);
    const Index begin = std::min(i, count - R);  // of what is left
    const V *next = x[begin], *last = x[i - strip];
    Packet<T> sums[R], residual[R];
    LINCLASS_UNROLL
    for (int q = 0; q < R; ++q) sums[q] = broadcast(T(0)), residual[q] = broadcast(r[i + q - first]);
    const auto step = [&](auto&& get, Index j) {
      const Packet<T> weight = get(w + j);
      Packet<T> gradient = load(g + j);
      LINCLASS_UNROLL
      for (int q = 0; q < R; ++q) {
        coming.fetch(q, j);
        sums[q] = multiply_add(get(next + q * x.stride + j), weight, sums[q]);
        gradient = multiply_add(get(last + q * x.stride + j), residual[q], gradient);
      }
      store(g + j, gradient);
    };
    Index j = 0;
    for (; j + S <= length; j += S) step([](const auto* p) { return load_as<T>(p); }, j);
    if (const int rest = static_cast<int>(length - j)) step([rest](const auto* p) { return load_partial_as<T>(p, rest); }, j);
    T apart[R], *scores = begin == i ? z + (i - first) : apart;
    LINCLASS_UNROLL
    for (int q = 0; q < R; q += 4) four_sums(sums[q], sums[q + 1], sums[q + 2], sums[q + 3], scores + q);
    if (begin < i)
      for (Index k = i; k < count; ++k) z[k - first] = scores[k - begin];
  }
}

}  // namespace linclass::engine
