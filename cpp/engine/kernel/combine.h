/// combine of products.h, for the files that compile it.
#pragma once
#include <cstdint>

#include "kernel/products.h"

namespace linclass::engine {

/// Packets of a vector in a tile of C outputs: the sums, the packets and one coefficient fill the registers.
constexpr int combine_tile_packets(int C) { return std::min(8, (vector_registers - 1) / (C + 1)); }

/// C outputs x P packets of columns from j on, `width` numbers in all: sums over all vectors in registers, then added to g times `factor`.
/// With each vector, so many Lines from ahead[i] on are fetched, each by its last number as in Ahead. Whole: width is P packets; else the last is a part of
/// one.
/// Not inlined: all registers are for one variant.
template <int C, int P, int Lines, bool Whole, class T, class V, class Out>
EIGEN_DONT_INLINE void combine_tile(const Vectors<V>& x, Index count, Index j, Index width, const Vectors<V>& ahead, const T* r, Index ldr,
                                    Out factor, Out* g, Index ldg) {
  constexpr int S = packet_size<T>;
  const int last = static_cast<int>(width) - (P - 1) * S, lead = Whole ? 0 : rest_lane<T>(last, j + width);
  Packet<T> total[C][P];
  LINCLASS_UNROLL
  for (int c = 0; c < C; ++c) {
    LINCLASS_UNROLL
    for (int p = 0; p < P; ++p) total[c][p] = broadcast(T(0));
  }
  for (Index i = 0; i < count; ++i) {
    const V* row = x[i] + j;
    Packet<T> value[P];
    LINCLASS_UNROLL
    for (int p = 0; p < P; ++p) value[p] = Whole || p + 1 < P ? load_as<T>(row + p * S) : load_rest_as<T>(row + width, last, j + width);
    if constexpr (Lines > 0) {
      const V* next = ahead[i];
      LINCLASS_UNROLL
      for (int l = 1; l <= Lines; ++l) prefetch(next + l * line<V> - 1);
    }
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) {
      const Packet<T> coefficient = broadcast_from(r + c * ldr + i);
      LINCLASS_UNROLL
      for (int p = 0; p < P; ++p) total[c][p] = multiply_add(value[p], coefficient, total[c][p]);
    }
  }
  LINCLASS_UNROLL
  for (int c = 0; c < C; ++c) {
    Out* to = g + c * ldg + j;
    if constexpr (std::is_same_v<T, Out>) {
      constexpr int whole = Whole ? P : P - 1;
      LINCLASS_UNROLL
      for (int p = 0; p < whole; ++p) store(to + p * S, multiply_add(total[c][p], broadcast(factor), load(to + p * S)));
      if constexpr (!Whole) {  // in packets too: a compiler may round a product and a sum of numbers twice
        T lane[S] = {};
        std::copy_n(to + whole * S, last, lane + lead);  // what lies before may be another thread's
        store(lane, multiply_add(total[c][P - 1], broadcast(factor), load(lane)));
        std::copy_n(lane + lead, last, to + whole * S);
      }
    } else {
      constexpr int D = packet_size<Out>, known = (Whole ? P : P - 1) * S;
      T lanes[S + P * S], *lane = lanes + S;
      store(lane + (P - 1) * S - lead, total[c][P - 1]);
      LINCLASS_UNROLL
      for (int p = 0; p < P - 1; ++p) store(lane + p * S, total[c][p]);
      const auto sum = [&](Index q, const Packet<Out>& before) { return multiply_add(load_as<Out>(lane + q), broadcast(factor), before); };
      LINCLASS_UNROLL
      for (int q = 0; q < known; q += D) store(to + q, sum(q, load(to + q)));
      if constexpr (!Whole) {
        Index q = known;
        for (; q + D <= width; q += D) store(to + q, sum(q, load(to + q)));
        if (const int rest = static_cast<int>(width - q)) {
          Out part[D];
          store(part, sum(q, load_partial(to + q, rest)));
          std::copy_n(part, rest, to + q);
        }
      }
    }
  }
}

/// Where one tile has all outputs, X is walked once by itself: too fast to fetch another block meanwhile. Else panels of vectors, in them stretches of
/// columns, stay in the second-level cache for all tiles (fewer of them, near as they are, add up their sums too often), and the first two tiles fetch
/// half each: one that asked for all gained less, as measured (supposedly since it asks faster than memory answers, and requests without room are
/// dropped). Where vectors lie side by side, the next block is fetched in the order of its addresses. No sum depends on `begin`, `end` and on where X
/// lies, so that threads may share the columns.
template <class T, class V, class Out>
void combine(const Vectors<V>& x, Index count, Fetch fetch, Index begin, Index end, const T* r, Index ldr, Index K, Out factor, Out* g,
             Index ldg) {
  constexpr Index S = packet_size<T>;
  const bool one = K <= combine_tile_outputs;
  const bool goes_on = fetch.what == Fetch::stretch || fetch.what == Fetch::streams;
  const Index panel = !one ? 512 : fetch.what == Fetch::streams ? 16 : std::max<Index>(1, count);
  const Index few = std::max<Index>(combine_tile_packets(combine_tile_outputs) * S, 256 / sizeof(V));
  const Index stretch = one ? std::max<Index>(1, end - begin) : even_part(end - begin, few, S);
  const bool fetches = goes_on || (fetch.what == Fetch::block && !one);
  // Up to a first whole packet (NumPy's large arrays begin 16 bytes behind a cache line), where many packets gain by it.
  const Index late = static_cast<Index>(reinterpret_cast<std::uintptr_t>(x.base + begin) / sizeof(V)) % S;
  const bool many = end - begin > 2 * S * (1 + std::min<Index>(K, combine_tile_outputs));
  const Index head = x.stride % S == 0 && late > 0 && many ? S - late : 0;
  const bool in_order = fetch.what == Fetch::block && !x.list && x.stride == end - begin;
  Vectors<V> block{x.base + fetch.beyond, 0, nullptr};
  for (Index i = 0; i < count; i += panel) {
    const Vectors<V> part = x.list ? Vectors<V>{x.base, x.stride, x.list + i} : Vectors<V>{x[i], x.stride, nullptr};
    const Index vectors = std::min(panel, count - i);
    for (Index from = begin, to; from < end; from = to) {
      to = std::min(end, from + (from == begin && head > 0 ? head : stretch));
      // The next block, the next stretch of this panel, or the first one of the next panel; behind the last panel the next block begins.
      Vectors<V> next = fetch.what == Fetch::block ? part.beyond(fetch.beyond) : part;
      if (goes_on) next.base += to < end || x.list || i + panel >= count ? stretch : panel * x.stride + begin - from;
      each_tile<combine_tile_outputs>(K, [&](Index first, auto outputs) {
        constexpr int C = decltype(outputs)::value;
        each_tile<combine_tile_packets(C)>((to - from + S - 1) / S, [&](Index packet, auto packets) {
          constexpr int P = decltype(packets)::value;
          constexpr int bytes = P * static_cast<int>(S * sizeof(V)), all = (bytes + 63) / 64, half = (bytes + 64) / 128;
          constexpr Index full = P * S;
          const Index j = from + packet * S, width = std::min(full, to - j);
          const auto tile = [&](auto lines, auto whole, const Vectors<V>& ahead) {
            combine_tile<C, P, decltype(lines)::value, decltype(whole)::value>(part, vectors, j, width, ahead, r + first * ldr + i, ldr,
                                                                               factor, g + first * ldg, ldg);
          };
          const auto share = [&](auto lines, auto whole) {
            if (!in_order) return tile(lines, whole, {next.base + j + (first > 0 ? half * line<V> : 0), next.stride, next.list});
            block.stride = decltype(lines)::value * line<V>;
            tile(lines, whole, block);
            block.base += vectors * block.stride;
          };
          using None = std::integral_constant<int, 0>;
          using Half = std::integral_constant<int, half>;
          using Rest = std::integral_constant<int, all - half>;
          using All = std::integral_constant<int, all>;
          constexpr std::true_type whole;
          constexpr std::false_type partly;
          if (fetches && one && width == full) return tile(All{}, whole, {part.base + j + width, part.stride, part.list});
          if constexpr (C > combine_tile_outputs / 2)  // each_tile makes no narrower ones of two
            if (fetches && !one && first <= combine_tile_outputs)
              return width < full ? share(Half{}, partly) : first == 0 ? share(Half{}, whole) : share(Rest{}, whole);
          width < full ? tile(None{}, partly, part) : tile(None{}, whole, part);
        });
      });
    }
  }
}

}  // namespace linclass::engine
