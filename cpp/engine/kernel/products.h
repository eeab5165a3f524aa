/// The two skinny products behind every pass, on a list of vectors x_i (rows of a row-major X, or columns of a column-major one):
///
///   dot_products:  out(k, i) += w_k . x_i            scores of row-major rows; gradient of column-major columns
///   combine:       out(k, j) += sum_i r(k, i) x_ij   gradient of row-major rows; scores of column-major columns
///
/// Vectors hold numbers of V, arithmetic is in T: the same type, or float and double. K (the number of outputs) is small, so tiles of outputs are
/// held in registers and each x is loaded once a tile. The order of every sum is a function of the sizes alone. This is what others call and what the
/// ways share: the ways themselves are dot_products.h, short_rows.h, combine.h and, both products at once, walk.h.
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
constexpr Index weights_bytes = block_bytes / 2;  ///< of weights that stay in the second-level cache beside them

/// The length of nearly equal parts: multiples of `unit`, about `most` at most.
inline Index even_part(Index length, Index most, Index unit) {
  const Index parts = std::max<Index>(1, (length + most - 1) / most);
  return (length + parts * unit - 1) / (parts * unit) * unit;
}

/// What to bring into the second-level cache meanwhile: nothing; what comes next in x; or the block that follows, `beyond` the vectors at work, while x
/// is near. Half: every second part of it, since others fetch the rest. A list says where a stretch goes on for `beyond` vectors behind its last. Streams:
/// a stretch where combine reads few vectors at a time, along their whole length. Both: a stretch, and most of the block `beyond`, so that memory has work
/// while x comes from a cache.
struct Fetch {
  enum What { nothing, stretch, streams, block, half_block, both } what;
  Index beyond = 0;
};

/// Whether the next block is worth asking for: a Zen 4 gained by it, an Ice Lake, which sees it coming by itself, loses a tenth of a pass with ten outputs
/// and up to 784 columns.
#if defined(__GNUC__) && defined(__x86_64__)
inline const bool fetches_next_block = (__builtin_cpu_init(), !__builtin_cpu_is("intel"));
#else
constexpr bool fetches_next_block = true;
#endif

/// out(k, i) += factor * w_k . x_i for i < count, k < K; w is K x length with leading dimension ldw, out has leading dimension ldo.
template <class T, class V, class Out>
void dot_products(const Vectors<V>& x, Index count, Fetch fetch, const T* w, Index ldw, Index K, Index length, Out factor, Out* out,
                  Index ldo);
/// out(k, i) = w_k . x_i where vectors are short and there is a faster way than dot_products; else false, and nothing is done.
template <class T, class V>
bool short_products(const Vectors<V>& x, Index count, const T* w, Index ldw, Index K, Index length, T* out, Index ldo);
/// g(k, j) += factor * sum_i r(k, i) x_ij for j in [begin, end), k < K; g has leading dimension ldg, r ldr.
template <class T, class V, class Out>
void combine(const Vectors<V>& x, Index count, Fetch fetch, Index begin, Index end, const T* r, Index ldr, Index K, Out factor, Out* g,
             Index ldg);

/// Compiled once for each three types (products_*.cpp).
#define LINCLASS_PRODUCTS(T, V, Out)                                                                            \
  template void dot_products(const Vectors<V>&, Index, Fetch, const T*, Index, Index, Index, Out, Out*, Index); \
  template void combine(const Vectors<V>&, Index, Fetch, Index, Index, const T*, Index, Index, Out, Out*, Index)
#define LINCLASS_SHORT_PRODUCTS(T, V) template bool short_products(const Vectors<V>&, Index, const T*, Index, Index, Index, T*, Index)

}  // namespace linclass::engine
