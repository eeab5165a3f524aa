/// The two skinny products behind every pass, on a list of vectors x_i (rows of a row-major X, or columns of a column-major one):
///
///   dot_products:  out(k, i) += w_k . x_i            scores of row-major rows; gradient of column-major columns
///   combine:       out(k, j) += sum_i r(k, i) x_ij   gradient of row-major rows; scores of column-major columns
///
/// Vectors hold numbers of V, arithmetic is in T: the same type, or float and double. K (the number of outputs) is small, so tiles of outputs are
/// held in registers and each x is loaded once a tile. The order of every sum is a function of the sizes alone.
#pragma once
#include <algorithm>
#include <utility>

#include "linclass/data.h"
#include "simd/packet.h"
#include "simd/tiles.h"

namespace linclass::engine {

/// Vector i starts at base + (list ? list[i] : i) * stride.
template <class V>
struct Vectors {
  const V* base;
  Index stride;
  const Index* list;
  const V* operator[](Index i) const { return base + (list ? list[i] : i) * stride; }
};

/// What to fetch for R vectors from number i on, packet by packet of S numbers, while R others are at work. Where vectors lie side by side, memory is
/// asked for in the order of its addresses, whatever the order of the work: it answers R places at once a fifth to a third slower.
template <int R, int S, class V>
struct Ahead {
  const V* from[R];
  Index step;
  /// Numbers [begin, end) of `count` vectors; behind the last of them the next block follows, unless there is a list.
  Ahead(const Vectors<V>& x, Index i, Index count, Index begin, Index end) {
    const bool in_order = !x.list && x.stride == end - begin;
    step = in_order ? R : 1;
    LINCLASS_UNROLL
    for (int r = 0; r < R; ++r)
      from[r] = in_order ? x.base + i * x.stride + r * S : x.list ? x[std::min(i + r, count - 1)] : x.base + (i + r) * x.stride;
  }
  void fetch(int r, Index j) const { prefetch(from[r] + step * j); }
};
/// Whole vectors, S at a time, about a page behind number i.
template <int S, class V>
Ahead<S, S, V> page_ahead(const Vectors<V>& x, Index i, Index count, Index length) {
  return {x, i + std::max<Index>(1, 4096 / (static_cast<Index>(sizeof(V)) * S * length)) * S, count, 0, length};
}

/// Outputs in one tile. dot_products shares each weight among R vectors, combine shares each vector among C outputs.
constexpr int dot_tile_outputs = vector_registers == 32 ? 6 : 3;
constexpr int combine_tile_outputs = 5;

/// The length of nearly equal parts: multiples of `unit`, about `most` at most.
inline Index even_part(Index length, Index most, Index unit) {
  const Index parts = std::max<Index>(1, (length + most - 1) / most);
  return (length + parts * unit - 1) / (parts * unit) * unit;
}

/// R vectors from x_i against C rows of w at once: R * C sums, which stay in registers only where every loop over them is unrolled. Fetches F vectors,
/// `ahead` behind x_i.
template <int R, int C, int F, class T, class V, class Put>
inline void dot_tile(const Vectors<V>& x, Index i, Index count, Index ahead, const T* w, Index ldw, Index begin, Index end,
                     const Put& put) {
  static_assert((R == 4 || R == 1) && F <= R);
  constexpr int S = packet_size<T>;
  Packet<T> total[C][R];
  const V* row[R];
  const Ahead<F, S, V> coming(x, i + ahead, count, begin, end);
  LINCLASS_UNROLL
  for (int r = 0; r < R; ++r) {
    row[r] = x[i + r];
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) total[c][r] = broadcast(T(0));
  }
  const auto step = [&](auto&& get, Index j) {
    Packet<T> value[R];
    LINCLASS_UNROLL
    for (int r = 0; r < R; ++r) {
      value[r] = get(row[r] + j);
      if (r < F) coming.fetch(r, j);
    }
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) {
      const Packet<T> weight = get(w + c * ldw + j);
      LINCLASS_UNROLL
      for (int r = 0; r < R; ++r) total[c][r] = multiply_add(value[r], weight, total[c][r]);
    }
  };
  Index j = begin;
  for (; j + S <= end; j += S) step([](const auto* p) { return load_as<T>(p); }, j);
  if (const int rest = static_cast<int>(end - j)) step([rest](const auto* p) { return load_partial_as<T>(p, rest); }, j);
  LINCLASS_UNROLL
  for (int c = 0; c < C; ++c) {
    T sums[R];
    if constexpr (R == 4)
      four_sums(total[c][0], total[c][1], total[c][2], total[c][3], sums);
    else
      sums[0] = sum(total[c][0]);
    LINCLASS_UNROLL
    for (int r = 0; r < R; ++r) put(c, i + r, sums[r]);
  }
}

/// add(k, i, part of w_k . x_i), all parts together the product, for i < count and k < K; w is K x length with leading dimension ldw.
template <class T, class V, class Add>
void dot_products(const Vectors<V>& x, Index count, const T* w, Index ldw, Index K, Index length, const Add& add) {
  constexpr Index numbers = (64 << 10) / sizeof(T);  // of weights: they stay near the first-level cache while many vectors meet them
  const Index span = even_part(length, std::max<Index>(512, numbers / K), 64);
  for (Index begin = 0; begin < length; begin += span) {
    const Index end = std::min(length, begin + span), page = 4096 / (static_cast<Index>(sizeof(V)) * (end - begin));  // vectors in a page
    const auto tiles = [&](auto rows, Index i) {
      constexpr int R = decltype(rows)::value;
      bool second = false;
      each_tile<dot_tile_outputs>(K, [&](Index first, auto width) {
        constexpr int C = decltype(width)::value;
        const auto tile = [&](auto fetched) {
          constexpr int F = decltype(fetched)::value;
          dot_tile<R, C, F>(x, i, count, R + page + (second ? F : 0), w + first * ldw, ldw, begin, end,
                            [&](int c, Index row, T value) { add(first + c, row, value); });
        };
        // Two tiles share the fetching: memory then has work for as long as they.
        if (K <= dot_tile_outputs)
          tile(std::integral_constant<int, R>{});
        else if constexpr (C >= dot_tile_outputs / 2)  // each_tile makes no narrower one of two
          tile(std::integral_constant<int, (R + 1) / 2>{});
        second = !second;
      });
    };
    constexpr int R = 4;
    Index i = 0;
    for (; i + R <= count; i += R) tiles(std::integral_constant<int, R>{}, i);
    for (; i < count; ++i) tiles(std::integral_constant<int, 1>{}, i);
  }
}

/// What to bring into the second-level cache meanwhile: nothing where x is near and nothing follows; the block that follows where x is there by now;
/// what follows in x where it is not.
enum class Fetch { nothing, next_block, next_stretch };

/// g(k, j) += factor * sum_i r(k, i) x_ij for j in [begin, end), k < K; g has leading dimension ldg, r ldr. Compiled once for each three types
/// (combine_*.cpp).
template <class T, class V, class Out>
void combine(const Vectors<V>& x, Index count, Fetch fetch, Index begin, Index end, const T* r, Index ldr, Index K, Out factor, Out* g,
             Index ldg);
extern template void combine(const Vectors<double>&, Index, Fetch, Index, Index, const double*, Index, Index, double, double*, Index);
extern template void combine(const Vectors<float>&, Index, Fetch, Index, Index, const float*, Index, Index, float, float*, Index);
extern template void combine(const Vectors<float>&, Index, Fetch, Index, Index, const float*, Index, Index, double, double*, Index);
extern template void combine(const Vectors<float>&, Index, Fetch, Index, Index, const double*, Index, Index, double, double*, Index);

/// put(j, packet) with number j of S vectors from x_i, for every j < length. The last vector stands for those from `count` on.
template <class T, class V, class Put>
inline void turn(const Vectors<V>& x, Index i, Index count, Index length, const Put& put) {
  constexpr int S = packet_size<T>;
  const V* row[S];
  const auto coming = page_ahead<S>(x, i, count, length);
  LINCLASS_UNROLL
  for (int r = 0; r < S; ++r) row[r] = x[std::min(i + r, count - 1)];
  const auto block = [&](auto&& get, Index j, int numbers) {
    Eigen::internal::PacketBlock<Packet<T>, S> lanes;
    LINCLASS_UNROLL
    for (int r = 0; r < S; ++r) {
      lanes.packet[r] = get(row[r] + j);
      coming.fetch(r, j);
    }
    Eigen::internal::ptranspose(lanes);
    LINCLASS_UNROLL
    for (int q = 0; q < S; ++q)
      if (q < numbers) put(j + q, lanes.packet[q]);
  };
  Index j = 0;
  for (; j + S <= length; j += S) block([](const V* p) { return load_as<T>(p); }, j, S);
  if (const int rest = static_cast<int>(length - j)) block([rest](const V* p) { return load_partial_as<T>(p, rest); }, j, rest);
}

}  // namespace linclass::engine
