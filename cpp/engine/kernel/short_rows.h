/// Scores of rows of few columns, where dot_products would mostly add up lanes: two other ways.
///
///   lane_products:        outputs in the lanes, each number of X broadcast     many outputs
///   turned_dot_products:  vectors in the lanes, which are turned before        few
#pragma once
#include "kernel/products.h"

namespace linclass::engine {

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
      if (p * S + q >= outputs) continue;
      T* to = z + (p * S + q) * ldz + i;
      if (i + S <= count) {
        store(to, lanes.packet[q]);
      } else {
        T lane[S];
        store(lane, lanes.packet[q]);
        std::copy_n(lane, count - i, to);
      }
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

/// Whether turned_dot_products is the faster way, as measured: sums across the lanes of long packets, one an output, cost more than turning the few
/// packets of a vector.
template <class T>
bool prefers_turned(Index K, Index length) {
  constexpr Index S = packet_size<T>;
  const Index packets = (length + S - 1) / S;
  return S >= 8 && K > 2 * packets && packets <= 16;
}

/// z(k, i) += w_k . x_i with the vectors in the lanes: a strip of them is turned and then combined, with the weights as coefficients.
template <class T, class V>
void turned_dot_products(const Vectors<V>& x, Index count, const T* w, Index ldw, Index K, Index length, T* z, Index ldz) {
  constexpr Index S = packet_size<T>, numbers = (32 << 10) / sizeof(T);  // they stay in the first-level cache
  alignas(64) T strip[numbers];
  const Index padded = (length + S - 1) / S * S, most = numbers / padded / S * S;
  for (Index start = 0; start < count; start += most) {
    const Index rows = std::min(most, count - start);
    with_order(x, length, [&](auto order) {
      for (Index i = 0; i < rows; i += S)
        turn<decltype(order)::value, T>(x, start + i, count, length,
                                        [&](Index j, const Packet<T>& turned) { store(strip + j * most + i, turned); });
    });
    combine(Vectors<T>{strip, most, nullptr}, length, Fetch::nothing, 0, rows, w, ldw, K, T(1), z + start, ldz);
  }
}

}  // namespace linclass::engine
