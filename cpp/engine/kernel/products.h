/// The two skinny products behind every pass, on a list of vectors x_i (rows of a row-major X, or columns of a column-major one):
///
///   dot_products:  out(k, i) += w_k . x_i            scores of row-major rows; gradient of column-major columns
///   combine:       out(k, j) += sum_i r(k, i) x_ij   gradient of row-major rows; scores of column-major columns
///
/// Vectors hold numbers of V, arithmetic is in T: the same type, or float and double. K (the number of outputs) is small, so tiles of outputs are
/// held in registers and each x is loaded once a tile. The order of every sum is a function of the sizes alone.
#pragma once
#include <algorithm>
#include <array>
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
  /// Those at a distance: of numbers, or of places in the list.
  Vectors beyond(Index distance) const { return list ? Vectors{base, stride, list + distance} : Vectors{base + distance, stride, nullptr}; }
};

/// What to fetch for R of `count` vectors from number i on, packet by packet of S numbers, while others are at work. Where vectors lie side by side,
/// memory is asked for in the order of its addresses, whatever the order of the work (it answers R places at once a fifth to a third slower), behind the
/// last of them follows the next block, and one register holds the place. Elsewhere the last vector is the end: a processor that looks for an address where
/// a program has no memory searches the page tables in vain, which takes it as long as many multiplications.
template <int R, int S, class V, bool side_by_side>
struct Ahead {
  static constexpr int places = side_by_side ? std::min(R, 1) : R;
  std::array<const V*, places> from;
  Ahead(const Vectors<V>& x, Index i, Index count) {
    LINCLASS_UNROLL
    for (int r = 0; r < places; ++r) from[r] = x[side_by_side && !x.list ? i + r : std::min(i + r, count - 1)];
  }
  /// For vector r, if it is one of the R, at number j, which grows by S from 0. Where packets lie across two lines, the first one came with the packet
  /// before: the last number is the one to ask for.
  EIGEN_ALWAYS_INLINE void fetch(int r, Index j) const {
    if (r < R) prefetch((side_by_side ? from[0] + r * S + R * j : from[r] + j) + S - 1);
  }
};
/// Calls f(true_type where vectors of these numbers lie side by side).
template <class V, class F>
void with_order(const Vectors<V>& x, Index length, F&& f) {
  if (!x.list && x.stride == length)
    f(std::true_type{});
  else
    f(std::false_type{});
}
/// The distance of a page of vectors, as a multiple of S.
template <class V>
Index page(Index length, Index S) {
  return std::max<Index>(1, 4096 / (static_cast<Index>(sizeof(V)) * S * length)) * S;
}

/// Outputs in one tile. dot_products shares each weight among R vectors, combine shares each vector among C outputs.
constexpr int dot_tile_outputs = vector_registers == 32 ? 6 : 3;
constexpr int combine_tile_outputs = 5;
constexpr Index strip_bytes = 16 << 10;           ///< of vectors that wait in the first-level cache for the next tile of outputs
constexpr Index weights_bytes = block_bytes / 2;  ///< of weights that stay in the second-level cache beside them

/// The length of nearly equal parts: multiples of `unit`, about `most` at most.
inline Index even_part(Index length, Index most, Index unit) {
  const Index parts = std::max<Index>(1, (length + most - 1) / most);
  return (length + parts * unit - 1) / (parts * unit) * unit;
}

/// R vectors from x_i against C rows of w at once: R * C sums, which stay in registers only where every loop over them is unrolled.
template <int R, int C, class T, class V, class Add, class... Next>
EIGEN_ALWAYS_INLINE void dot_tile(const Vectors<V>& x, Index i, const T* w, Index ldw, Index length, const Add& add,
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
  for (int c = 0; c < C; ++c) add(c, i, products[c]);
}

/// What to bring into the second-level cache meanwhile: nothing; what comes next in x; or the block that follows, `beyond` the vectors at work, while x
/// is near. Half: every second part of it, since others fetch the rest. A list says where a stretch goes on for `beyond` vectors behind its last. Streams:
/// a stretch where combine reads few vectors at a time, along their whole length. Both: a stretch, and most of the block `beyond`, so that memory has work
/// while x comes from a cache.
struct Fetch {
  enum What { nothing, stretch, streams, block, half_block, both } what;
  Index beyond = 0;
};

/// Vectors [first, last) of `known` ones against C rows of w. F of each four are fetched, of those `ahead` behind them, and N of each four of those
/// `beyond` them; where N is 0, the F are. Not inlined: all registers are for one variant.
template <int C, int F, int N, bool side_by_side, class T, class V, class Add>
EIGEN_DONT_INLINE void dot_strip(const Vectors<V>& x, Index first, Index last, Index known, Index ahead, Index beyond, const T* w,
                                 Index ldw, Index length, const Add& add) {
  constexpr int R = 4, S = packet_size<T>;
  const Vectors<V> v{x.base, x.stride, side_by_side ? nullptr : x.list}, far = v.beyond(beyond);
  Index i = first;
  for (; i + R <= last; i += R) {
    const Ahead<F, S, V, side_by_side> coming(N > 0 ? v : far, i + ahead, known);
    const Ahead<N, S, V, side_by_side> after(far, i, known);
    dot_tile<R, C>(v, i, w, ldw, length, add, coming, after);
  }
  for (; i < last; ++i) dot_tile<1, C>(v, i, w, ldw, length, add);
}

/// add(k, i, some numbers): parts of w_k . x_i and of those behind it, all parts together the product, for i < count and k < K; w is K x length with
/// leading dimension ldw.
template <class T, class V, class Add>
void dot_products(const Vectors<V>& x, Index count, Fetch fetch, const T* w, Index ldw, Index K, Index length, const Add& add) {
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
            const auto put = [&](int c, Index i, const auto& sums) { add(k + c, i, sums); };
            const auto strip_of = [&](auto F, Index from, auto N) {
              dot_strip<C, decltype(F)::value, decltype(N)::value, side_by_side>(part, first, last, known, from, beyond, weights, ldw,
                                                                                 numbers, put);
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

/// Whether the next block is worth asking for: a Zen 4 gained by it, an Ice Lake, which sees it coming by itself, loses a tenth of a pass with ten outputs
/// and up to 784 columns.
#if defined(__GNUC__) && defined(__x86_64__)
inline const bool fetches_next_block = (__builtin_cpu_init(), !__builtin_cpu_is("intel"));
#else
constexpr bool fetches_next_block = true;
#endif

/// g(k, j) += factor * sum_i r(k, i) x_ij for j in [begin, end), k < K; g has leading dimension ldg, r ldr. Compiled once for each three types
/// (combine_*.cpp).
template <class T, class V, class Out>
void combine(const Vectors<V>& x, Index count, Fetch fetch, Index begin, Index end, const T* r, Index ldr, Index K, Out factor, Out* g,
             Index ldg);
extern template void combine(const Vectors<double>&, Index, Fetch, Index, Index, const double*, Index, Index, double, double*, Index);
extern template void combine(const Vectors<float>&, Index, Fetch, Index, Index, const float*, Index, Index, float, float*, Index);
extern template void combine(const Vectors<float>&, Index, Fetch, Index, Index, const float*, Index, Index, double, double*, Index);
extern template void combine(const Vectors<float>&, Index, Fetch, Index, Index, const double*, Index, Index, double, double*, Index);

}  // namespace linclass::engine
