/// The weighted Gram matrix of a block of rows, lower triangle: G += sum_i w_i x_i x_i'.
///
/// A matrix product with one operand on both sides. The rows are packed once, whatever the number of weightings: panels of `wide` columns,
/// in each the rows one after another, so that a tile of G in registers reads its columns in order. The other side of the product is
/// packed from those panels, times the weights, in narrower panels of `tall` columns, as many as stay in the second-level cache.
/// (Goto, van de Geijn: Anatomy of high-performance matrix multiplication, 2008.)
#pragma once
#include <cstdint>

#include "kernel/products.h"

namespace linclass::engine {

/// Rows that make a good block: G, which may lie in main memory, is read and written once a block, and a wide panel stays in the caches (of the second
/// level, where registers are many and steps wide).
constexpr Index gram_rows = vector_registers == 32 ? 512 : 256;

/// Memory to bring into the second-level cache while others are at work, a line now and then.
struct Coming {
  const char *from = nullptr, *end = nullptr;
  void fetch() {
    if (from < end) prefetch(from), from += 64;
  }
};

template <class T>
class PackedRows {
  static constexpr int S = packet_size<T>;
  // tall x packets sums fill the registers. Without a broadcast from memory the weighted panel holds S copies of each number, and without a
  // multiply-add, as there, products take registers too.
  static constexpr int copies = broadcasts_from_memory<T> ? 1 : S;
  static constexpr int tall = vector_registers == 32 ? 8 : 4, packets = copies == 1 ? 3 : 2, wide = packets * S;

 public:
  /// Numbers of T in the memory for `count` rows of `columns` numbers.
  static Index space(Index count, Index columns) { return count * (padded(columns) + group(count, columns) * copies) + line; }

  PackedRows(Index count, Index columns, T* memory) : count_(count), columns_(columns), panels_(align(memory)) {}

  /// x: count rows, few at a time, so that memory is read in the order of its addresses.
  template <class V>
  void pack_rows(const Vectors<V>& x) {
    constexpr Index some = 16;
    for (Index first = 0; first < count_; first += some)
      for (Index j = 0; j < columns_; j += wide)
        with_width<packets>(panel_width(j) / S, [&](auto P) {
          T* to = place(j) + first * (P * S);
          const int last = (P - 1) * S, rest = static_cast<int>(std::min<Index>(S, columns_ - j - last));
          for (Index i = first; i < std::min(count_, first + some); ++i, to += P * S) {
            const V *from = x[i] + j, *coming = x[x.list ? std::min(i + some, count_ - 1) : i + some] + j;
            for (int p = 0; p < P; ++p) prefetch(coming + p * S);
            for (int p = 0; p < P - 1; ++p) store(to + p * S, load_as<T>(from + p * S));
            store(to + last, rest == S ? load_as<T>(from + last) : load_partial_as<T>(from + last, rest));
          }
        });
  }

  /// x: columns of `count` numbers.
  template <class V>
  void pack_columns(const Vectors<V>& x) {
    for (Index j = 0; j < columns_; j += S) {
      T* to = place(j);
      const Index width = panel_width(j);
      turn<T>(x, j, columns_, count_, [&](Index i, const Packet<T>& numbers) { store(to + i * width, numbers); });
    }
  }

  /// G: columns x columns with leading dimension ldg; some numbers above the diagonal are written too.
  template <class Out>
  void add_gram(const T* w, Out* G, Index ldg, Coming coming) const {
    T* weighted = panels_ + count_ * padded(columns_);
    const Index most = group(count_, columns_);
    for (Index first = 0; first < columns_; first += most) {
      const Index end = std::min(columns_, first + most);
      weigh(w, first, end, weighted);
      for (Index j = 0; j < end; j += wide)
        for (Index a = std::max(first, j / tall * tall); a < end; a += tall)
          with_width<tall>(std::min<Index>(tall, end - a), [&](auto C) {
            const Index last = a + C;  // columns behind the diagonal are not needed
            with_width<packets>(std::min<Index>(packets, (last - j + S - 1) / S), [&](auto P) {
              tile<decltype(C)::value, decltype(P)::value>(weighted + (a - first) * copies * count_, j,
                                                           std::min<Index>(P * S, columns_ - j), G + a * ldg + j, ldg, coming);
            });
          });
    }
  }

 private:
  static constexpr Index line = 64 / sizeof(T);
  static T* align(T* memory) {
    const auto misplaced = static_cast<Index>(reinterpret_cast<std::uintptr_t>(memory) % 64 / sizeof(T));
    return memory + (line - misplaced) % line;
  }
  static Index padded(Index columns) { return (columns + S - 1) / S * S; }
  /// Columns whose weighted panels stay in the second-level cache, or all: a small problem asks for little memory.
  static Index group(Index count, Index columns) {
    constexpr Index bytes = (vector_registers == 32 ? 256 : 128) << 10, unit = std::max(S, tall);
    const Index most = bytes / (count * static_cast<Index>(sizeof(T)) * copies) / unit;
    return std::min(std::max<Index>(1, most), (columns + unit - 1) / unit) * unit;
  }

  Index panel_width(Index j) const { return std::min<Index>(wide, padded(columns_) - j / wide * wide); }
  /// The first row's number of column j.
  T* place(Index j) const { return panels_ + j / wide * wide * count_ + j % wide; }

  /// The tall panels of columns [a, end) times the weights. Whole packets, which may belong to two panels: each line of the packed rows is read once.
  void weigh(const T* w, Index a, Index end, T* to) const {
    constexpr int size = std::min(S, tall);
    using Part = std::conditional_t<(S > tall), typename Eigen::internal::unpacket_traits<Packet<T>>::half, Packet<T>>;
    for (Index q = a; q < end; q += S) {
      const T* from = place(q);
      const Index width = panel_width(q);
      T* panel = to + ((q - a) / tall * tall * count_ + (q - a) % tall) * copies;
      for (Index i = 0; i < count_; ++i) {
        const Part weight = Eigen::internal::pset1<Part>(w[i]);
        for (int part = 0; part < S / size; ++part) {
          T* row = panel + (part * count_ + i) * tall * copies;
          Eigen::internal::pstoreu(row, Eigen::internal::pmul(Eigen::internal::ploadu<Part>(from + i * width + part * size), weight));
          if constexpr (copies > 1)
            for (int c = size - 1; c >= 0; --c) store(row + c * copies, broadcast(row[c]));
        }
      }
    }
  }

  /// C rows x P packets of G.
  template <int C, int P, class Out>
  void tile(const T* left, Index j, Index width, Out* G, Index ldg, Coming& coming) const {
    Packet<T> total[C][P];
    for (int c = 0; c < C; ++c)
      for (int p = 0; p < P; ++p) {
        total[c][p] = broadcast(T(0));
        prefetch(G + c * ldg + p * S);
      }
    const T* right = place(j);
    const Index step = panel_width(j);
    for (Index i = 0; i < count_; ++i, left += tall * copies, right += step) {
      if (i % 4 == 0) coming.fetch();
      Packet<T> value[P];
      for (int p = 0; p < P; ++p) value[p] = load(right + p * S);
      for (int c = 0; c < C; ++c) {
        const Packet<T> coefficient = copies == 1 ? broadcast(left[c]) : load(left + c * copies);
        for (int p = 0; p < P; ++p) total[c][p] = multiply_add(value[p], coefficient, total[c][p]);
      }
    }
    T lanes[C][P * S];
    for (int c = 0; c < C; ++c)
      for (int p = 0; p < P; ++p) store(lanes[c] + p * S, total[c][p]);
    const auto add = [&](auto w) {
      for (int c = 0; c < C; ++c)
        for (Index q = 0; q < w; ++q) G[c * ldg + q] += static_cast<Out>(lanes[c][q]);
    };
    if (width == P * S)
      add(std::integral_constant<Index, P * S>{});
    else
      add(width);
  }

  Index count_, columns_;
  T* panels_;
};

}  // namespace linclass::engine
