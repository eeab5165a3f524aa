/// combine of products.h, for the files that compile it.
#pragma once
#include "kernel/products.h"

namespace linclass::engine {

/// Packets of a vector in a tile of C outputs: the sums, the packets and one coefficient fill the registers.
constexpr int combine_tile_packets(int C) { return std::min(8, (vector_registers - 1) / (C + 1)); }

/// C outputs x P packets of columns from j on, `width` numbers in all: sums over all vectors in registers, then added to g times `factor`.
/// Step: of what lies `coming` numbers ahead, each Step-th packet is fetched; 0: nothing. Whole: width is P packets; else the last of them is a part of
/// one.
template <int C, int P, int Step, bool Whole, class T, class V, class Out>
inline void combine_tile(const Vectors<V>& x, Index count, Index j, Index width, Index coming, const T* r, Index ldr, Out factor, Out* g,
                         Index ldg) {
  constexpr int S = packet_size<T>;
  const int last = static_cast<int>(width) - (P - 1) * S;
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
    for (int p = 0; p < P; ++p) value[p] = Whole || p + 1 < P ? load_as<T>(row + p * S) : load_partial_as<T>(row + p * S, last);
    if constexpr (Step > 0) {
      LINCLASS_UNROLL
      for (int p = 0; p < P; p += Step) prefetch(row + coming + p * S);
    }
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) {
      const Packet<T> coefficient = broadcast(r[c * ldr + i]);
      LINCLASS_UNROLL
      for (int p = 0; p < P; ++p) total[c][p] = multiply_add(value[p], coefficient, total[c][p]);
    }
  }
  LINCLASS_UNROLL
  for (int c = 0; c < C; ++c) {
    Out* to = g + c * ldg + j;
    if constexpr (Whole && std::is_same_v<T, Out>) {
      LINCLASS_UNROLL
      for (int p = 0; p < P; ++p) store(to + p * S, multiply_add(total[c][p], broadcast(factor), load(to + p * S)));
    } else {
      T lane[P * S];
      LINCLASS_UNROLL
      for (int p = 0; p < P; ++p) store(lane + p * S, total[c][p]);
      for (Index q = 0; q < (Whole ? P * S : width); ++q) to[q] += factor * static_cast<Out>(lane[q]);
    }
  }
}

/// Where one tile has all outputs, X is walked once by itself: too fast to fetch another block meanwhile. Else panels of vectors, in them stretches of
/// columns, come once into the first-level cache for all tiles, and the first two tiles fetch every second packet each: one that asked for all
/// gained less, as measured (supposedly since it asks faster than memory answers, and requests without room are dropped).
template <class T, class V, class Out>
void combine(const Vectors<V>& x, Index count, Fetch fetch, Index begin, Index end, const T* r, Index ldr, Index K, Out factor, Out* g,
             Index ldg) {
  constexpr int S = packet_size<T>;
  const bool one = K <= combine_tile_outputs;
  const Index panel = one ? std::max<Index>(1, count) : 128;
  const Index few = std::max<Index>(combine_tile_packets(combine_tile_outputs) * S, 256 / sizeof(V));
  const Index stretch = one ? std::max<Index>(1, end - begin) : even_part(end - begin, few, S);
  const bool fetches = fetch == Fetch::next_stretch || (fetch == Fetch::next_block && !one && !x.list);
  for (Index i = 0; i < count; i += panel) {
    const Vectors<V> part = x.list ? Vectors<V>{x.base, x.stride, x.list + i} : Vectors<V>{x[i], x.stride, nullptr};
    const Index vectors = std::min(panel, count - i);
    for (Index from = begin; from < end; from += stretch) {
      const Index to = std::min(end, from + stretch);
      // The next stretch of this panel, or the first one of the next panel; behind the last panel the next block begins.
      const Index next = fetch == Fetch::next_block                 ? count * x.stride
                         : to < end || x.list || i + panel >= count ? stretch
                                                                    : panel * x.stride + begin - from;
      each_tile<combine_tile_outputs>(K, [&](Index first, auto outputs) {
        constexpr int C = decltype(outputs)::value;
        each_tile<combine_tile_packets(C)>((to - from + S - 1) / S, [&](Index packet, auto packets) {
          constexpr int P = decltype(packets)::value;
          const Index j = from + packet * S, width = std::min<Index>(P * S, to - j), coming = one ? width : next + (first > 0 ? S : 0);
          const auto tile = [&](auto step, auto whole) {
            combine_tile<C, P, decltype(step)::value, decltype(whole)::value>(part, vectors, j, width, coming, r + first * ldr + i, ldr,
                                                                              factor, g + first * ldg, ldg);
          };
          using None = std::integral_constant<int, 0>;
          using Each = std::integral_constant<int, 1>;
          using Second = std::integral_constant<int, 2>;
          const bool whole = width == P * S, shares = fetches && !one && first <= combine_tile_outputs;
          if (whole && shares)
            tile(Second{}, std::true_type{});
          else if (whole && fetches && one)
            tile(Each{}, std::true_type{});
          else if (whole)
            tile(None{}, std::true_type{});
          else if (shares)
            tile(Second{}, std::false_type{});
          else
            tile(None{}, std::false_type{});
        });
      });
    }
  }
}

}  // namespace linclass::engine
