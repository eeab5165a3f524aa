/// dot_products of products.h, for the files that compile it.
#pragma once
#include "kernel/products.h"

namespace linclass::engine {

constexpr Index strip_bytes = 16 << 10;  ///< of vectors that wait in the first-level cache for the next tile of outputs

/// R vectors from x_i against C rows of w at once: R * C sums, which stay in registers only where every loop over them is unrolled.
template <int R, int C, class T, class V, class Out, class... Next>
EIGEN_ALWAYS_INLINE void dot_tile(const Vectors<V>& x, Index i, const T* w, Index ldw, Index length, Out factor, Out* out, Index ldo,
                                  const Next&... coming) {
  constexpr int S = packet_size<T>;
  Packet<T> total[C][R];
  const V* row[R];
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
      value[r] = keep(get(row[r] + j));
      (coming.fetch(r, j), ...);
    }
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) {
      const Packet<T> weight = get(w + c * ldw + j);
      LINCLASS_UNROLL
      for (int r = 0; r < R; ++r) total[c][r] = multiply_add(value[r], weight, total[c][r]);
    }
  };
  Index j = 0;
  for (; j + S <= length; j += S) step([](const auto* p) { return load_as<T>(p); }, j);
  if (const int rest = static_cast<int>(length - j))
    step([rest, length](const auto* p) { return load_rest_as<T>(p + rest, rest, length); }, j);
  T products[C][R];
  sums<C * R>(total[0], products[0]);
  LINCLASS_UNROLL
  for (int c = 0; c < C; ++c) {
    LINCLASS_UNROLL
    for (int r = 0; r < R; ++r) out[c * ldo + i + r] += factor * static_cast<Out>(products[c][r]);
  }
}

/// Vectors [first, last) of `known` ones against C rows of w. F of each four are fetched, of those `ahead` behind them, and N of each four of those
/// `beyond` them; where N is 0, the F are. Not inlined: all registers are for one variant.
template <int C, int F, int N, bool side_by_side, class T, class V, class Out>
EIGEN_DONT_INLINE void dot_strip(const Vectors<V>& x, Index first, Index last, Index known, Index ahead, Index beyond, const T* w,
                                 Index ldw, Index length, Out factor, Out* out, Index ldo) {
  constexpr int R = 4, S = packet_size<T>;
  const Vectors<V> v{x.base, x.stride, side_by_side ? nullptr : x.list}, far = v.beyond(beyond);
  Index i = first;
  for (; i + R <= last; i += R) {
    const Ahead<F, S, V, side_by_side> coming(N > 0 ? v : far, i + ahead, known);
    const Ahead<N, S, V, side_by_side> after(far, i, known);
    dot_tile<R, C>(v, i, w, ldw, length, factor, out, ldo, coming, after);
  }
  for (; i < last; ++i) dot_tile<1, C>(v, i, w, ldw, length, factor, out, ldo);
}

template <class T, class V, class Out>
void dot_products(const Vectors<V>& x, Index count, Fetch fetch, const T* w, Index ldw, Index K, Index length, Out factor, Out* out,
                  Index ldo) {
  const bool one = K <= dot_tile_outputs;
  constexpr Index size = sizeof(T);
  const Index span = even_part(length, one ? std::max<Index>(512, (64 << 10) / size / K) : 4096 / size, 16);
  const Index span_bytes = static_cast<Index>(sizeof(V)) * std::min(span, length);
  // Where there are several tiles of outputs, a span of few vectors and of all weights stays in the first-level cache for all of them, and the first two
  // share the fetching: memory then has work for as long as they. If the second level has the other spans of the weights too, these vectors meet them
  // next, while their sums are near; else all vectors meet one span before the next.
  const Index strip = one ? count : std::max<Index>(4, strip_bytes / span_bytes / 4 * 4), soon = 4 + 4096 / span_bytes;
  const bool stretch = fetch.what == Fetch::stretch, both = fetch.what == Fetch::both;
  const Index ahead = !stretch && !both ? 0 : one ? soon : 2 * std::max(strip, soon);
  const Index known = stretch && x.list ? count + fetch.beyond : count, beyond = stretch ? 0 : fetch.beyond;
  const Index group = K * length * size <= weights_bytes ? strip : count;
  for (Index start = 0; start < count; start += group) {
    const Index end = std::min(count, start + group);
    for (Index begin = 0; begin < length; begin += span) {
      const Vectors<V> part{x.base + begin, x.stride, x.list};
      const Index numbers = std::min(length - begin, span);
      with_order(part, numbers, [&](auto order) {
        constexpr bool side_by_side = decltype(order)::value;
        for (Index first = start; first < end; first += strip) {
          const Index last = std::min(end, first + strip);
          each_tile<dot_tile_outputs>(K, [&](Index k, auto outputs) {
            constexpr int C = decltype(outputs)::value;
            const T* weights = w + k * ldw + begin;
            const auto strip_of = [&](auto F, Index from, auto N) {
              dot_strip<C, decltype(F)::value, decltype(N)::value, side_by_side>(part, first, last, known, from, beyond, weights, ldw,
                                                                                 numbers, factor, out + k * ldo, ldo);
            };
            using None = std::integral_constant<int, 0>;
            using Half = std::integral_constant<int, 2>;
            using All = std::integral_constant<int, 4>;
            if (fetch.what == Fetch::nothing)
              strip_of(None{}, 0, None{});
            else if (fetch.what == Fetch::half_block)
              strip_of(Half{}, 0, None{});
            else if (both)
              strip_of(All{}, ahead, std::integral_constant<int, 3>{});
            else if (one)
              strip_of(All{}, ahead, None{});
            else if constexpr (C >= dot_tile_outputs / 2)  // each_tile makes no narrower one of two
              strip_of(Half{}, ahead + (k > 0 ? 2 : 0), None{});
          });
        }
      });
    }
  }
}

}  // namespace linclass::engine
