/// Both products of a pass for one output or few, in one walk over the vectors:
///
///   z(c, i) = w_c . x_i for the vectors of a strip,   g_c += sum_i r(c, i) x_i for those of the strip before, whose residuals are known by then
///
/// Few outputs are computed faster than memory answers. One product after the other would leave memory idle during the second; a walk asks it for as much
/// in every moment, and what it comes back to is near.
#pragma once
#include "kernel/products.h"

namespace linclass::engine {

constexpr int walk_outputs = vector_registers == 32 ? 3 : 2;
/// Vectors of either strip at a time: their sums fill the registers.
constexpr int walk_vectors(int outputs) { return vector_registers == 32 && outputs == 1 ? 8 : 4; }
/// Or one at a time, for so many outputs at most: two runs of addresses in place of sixteen, which memory answers sooner, by up to a third as measured
/// where each core reads at a rate of its own. A core with short packets has too much to load and store for that.
template <class T>
constexpr int single_walk_outputs = sizeof(Packet<T>) < 32 ? 0 : vector_registers / 16;
/// Worth it where the sum of a packet is little beside the work of a vector, and w and g leave room for the runs in the first-level cache.
template <class T, class V>
bool walks_singly(int outputs, Index length) {
  constexpr Index size = sizeof(T), stored = sizeof(V);
  return length * stored >= 800 && outputs * length * size <= 7 << 10;
}

/// Vectors of a strip: two strips stay in the first-level cache where vectors are short, and the loss has some packets to work on.
template <class T, class V>
Index walk_strip(Index length) {
  constexpr int multiple = walk_vectors(1);
  const Index near = (12 << 10) / (static_cast<Index>(sizeof(V)) * length);
  return std::clamp<Index>(near, std::max(multiple, packet_size<T>), 4 * packet_size<T>) / multiple * multiple;
}

/// z for the vectors [first, first + strip), those from `count` on left out; where g gets its part from the `strip` ones before them, z holds r. R
/// vectors at a time. C x length numbers w; g: C x whole packets with leading dimension ldg, the last as load_rest_as has it. Not inlined: all
/// registers are for one variant.
template <int C, int R, bool side_by_side, class T, class V>
EIGEN_DONT_INLINE void walk(const Vectors<V>& x, Index first, Index strip, Index count, Index length, const T* w, T* z, Index ldz, T* g,
                            Index ldg) {
  constexpr int S = packet_size<T>, U = R == 1 ? 4 : 1;  // sums of a vector, so that an addition need not wait for the one before
  const Index ahead = R + (8 << 10) / (static_cast<Index>(sizeof(V)) * length);
  for (Index i = first; i < first + strip; i += R) {
    const Ahead<R, S, V, side_by_side> coming(x, i + ahead, count);
    const Index begin = std::min(i, count - R);  // of what is left
    const V *next = x[begin], *last = x[i - strip];
    Packet<T> product[C][R][U], residual[C][R];
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) {
      LINCLASS_UNROLL
      for (int q = 0; q < R; ++q) {
        residual[c][q] = broadcast(z[c * ldz + i - strip + q]);
        LINCLASS_UNROLL
        for (int u = 0; u < U; ++u) product[c][q][u] = broadcast(T(0));
      }
    }
    const auto step = [&](auto&& get, Index j, int u) {
      Packet<T> weight[C], gradient[C];
      LINCLASS_UNROLL
      for (int c = 0; c < C; ++c) weight[c] = get(w + c * length + j), gradient[c] = load(g + c * ldg + j);
      LINCLASS_UNROLL
      for (int q = 0; q < R; ++q) {
        coming.fetch(q, j);
        const Packet<T> ahead_x = keep(get(next + q * x.stride + j)), behind_x = keep(get(last + q * x.stride + j));
        LINCLASS_UNROLL
        for (int c = 0; c < C; ++c) {
          product[c][q][u] = multiply_add(ahead_x, weight[c], product[c][q][u]);
          gradient[c] = multiply_add(behind_x, residual[c][q], gradient[c]);
        }
      }
      LINCLASS_UNROLL
      for (int c = 0; c < C; ++c) store(g + c * ldg + j, gradient[c]);
    };
    const auto whole = [](const auto* p) { return load_as<T>(p); };
    Index j = 0;
    for (; j + U * S <= length; j += U * S) {
      LINCLASS_UNROLL
      for (int u = 0; u < U; ++u) step(whole, j + u * S, u);
    }
    if constexpr (U > 1)
      for (; j + S <= length; j += S) step(whole, j, 0);
    if (const int rest = static_cast<int>(length - j))
      step([rest, length](const auto* p) { return load_rest_as<T>(p + rest, rest, length); }, j, 0);
    T scores[C][R][U];
    sums<C * R * U>(product[0][0], scores[0][0]);
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) {
      LINCLASS_UNROLL
      for (int q = 0; q < R; ++q) {
        T score = scores[c][q][0];
        for (int u = 1; u < U; ++u) score += scores[c][q][u];
        if (begin + q >= i) z[c * ldz + begin + q] = score;
      }
    }
  }
}

/// Rows of a column-major X in a walk: so many bytes of a column are enough for memory to answer them at some two thirds of its rate, and so few that
/// a cache keeps them of all columns; their scores take half the registers. With packets shorter than a cache line two reads of X are as fast or faster.
template <class V>
constexpr int walk_height = 256 / static_cast<int>(sizeof(V));
template <class T, class V>
constexpr int walk_columns_outputs =
    sizeof(Packet<T>) < 64 ? 0 : std::min(walk_outputs, vector_registers / 2 * packet_size<T> / walk_height<V>);

/// The same for rows of a column-major X, along all columns at once:
///
///   z(c, i) = sum_j w(c, j) x_ij for `walk_height` rows,   g(c, j) += sum_i r(c, i) y_ij for as many before, Y
///
/// `kept` has a copy of Y, column by column, whose place these rows take. r null: there are none before. z, r: C x walk_height; w, g: C x columns.
template <int C, class T, class V>
EIGEN_DONT_INLINE void walk_columns(const V* x, Index stride, Index columns, T* kept, const T* w, T* z, const T* r, double* g) {
  constexpr int S = packet_size<T>, rows = walk_height<V>, P = rows / S, R = std::min(S, 8);
  constexpr Index ahead = 16;
  Packet<T> score[C][P];
  LINCLASS_UNROLL
  for (int c = 0; c < C; ++c) {
    LINCLASS_UNROLL
    for (int p = 0; p < P; ++p) score[c][p] = broadcast(T(0));
  }
  const auto some = [&](Index j, auto number) {
    constexpr int N = decltype(number)::value;
    T* own = kept + j * rows;
    if (r) {
      LINCLASS_UNROLL
      for (int c = 0; c < C; ++c) {
        Packet<T> product[N];
        LINCLASS_UNROLL
        for (int q = 0; q < N; ++q) {
          product[q] = broadcast(T(0));
          LINCLASS_UNROLL
          for (int p = 0; p < P; ++p) product[q] = multiply_add(load(own + q * rows + p * S), load(r + c * rows + p * S), product[q]);
        }
        T sum[N];
        sums<N>(product, sum);
        double* to = g + c * columns + j;
        constexpr int D = packet_size<double>, whole = N / D * D;
        LINCLASS_UNROLL
        for (int q = 0; q < whole; q += D) store(to + q, Eigen::internal::padd(load(to + q), load_as<double>(sum + q)));
        for (int q = whole; q < N; ++q) to[q] += static_cast<double>(sum[q]);
      }
    }
    LINCLASS_UNROLL
    for (int q = 0; q < N; ++q) {
      const Index then = j + q + ahead;  // behind the last column the next rows of the first one
      const V *from = x + (j + q) * stride, *coming = x + (then < columns ? then * stride : (then - columns) * stride + rows);
      LINCLASS_UNROLL
      for (int i = 0; i < rows; i += line<V>) prefetch(coming + i);
      prefetch(coming + rows - 1);  // a column seldom begins with a cache line
      LINCLASS_UNROLL
      for (int p = 0; p < P; ++p) {
        const Packet<T> numbers = keep(load_as<T>(from + p * S));
        store(own + q * rows + p * S, numbers);
        LINCLASS_UNROLL
        for (int c = 0; c < C; ++c) score[c][p] = multiply_add(numbers, broadcast_from(w + c * columns + j + q), score[c][p]);
      }
    }
  };
  Index j = 0;
  for (; j + R <= columns; j += R) some(j, std::integral_constant<int, R>{});
  for (; j < columns; ++j) some(j, std::integral_constant<int, 1>{});
  LINCLASS_UNROLL
  for (int c = 0; c < C; ++c) {
    LINCLASS_UNROLL
    for (int p = 0; p < P; ++p) store(z + c * rows + p * S, score[c][p]);
  }
}

}  // namespace linclass::engine
