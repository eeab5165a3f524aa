/// The two skinny products behind every pass, on a list of vectors x_i (rows of a row-major X, or columns of a column-major one):
///
///   dot_products:  out(k, i)  = w_k . x_i            scores of row-major rows; gradient of column-major columns
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
};

/// Outputs in one tile. dot_products shares each weight among R rows (the weights of all outputs may exceed the first-level cache),
/// combine shares each vector among C outputs.
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

/// R vectors against C rows of w at once: R * C sums in registers.
template <class T, int R, int C, class Put>
inline void dot_tile(const Vectors<T>& x, Index i, Index count, const T* w, Index ldw, Index length, const Put& put) {
  constexpr int S = packet_size<T>;
  Packet<T> total[R][C];
  const T *row[R], *next[R];  // the rows after these are fetched meanwhile
  for (int r = 0; r < R; ++r) {
    row[r] = x[i + r];
    next[r] = x[std::min(i + R + r, count - 1)];
    for (int c = 0; c < C; ++c) total[r][c] = broadcast(T(0));
  }
  const auto step = [&](auto&& get, Index j) {
    Packet<T> value[R];
    for (int r = 0; r < R; ++r) {
      value[r] = get(row[r] + j);
      prefetch(next[r] + j);
    }
    for (int c = 0; c < C; ++c) {
      const Packet<T> weight = get(w + c * ldw + j);
      for (int r = 0; r < R; ++r) total[r][c] = multiply_add(value[r], weight, total[r][c]);
    }
  };
  Index j = 0;
  for (; j + S <= length; j += S) step([](const T* p) { return load(p); }, j);
  if (const int rest = static_cast<int>(length - j)) step([rest](const T* p) { return load_partial(p, rest); }, j);
  for (int c = 0; c < C; ++c)
    for (int r = 0; r < R; ++r) put(c, i + r, sum(total[r][c]));
}

/// put(k, i, w_k . x_i) for i < count and k < K; w is K x length with leading dimension ldw.
template <class T, class Put>
void dot_products(const Vectors<T>& x, Index count, const T* w, Index ldw, Index K, Index length, const Put& put) {
  constexpr Index R = 4;
  // A few vectors meet all outputs whose weights stay in the second-level cache, while the next vectors arrive.
  const Index fit = std::max<Index>(dot_tile_outputs, (128 << 10) / (length * static_cast<Index>(sizeof(T)) + 1));
  for (Index group = 0; group < K; group += fit)
    for (Index i = 0; i < count; i += count - i < R ? 1 : R)
      each_tile<dot_tile_outputs>(std::min(fit, K - group), [&](Index first, auto width) {
        constexpr int C = decltype(width)::value;
        const T* weights = w + (group + first) * ldw;
        const auto tile_put = [&](int c, Index row, T value) { put(group + first + c, row, value); };
        if (count - i < R)
          dot_tile<T, 1, C>(x, i, count, weights, ldw, length, tile_put);
        else
          dot_tile<T, R, C>(x, i, count, weights, ldw, length, tile_put);
      });
}

/// C outputs x P packets of columns [j, j + P * S): sums over all vectors in registers, then added to g times `factor`.
template <class T, int C, int P, class Out>
inline void combine_tile(const Vectors<T>& x, Index count, Index j, int rest, const T* r, Index ldr, Out factor, Out* g, Index ldg) {
  constexpr int S = packet_size<T>;
  Packet<T> total[C][P];
  for (int c = 0; c < C; ++c)
    for (int p = 0; p < P; ++p) total[c][p] = broadcast(T(0));
  const auto sweep = [&](auto&& get) {
    for (Index i = 0; i < count; ++i) {
      const T* row = x[i] + j;
      Packet<T> value[P];
      for (int p = 0; p < P; ++p) value[p] = get(row + p * S);
      for (int c = 0; c < C; ++c) {
        const Packet<T> coefficient = broadcast(r[c * ldr + i]);
        for (int p = 0; p < P; ++p) total[c][p] = multiply_add(value[p], coefficient, total[c][p]);
      }
    }
  };
  if (rest == S)
    sweep([](const T* q) { return load(q); });
  else
    sweep([rest](const T* q) { return load_partial(q, rest); });
  for (int c = 0; c < C; ++c) {
    T lanes[P * S];
    for (int p = 0; p < P; ++p) store(lanes + p * S, total[c][p]);
    const int width = (P - 1) * S + rest;
    for (int q = 0; q < width; ++q) g[c * ldg + j + q] += factor * static_cast<Out>(lanes[q]);
  }
}

/// C rows of g: all columns in [begin, end).
template <int C, class T, class Out>
void combine_rows(const Vectors<T>& x, Index count, Index begin, Index end, const T* r, Index ldr, Out factor, Out* g, Index ldg) {
  constexpr int S = packet_size<T>;
  constexpr int P = C * 8 <= combine_tile_outputs * 2 ? 8 : C * 4 <= combine_tile_outputs * 2 + 4 ? 4 : 2;  // C * P sums fill the registers
  Index j = begin;
  for (; j + P * S <= end; j += P * S) combine_tile<T, C, P>(x, count, j, S, r, ldr, factor, g, ldg);
  for (; j < end; j += S) combine_tile<T, C, 1>(x, count, j, static_cast<int>(std::min<Index>(S, end - j)), r, ldr, factor, g, ldg);
}

/// g(k, j) += factor * sum_i r(k, i) x_ij for j in [begin, end), k < K; g has leading dimension ldg, r ldr.
template <class T, class Out>
void combine(const Vectors<T>& x, Index count, Index begin, Index end, const T* r, Index ldr, Index K, Out factor, Out* g, Index ldg) {
  each_tile<combine_tile_outputs>(K, [&](Index first, auto width) {
    combine_rows<decltype(width)::value>(x, count, begin, end, r + first * ldr, ldr, factor, g + first * ldg, ldg);
  });
}

}  // namespace linclass::engine
