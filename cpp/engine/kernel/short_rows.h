/// short_products of products.h, for the files that compile it: dot_products would mostly add up lanes. Two other ways.
///
///   lane_products:    outputs in the lanes, each number of X broadcast     many outputs
///   turned_products:  vectors in the lanes, which are turned before        few
#pragma once
#include "kernel/products.h"

namespace linclass::engine {

/// The first of these lanes are the scores of what is left of `count` vectors from i on.
template <class T>
inline void store_scores(const Packet<T>& scores, Index i, Index count, T* z) {
  constexpr Index S = packet_size<T>;
  if (i + S <= count) return store(z + i, scores);
  T lane[S];
  store(lane, scores);
  for (Index r = 0; i + r < count; ++r) z[i + r] = lane[r];
}

/// Packets of outputs in a tile of lane_products: the sums of S vectors, the weights and one number fill the registers.
template <class T>
constexpr int lane_tile_packets = (vector_registers - 1) / (packet_size<T> + 1);
/// Numbers in a packet times those of a vector: the weights beside each other stay in the first-level cache.
constexpr Index lane_numbers = 512;

/// Whether lane_products is the faster way, as measured: most lanes have an output, one tile has all of one packet or several packets, and dot_products
/// would walk a vector more than once.
template <class T>
bool prefers_lanes(Index K, Index length) {
  constexpr Index S = packet_size<T>;
  return S > 2 && broadcasts_from_memory<T> && 4 * K >= 3 * S && (K <= S || lane_tile_packets<T> > 1) && K > dot_tile_outputs &&
         S * length <= lane_numbers;
}

/// z(q, i) = w_q . x_i for S vectors from x_i and the outputs of P packets; w: length x (P packets). Not inlined: all registers are for one variant.
template <int P, bool side_by_side, class T, class V>
EIGEN_DONT_INLINE void lane_tile(const Vectors<V>& x, Index i, Index count, Index length, const T* w, Index outputs, T* z, Index ldz) {
  constexpr int S = packet_size<T>;
  const V* row[S];
  Packet<T> total[P][S];
  const Ahead<S, S, V, side_by_side> coming(x, i + page<V>(length, S), count);
  LINCLASS_UNROLL
  for (int r = 0; r < S; ++r) {
    row[r] = x[std::min(i + r, count - 1)];
    LINCLASS_UNROLL
    for (int p = 0; p < P; ++p) total[p][r] = broadcast(T(0));
  }
  for (Index start = 0; start < length; start += S) {
    LINCLASS_UNROLL
    for (int r = 0; r < S; ++r) coming.fetch(r, start);
    for (Index j = start; j < std::min(length, start + S); ++j) {
      Packet<T> weight[P];
      LINCLASS_UNROLL
      for (int p = 0; p < P; ++p) weight[p] = load(w + (j * P + p) * S);
      LINCLASS_UNROLL
      for (int r = 0; r < S; ++r) {
        const Packet<T> number = broadcast(static_cast<T>(row[r][j]));
        LINCLASS_UNROLL
        for (int p = 0; p < P; ++p) total[p][r] = multiply_add(weight[p], number, total[p][r]);
      }
    }
  }
  LINCLASS_UNROLL
  for (int p = 0; p < P; ++p) {
    Eigen::internal::PacketBlock<Packet<T>, S> lanes;
    LINCLASS_UNROLL
    for (int r = 0; r < S; ++r) lanes.packet[r] = total[p][r];
    Eigen::internal::ptranspose(lanes);
    LINCLASS_UNROLL
    for (int q = 0; q < S; ++q) {
      if (p * S + q < outputs) store_scores(lanes.packet[q], i, count, z + (p * S + q) * ldz);
    }
  }
}

/// lane_products for the outputs of P packets
template <int P, class T, class V>
void lane_outputs(const Vectors<V>& x, Index count, const T* w, Index ldw, Index outputs, Index length, T* z, Index ldz) {
  constexpr Index S = packet_size<T>;
  alignas(64) T beside[lane_numbers * P] = {};
  for (Index k = 0; k < outputs; ++k)
    for (Index j = 0; j < length; ++j) beside[j * P * S + k] = w[k * ldw + j];
  with_order(x, length, [&](auto order) {
    for (Index i = 0; i < count; i += S) lane_tile<P, decltype(order)::value>(x, i, count, length, beside, outputs, z, ldz);
  });
}

/// z(k, i) = w_k . x_i with the outputs in the lanes
template <class T, class V>
void lane_products(const Vectors<V>& x, Index count, const T* w, Index ldw, Index K, Index length, T* z, Index ldz) {
  constexpr Index S = packet_size<T>;
  each_tile<lane_tile_packets<T>>((K + S - 1) / S, [&](Index packet, auto packets) {
    constexpr int P = decltype(packets)::value;
    const Index first = packet * S;
    lane_outputs<P>(x, count, w + first * ldw, ldw, std::min(P * S, K - first), length, z + first * ldz, ldz);
  });
}

/// Outputs in a tile of turned_products, and packets of vectors: each weight is broadcast once for all of these, since loads are what it waits for.
constexpr int turned_tile_outputs = 10, turned_tile_packets = vector_registers == 32 ? 2 : 1;
template <class T>
constexpr int turned_tile_vectors = turned_tile_packets * packet_size<T>;

/// Numbers of a vector at most.
template <class T>
constexpr Index turned_numbers = std::max(64, 8 * packet_size<T>);

/// Whether turned_products is the faster way, as measured: short vectors, and outputs to share the turning, unless several packets of them would share each
/// number.
template <class T>
bool prefers_turned(Index K, Index length) {
  return K > 2 && length >= 4 && length <= turned_numbers<T> &&
         (K <= std::min(turned_tile_outputs, 2 * packet_size<T> - 1) || !prefers_lanes<T>(K, length));
}

/// z(c, r) = w_c . x_r for C outputs, w_c[j] at w[j * C + c], and all vectors that a tile holds. Not inlined: all registers are for one variant.
template <int C, bool side_by_side, class T, class V>
EIGEN_DONT_INLINE void turned_tile(const V* x, Index stride, Index ahead, Index length, const T* w, T* z, Index ldz) {
  constexpr int S = packet_size<T>, P = turned_tile_packets, R = turned_tile_vectors<T>, B = 4;
  const V* coming = x + ahead;
  const V* fourth[R / 4];
  Packet<T> total[P][C];
  LINCLASS_UNROLL
  for (int q = 0; q < R / 4; ++q) fourth[q] = x + 4 * q * stride;
  LINCLASS_UNROLL
  for (int p = 0; p < P; ++p) {
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) total[p][c] = broadcast(T(0));
  }
  const auto add = [&](int first) {  // of four numbers those from `first` on
    Packet<T> number[P][B];
    LINCLASS_UNROLL
    for (int p = 0; p < P; ++p) turn_four(fourth + p * S / 4, stride, number[p]);
    LINCLASS_UNROLL
    for (int b = 0; b < B; ++b, w += C) {
      if (b < first) continue;
      LINCLASS_UNROLL
      for (int c = 0; c < C; ++c) {
        const Packet<T> weight = broadcast_from(w + c);
        LINCLASS_UNROLL
        for (int p = 0; p < P; ++p) total[p][c] = multiply_add(number[p][b], weight, total[p][c]);
      }
    }
  };
  const auto advance = [&](Index numbers) {
    LINCLASS_UNROLL
    for (int q = 0; q < R / 4; ++q) fourth[q] += numbers;
  };
  const auto fetch = [&](Index j, Index numbers) {
    if (side_by_side) {  // memory answers sooner in the order of its addresses
      for (Index q = 0; q < R * numbers; q += line<V>) prefetch(coming + R * j + q);
    } else if (j % line<V> == 0) {
      LINCLASS_UNROLL
      for (int r = 0; r < R; ++r) prefetch(coming + r * stride + j);
    }
  };
  Index j = 0;
  for (; j + B <= length; j += B, advance(B)) {
    fetch(j, B);
    add(0);
  }
  if (const Index rest = length - j) {
    fetch(j, rest);
    advance(rest - B), w += (rest - B) * C;
    add(static_cast<int>(B - rest));
  }
  LINCLASS_UNROLL
  for (int c = 0; c < C; ++c) {
    LINCLASS_UNROLL
    for (int p = 0; p < P; ++p) store(z + c * ldz + p * S, total[p][c]);
  }
}

/// z(k, i) = w_k . x_i with the vectors in the lanes
template <class T, class V>
void turned_products(const Vectors<V>& x, Index count, const T* w, Index ldw, Index K, Index length, T* z, Index ldz) {
  constexpr int R = turned_tile_vectors<T>;
  alignas(64) T beside[turned_tile_outputs * turned_numbers<T>];
  each_tile<turned_tile_outputs>(K, [&](Index first, auto outputs) {
    constexpr int C = decltype(outputs)::value;
    for (int c = 0; c < C; ++c)
      for (Index j = 0; j < length; ++j) beside[j * C + c] = w[(first + c) * ldw + j];
    T* to = z + first * ldz;
    if (x.list || count < R) {  // brought together
      V rows[R * turned_numbers<T>];
      T scores[C * R];
      for (Index i = 0; i < count; i += R) {
        const Index some = std::min<Index>(R, count - i);
        for (Index r = 0; r < some; ++r) std::copy_n(x[i + r], length, rows + r * length);
        std::fill(rows + some * length, rows + R * length, V(0));
        turned_tile<C, true>(rows, length, 0, length, beside, scores, R);
        for (int c = 0; c < C; ++c) std::copy_n(scores + c * R, some, to + c * ldz + i);
      }
      return;
    }
    with_order(x, length, [&](auto order) {
      for (Index next = 0; next < count; next += R) {
        const Index i = std::min(next, count - R);  // the last ones may be met twice
        turned_tile<C, decltype(order)::value>(x[i], x.stride, 2 * page<V>(length, R) * x.stride, length, beside, to + i, ldz);
      }
    });
  });
}

template <class T, class V>
bool short_products(const Vectors<V>& x, Index count, const T* w, Index ldw, Index K, Index length, T* z, Index ldz) {
  if constexpr (packet_size<T> >= 4)
    if (prefers_turned<T>(K, length)) return turned_products(x, count, w, ldw, K, length, z, ldz), true;
  if (prefers_lanes<T>(K, length)) return lane_products(x, count, w, ldw, K, length, z, ldz), true;
  return false;
}

}  // namespace linclass::engine
