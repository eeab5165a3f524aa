/// The two skinny products behind every pass, on a list of vectors x_i (rows of a row-major X, or columns of a column-major one):
///
///   dot_products:  out(k, i) += w_k . x_i            scores of row-major rows; gradient of column-major columns
///   combine:       out(k, j) += sum_i r(k, i) x_ij   gradient of row-major rows; scores of column-major columns
///
/// K (the number of outputs) is small, so tiles of outputs are held in registers and each x is loaded once a tile. The order of every sum
/// is a function of the sizes alone.
#pragma once
#include <algorithm>
#include <utility>

#include "linclass/data.h"
#include "simd/packet.h"

namespace linclass::engine {

/// Vector i starts at base + (list ? list[i] : i) * stride.
template <class T>
struct Vectors {
  const T* base;
  Index stride;
  const Index* list;
  const T* operator[](Index i) const { return base + (list ? list[i] : i) * stride; }
  /// What to fetch as vector i: behind the last of `count` the next block follows, unless there is a list.
  const T* coming(Index i, Index count) const { return list ? (*this)[std::min(i, count - 1)] : base + i * stride; }
};

/// Outputs in one tile. dot_products shares each weight among R vectors, combine shares each vector among C outputs.
constexpr int dot_tile_outputs = vector_registers == 32 ? 6 : 3;
constexpr int combine_tile_outputs = vector_registers == 32 ? 10 : 5;

/// Calls f(integral_constant width), width in 1..Most known at run time: the step from a number to a compile-time tile.
template <int Most, class F>
inline void with_width(Index width, F&& f) {
  if constexpr (Most > 1)
    if (width < Most) return with_width<Most - 1>(width, f);
  f(std::integral_constant<int, Most>{});
}

/// Calls f(first, integral_constant width) over K outputs, in tiles of nearly equal width.
template <int Most, class F>
inline void each_tile(Index K, F&& f) {
  const Index tiles = (K + Most - 1) / Most;
  for (Index t = 0, first = 0; t < tiles; ++t) {
    const Index width = (K - first + tiles - t - 1) / (tiles - t);
    with_width<Most>(width, [&](auto C) { f(first, C); });
    first += width;
  }
}

/// R vectors from x_i against C rows of w at once: R * C sums in registers.
template <class T, int R, int C, class Put>
inline void dot_tile(const Vectors<T>& x, Index i, Index count, Index ahead, const T* w, Index ldw, Index begin, Index end,
                     const Put& put) {
  constexpr int S = packet_size<T>;
  Packet<T> total[C][R];
  const T *row[R], *coming[R];
  for (int r = 0; r < R; ++r) {
    row[r] = x[i + r], coming[r] = x.coming(i + ahead + r, count);
    for (int c = 0; c < C; ++c) total[c][r] = broadcast(T(0));
  }
  const auto step = [&](auto&& get, Index j) {
    Packet<T> value[R];
    for (int r = 0; r < R; ++r) {
      value[r] = get(row[r] + j);
      prefetch(coming[r] + j);
    }
    for (int c = 0; c < C; ++c) {
      const Packet<T> weight = get(w + c * ldw + j);
      for (int r = 0; r < R; ++r) total[c][r] = multiply_add(value[r], weight, total[c][r]);
    }
  };
  Index j = begin;
  for (; j + S <= end; j += S) step([](const T* p) { return load(p); }, j);
  if (const int rest = static_cast<int>(end - j)) step([rest](const T* p) { return load_partial(p, rest); }, j);
  for (int c = 0; c < C; ++c)
    for (int r = 0; r < R; ++r) put(c, i + r, sum(total[c][r]));
}

/// add(k, i, part of w_k . x_i), all parts together the product, for i < count and k < K; w is K x length with leading dimension ldw.
template <class T, class Add>
void dot_products(const Vectors<T>& x, Index count, const T* w, Index ldw, Index K, Index length, const Add& add) {
  constexpr Index numbers = (128 << 10) / sizeof(T);  // of weights: they stay in the second-level cache while many vectors meet them
  const Index span = K * length <= numbers ? length : std::max<Index>(512, numbers / K / 64 * 64);
  for (Index begin = 0; begin < length; begin += span) {
    const Index end = std::min(length, begin + span), page = 4096 / (static_cast<Index>(sizeof(T)) * (end - begin));  // vectors in a page
    const auto tiles = [&](auto rows, Index i) {
      constexpr int R = decltype(rows)::value;
      each_tile<dot_tile_outputs>(K, [&](Index first, auto width) {
        dot_tile<T, R, decltype(width)::value>(x, i, count, R + page, w + first * ldw, ldw, begin, end,
                                               [&](int c, Index row, T value) { add(first + c, row, value); });
      });
    };
    constexpr int R = 4;
    Index i = 0;
    for (; i + R <= count; i += R) tiles(std::integral_constant<int, R>{}, i);
    for (; i < count; ++i) tiles(std::integral_constant<int, 1>{}, i);
  }
}

/// C outputs x P packets of columns [j, j + width): sums over all vectors in registers, then added to g times `factor`.
template <class T, int C, int P, bool Far, bool Whole, class Out>
inline void combine_tile(const Vectors<T>& x, Index count, Index j, Index width, const T* r, Index ldr, Out factor, Out* g, Index ldg) {
  constexpr int S = packet_size<T>, last = (P - 1) * S;
  const int rest = static_cast<int>(width - last);
  Packet<T> total[C][P];
  for (int c = 0; c < C; ++c)
    for (int p = 0; p < P; ++p) total[c][p] = broadcast(T(0));
  for (Index i = 0; i < count; ++i) {
    const T* row = x[i] + j;
    Packet<T> value[P];
    for (int p = 0; p < P - 1; ++p) value[p] = load(row + p * S);
    value[P - 1] = Whole ? load(row + last) : load_partial(row + last, rest);
    if constexpr (Far)
      for (int p = 0; p < P; ++p) prefetch(row + (P + p) * S);
    for (int c = 0; c < C; ++c) {
      const Packet<T> coefficient = broadcast(r[c * ldr + i]);
      for (int p = 0; p < P; ++p) total[c][p] = multiply_add(value[p], coefficient, total[c][p]);
    }
  }
  T lane[C][P * S];
  LINCLASS_UNROLL
  for (int c = 0; c < C; ++c)
    for (int p = 0; p < P; ++p) store(lane[c] + p * S, total[c][p]);
  const Index columns = Whole ? P * S : width;
  for (int c = 0; c < C; ++c)
    for (Index q = 0; q < columns; ++q) g[c * ldg + j + q] += factor * static_cast<Out>(lane[c][q]);
}

/// g(k, j) += factor * sum_i r(k, i) x_ij for j in [begin, end), k < K; g has leading dimension ldg, r ldr. Far: x is not in the caches yet.
template <bool Far, class T, class Out>
void combine(const Vectors<T>& x, Index count, Index begin, Index end, const T* r, Index ldr, Index K, Out factor, Out* g, Index ldg) {
  constexpr int S = packet_size<T>;
  constexpr int tile = Far ? combine_tile_outputs / 2 : combine_tile_outputs;  // Far: longer stretches of each vector, for fewer outputs
  each_tile<tile>(K, [&](Index first, auto outputs) {
    constexpr int C = decltype(outputs)::value;
    constexpr int most = C * 8 <= combine_tile_outputs * 2       ? 8
                         : C * 4 <= combine_tile_outputs * 2 + 4 ? 4
                                                                 : 2;  // C * P sums fill the registers
    each_tile<most>((end - begin + S - 1) / S, [&](Index packet, auto packets) {
      constexpr int P = decltype(packets)::value;
      const Index j = begin + packet * S;
      if (j + P * S <= end)
        combine_tile<T, C, P, Far, true>(x, count, j, P * S, r + first * ldr, ldr, factor, g + first * ldg, ldg);
      else
        combine_tile<T, C, P, Far, false>(x, count, j, end - j, r + first * ldr, ldr, factor, g + first * ldg, ldg);
    });
  });
}

/// Whether short_dot_products is the faster way: sums across the lanes of a packet cost more than the products of a short vector.
template <class T>
bool prefers_short(Index K, Index length) {
  constexpr Index S = packet_size<T>;
  const Index packets = (K + S - 1) / S;
  return packets * S * length <= 8192 && 4 * packets * (length + S) < 3 * K * ((length + S - 1) / S + 6);
}

/// z(k, i) = w_k . x_i with the outputs in the lanes: combine, where the numbers of x are the coefficients and the columns of w the vectors.
template <class T>
void short_dot_products(const T* x, Index stride, Index count, const T* w, Index ldw, Index K, Index length, T* z, Index ldz) {
  constexpr Index S = packet_size<T>;
  const Index padded = (K + S - 1) / S * S;
  T columns[8192], sums[8192];
  for (Index j = 0; j < length; ++j)
    for (Index k = 0; k < padded; ++k) columns[j * padded + k] = k < K ? w[k * ldw + j] : T(0);
  const Index most = std::max<Index>(1, 4096 / (padded * combine_tile_outputs)) * combine_tile_outputs;
  for (Index start = 0; start < count; start += most) {
    const Index rows = std::min(most, count - start);
    std::fill_n(sums, rows * padded, T(0));
    combine<false>(Vectors<T>{columns, padded, nullptr}, length, 0, padded, x + start * stride, stride, rows, T(1), sums, padded);
    for (Index k = 0; k < K; ++k)
      for (Index i = 0; i < rows; ++i) z[k * ldz + start + i] = sums[i * padded + k];
  }
}

}  // namespace linclass::engine
