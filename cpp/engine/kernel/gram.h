/// The weighted Gram matrix of a block of rows, lower triangle: G += sum_i w_i x_i x_i'.
///
/// A matrix product with one operand on both sides, Y'Y with y_i = sqrt(w_i) x_i, so that rows are packed once for both: panels of a few columns, in each
/// the rows one after another. A tile of G in registers reads `wide` columns in order, which stay in the first-level cache, and broadcasts `tall` others, as
/// many of which as stay in the second-level cache meet all the wide ones before the next do.
/// (Goto, van de Geijn: Anatomy of high-performance matrix multiplication, 2008.)
#pragma once
#include <cmath>
#include <cstdint>

#include "kernel/products.h"

namespace linclass::engine {

/// Rows that make a good block: few enough for a wide panel to stay in the caches, and the next block beside the packed one, enough for G, which may lie in
/// main memory and is read and written once a block.
constexpr Index gram_rows = vector_registers == 32 ? 512 : 192;

/// Memory to fetch while others are at work, a line now and then: `runs` of so many bytes, `stride` bytes apart. Into the first level: a Zen 4 forgets what
/// is wanted in the second where it has to look up the page, and columns lie in many.
class Coming {
 public:
  Coming() = default;
  Coming(const void* base, Index run, Index stride, Index runs)
      : base_(static_cast<const char*>(base)), run_(run), stride_(stride), left_(runs) {}
  void fetch() {
    if (left_ == 0) return;
    prefetch<1>(base_ + done_);
    done_ += 64;
    if (done_ >= run_) base_ += stride_, done_ = 0, --left_;
  }

 private:
  const char* base_ = nullptr;
  Index run_ = 0, stride_ = 0, left_ = 0, done_ = 0;
};

template <class T>
class PackedRows {
  static constexpr int S = packet_size<T>;
  // tall x packets sums fill the registers; without a multiply-add, products take some too.
  static constexpr int tall = vector_registers == 32 ? 8 : multiplies_and_adds ? 4 : 3, packets = 3, wide = packets * S;
  // Columns of a panel: one packet, so that `tall` columns come without much else; more where `tall` is no part of that.
  static constexpr int panel = multiplies_and_adds ? S : wide;
  // Columns broadcast on the diagonal where one packet holds all they meet: `tall` sums alone would wait for each other.
  static constexpr int square = multiplies_and_adds && tall == 4 ? S : tall;

 public:
  /// Numbers of T in the memory for `count` rows of `columns` numbers and their scale.
  static Index space(Index count, Index columns) { return count * (padded(columns) + 1) + line<T>; }

  PackedRows(Index count, Index columns, T* memory) : count_(count), columns_(columns), panels_(align(memory)) {}

  T* scale() const { return panels_ + count_ * padded(columns_); }

  /// x: count rows, to be scaled, few at a time, so that memory is read in the order of its addresses.
  template <class V>
  void pack_rows(const Vectors<V>& x) {
    constexpr Index some = 16, most = 4;
    const T* factors = scale();
    for (Index first = 0; first < count_; first += some)
      for (Index j = 0; j < columns_; j += most * S)
        with_width<most>((columns_ - j + S - 1) / S, [&](auto P) {
          T* to[P];
          for (int p = 0; p < P; ++p) to[p] = place(j + p * S);
          const int last = (P - 1) * S, rest = static_cast<int>(std::min<Index>(S, columns_ - j - last));
          for (Index i = first; i < std::min(count_, first + some); ++i) {
            const V *from = x[i] + j, *coming = x[x.list ? std::min(i + some, count_ - 1) : i + some] + j;
            const Packet<T> factor = broadcast(factors[i]);
            const auto put = [&](int p, const Packet<T>& numbers) { store(to[p] + i * panel, Eigen::internal::pmul(numbers, factor)); };
            for (int p = 0; p < P; ++p)
              if (p * S % line<V> == 0) prefetch(coming + p * S);
            for (int p = 0; p < P - 1; ++p) put(p, load_as<T>(from + p * S));
            put(P - 1, rest == S ? load_as<T>(from + last) : load_partial_as<T>(from + last, rest));
          }
        });
  }

  /// x: columns of `count` numbers, to be scaled, of which S at a time are turned into rows.
  template <class V>
  void pack_columns(const Vectors<V>& x) {
    const T* factors = scale();
    for (Index j = 0; j < columns_; j += S) {
      const Ahead<S, S, V, false> coming(x, j + page<V>(count_, S), columns_);
      const V* column[S];
      LINCLASS_UNROLL
      for (int q = 0; q < S; ++q) column[q] = x[std::min(j + q, columns_ - 1)];
      T* to = place(j);
      const auto some = [&](auto&& get, Index i, int rows) {
        const Packet<T> factor = get(factors + i);
        Eigen::internal::PacketBlock<Packet<T>, S> block;
        LINCLASS_UNROLL
        for (int q = 0; q < S; ++q) {
          block.packet[q] = Eigen::internal::pmul(get(column[q] + i), factor);
          coming.fetch(q, i);
        }
        Eigen::internal::ptranspose(block);
        LINCLASS_UNROLL
        for (int r = 0; r < S; ++r)
          if (r < rows) store(to + (i + r) * panel, block.packet[r]);
      };
      Index i = 0;
      for (; i + S <= count_; i += S) some([](const auto* p) { return load_as<T>(p); }, i, S);
      if (const int rest = static_cast<int>(count_ - i)) some([rest](const auto* p) { return load_partial_as<T>(p, rest); }, i, rest);
    }
  }

  /// G += sign Y'Y: columns x columns with leading dimension ldg; some numbers above the diagonal are written too.
  template <class Out>
  void add_gram(Out sign, Out* G, Index ldg, Coming coming) const {
    const Index most = group(count_);
    for (Index first = 0; first < columns_; first += most) {
      const Index end = std::min(columns_, first + most);
      for (Index j = 0; j < end; j += wide)
        for (Index a = std::max(first, j), height = 0; a < end; a += height) {
          if constexpr (square > tall)  // by name: with eight widths to choose from GCC keeps the sums of no tile in registers
            if (a == j && a + square <= end) {
              tile<square, 1, Packet<T>>(a, j, sign, G, ldg, coming);
              height = square;
              continue;
            }
          height = std::min<Index>(tall, end - a);
          with_width<tall>(height, [&](auto C) {
            const Index width = std::min<Index>(wide, a + C - j);  // columns behind the diagonal are not needed
            with_width<packets>((width + S - 1) / S, [&](auto P) {
              const auto tile_of = [&](auto last) {
                tile<decltype(C)::value, decltype(P)::value, decltype(last)>(a, j, sign, G, ldg, coming);
              };
              if constexpr (S > tall)
                if (width <= P * S - S / 2) return tile_of(HalfPacket<T>{});
              tile_of(Packet<T>{});
            });
          });
        }
    }
  }

 private:
  static T* align(T* memory) {
    const auto misplaced = static_cast<Index>(reinterpret_cast<std::uintptr_t>(memory) % 64 / sizeof(T));
    return memory + (line<T> - misplaced) % line<T>;
  }
  static Index padded(Index columns) { return (columns + panel - 1) / panel * panel; }
  /// Columns whose panels stay in the second-level cache.
  static Index group(Index count) { return std::max<Index>(1, (256 << 10) / (count * static_cast<Index>(sizeof(T)) * wide)) * wide; }

  /// The first row's number of column j.
  T* place(Index j) const { return panels_ + j / panel * panel * count_ + j % panel; }

  /// C rows x P packets of G, the last of which may be a half.
  template <int C, int P, class Last, class Out>
  void tile(Index a, Index j, Out sign, Out* G, Index ldg, Coming& coming) const {
    constexpr int whole = (P - 1) * S, size = whole + static_cast<int>(Eigen::internal::unpacket_traits<Last>::size);
    Out* to = G + a * ldg + j;
    Packet<T> total[C][P];
    Last end[C];
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) {
      LINCLASS_UNROLL
      for (int p = 0; p < P - 1; ++p) total[c][p] = broadcast(T(0));
      end[c] = Eigen::internal::pset1<Last>(T(0));
      for (int q = 0; q < size; q += line<Out>) prefetch<1>(to + c * ldg + q);  // as Coming: G lies in many pages too
    }
    const T *left = place(a), *right = place(j);
    const auto column = [next = panel * count_](int c) { return c / panel * next + c % panel; };
    // Rows in which a line may come, for all to come in time.
    const Index pace = std::max<Index>(1, columns_ * line<T> / (2 * tall * wide));
    Index next = 0;
    for (Index i = 0; i < count_; ++i, left += panel, right += panel) {
      if (i == next) coming.fetch(), next += pace;
      Packet<T> value[P];
      LINCLASS_UNROLL
      for (int p = 0; p < P - 1; ++p) value[p] = load(right + column(p * S));
      const Last last = Eigen::internal::ploadu<Last>(right + column(whole));
      LINCLASS_UNROLL
      for (int c = 0; c < C; ++c) {
        const Packet<T> coefficient = broadcast_from(left + column(c));
        LINCLASS_UNROLL
        for (int p = 0; p < P - 1; ++p) total[c][p] = multiply_add(value[p], coefficient, total[c][p]);
        end[c] = multiply_add(last, first_part<Last>(coefficient), end[c]);
      }
    }
    T lanes[C][size];
    LINCLASS_UNROLL
    for (int c = 0; c < C; ++c) {
      LINCLASS_UNROLL
      for (int p = 0; p < P - 1; ++p) store(lanes[c] + p * S, total[c][p]);
      Eigen::internal::pstoreu(lanes[c] + whole, end[c]);
    }
    const auto add = [&](auto width) {
      for (int c = 0; c < C; ++c)
        for (Index q = 0; q < width; ++q) to[c * ldg + q] += sign * static_cast<Out>(lanes[c][q]);
    };
    if (j + size <= columns_)
      add(std::integral_constant<Index, size>{});
    else
      add(columns_ - j);
  }

  Index count_, columns_;
  T* panels_;
};

/// G += sum_i w_i x_i x_i' for the `count` rows of x, or the rows of which x has the columns. Weights of both signs, as a loss that is not convex has them,
/// take two turns.
template <bool by_rows, class T, class V, class Out>
void add_weighted_gram(const Vectors<V>& x, Index count, Index columns, const T* w, Out* G, Index ldg, T* memory, Coming coming) {
  PackedRows<T> packed(count, columns, memory);
  for (const T sign : {T(1), T(-1)}) {
    if (std::count_if(w, w + count, [=](T weight) { return !(sign * weight <= T(0)); }) == 0) continue;
    for (Index i = 0; i < count; ++i) packed.scale()[i] = std::sqrt(std::max(sign * w[i], T(0)));  // of a NaN, a NaN
    if constexpr (by_rows)
      packed.pack_rows(x);
    else
      packed.pack_columns(x);
    packed.add_gram(static_cast<Out>(sign), G, ldg, coming);
  }
}

}  // namespace linclass::engine
