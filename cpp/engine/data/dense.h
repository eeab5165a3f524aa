/// Dense views. Rows of a row-major X and columns of a column-major X are both vectors in memory, so the two layouts share two kernels
/// with their roles exchanged.
///
/// What every storage offers (csr.h too), with weights "packed" as the storage likes them:
///   at(K, k, j)     place of weight (k, j) in a packed array of K * columns numbers
///   scores          Z(k, i) = w_k . x_i, Z of T with leading dimension ldz; of dense rows also the part of columns [begin, end)
///   extent(K), add  G(part) += factor * sum_i R(k, i) x_i for one part [begin, end) of extent(K), so that threads may share the work
///   add_gram        the lower triangle of G += sum_i w_i x_i x_i', columns x columns with leading dimension ldg, in memory for gram_space numbers of T
///   coming          the rows behind these, where add_gram gains by fetching them meanwhile
///   block_rows(K)   rows that go from their scores to their gradient together
///   cost            multiply-adds of one read of these rows for one output
#pragma once
#include "data/rows.h"
#include "kernel/gram.h"
#include "kernel/products.h"
#include "kernel/walk.h"

namespace linclass::engine {

/// T: of all arithmetic; V: of the numbers as they are stored, the same or narrower.
template <class T, class V>
class Dense {
 public:
  using Scalar = T;
  using Stored = V;
  using Weight = T;  ///< of the packed weights in a pass
  static constexpr bool sparse = false;

  Dense(Index rows, Index columns, const V* values, Index stride) : rows(rows), columns(columns), values_(values), stride_(stride) {}
  const Index rows, columns;

  Index at(Index, Index k, Index j) const { return k * columns + j; }
  Index extent(Index) const { return columns; }
  double cost(Index row_count) const { return static_cast<double>(row_count) * static_cast<double>(columns); }
  /// Of a row and K scores.
  double row_bytes(Index K) const { return static_cast<double>(columns) * sizeof(V) + 16.0 * static_cast<double>(K); }

  Index gram_space(Index row_count) const { return PackedRows<T>::space(row_count, columns); }

 protected:
  /// Worth it, as measured, where they stay near.
  Coming coming_from(const V* base, Index length, Index count) const {
    constexpr Index size = sizeof(V);
    if (length * count * size > 2 * block_bytes) return {};
    return {base, length * size, stride_ * size, count};
  }
  static void clear(Index count, Index K, T* Z, Index ldz) {
    for (Index k = 0; k < K; ++k) std::fill_n(Z + k * ldz, count, T(0));
  }
  const V* values_;
  Index stride_;
};

template <class T, class V = T>
class DenseRows : public Dense<T, V> {
 public:
  /// coming: memory that is wanted after these rows, twice as many numbers as they have; by default what follows them.
  DenseRows(Index rows, Index columns, const V* values, Index stride, const void* coming = nullptr)
      : Dense<T, V>(rows, columns, values, stride), coming_(coming) {}
  static constexpr bool any_rows = true;  ///< rows may be given as a list
  static constexpr bool can_walk = true;
  /// Whether walk_rows is the faster way, as measured: one output, or few ones of rows that are not too short, where X comes from memory.
  bool walks(Index K) const {
    const double bytes = this->cost(this->rows) * sizeof(V);
    return K == 1 || (K <= walk_outputs && this->columns >= 24 && bytes > 16 << 20);
  }
  /// Rows of a block. Where they are long, enough for their gradient to be worth a pass through K of them; what is walked need not stay in the caches.
  Index block_rows(Index K) const { return near_rows(this->row_bytes(K), walks(K) ? 128 : std::min<Index>(8 * K, 128), 512); }
  const V* row(Index i) const { return this->values_ + i * this->stride_; }
  T at_row(Index i, Index j) const { return static_cast<T>(row(i)[j]); }

  void scores(const Rows& rows, const T* W, Index K, T* Z, Index ldz) const { scores(rows, 0, this->columns, W, K, Z, ldz); }
  void scores(const Rows& rows, Index begin, Index end, const T* W, Index K, T* Z, Index ldz) const {
    Vectors<V> x = vectors(rows);
    x.base += begin;
    W += begin;
    const Index d = this->columns, count = end - begin;
    if (short_products(x, rows.count, W, d, K, count, Z, ldz)) return;
    this->clear(rows.count, K, Z, ldz);
    const Fetch fetch = coming_ ? Fetch{Fetch::block, distance(x.base, coming_)} : Fetch{Fetch::stretch, rows.following()};
    dot_products(x, rows.count, fetch, W, d, K, count, T(1), Z, ldz);
  }
  void add(const Rows& rows, const T* R, Index ldr, Index K, double factor, double* G, Index begin, Index end) const {
    const Index numbers = rows.list ? rows.following() : rows.count * this->stride_;
    const bool far = rows.count * (end - begin) * static_cast<Index>(sizeof(V)) > block_bytes * 5 / 4;
    const Fetch fetch{far                               ? Fetch::stretch
                      : fetches_next_block || rows.list ? Fetch::block
                                                        : Fetch::nothing,
                      coming_ ? distance(vectors(rows).base, coming_) + numbers : numbers};
    combine(vectors(rows), rows.count, fetch, begin, end, R, ldr, K, factor, G, this->columns);
  }
  template <class Out>
  void add_gram(const Rows& rows, const T* w, Out* G, Index ldg, T* memory, Coming coming) const {
    add_weighted_gram<true>(vectors(rows), rows.count, this->columns, w, G, ldg, memory, coming);
  }
  Coming coming(const Rows& rows) const {
    if (rows.list) return {};
    return this->coming_from(row(rows.start + rows.count), this->columns, rows.count);
  }

  /// Numbers of T that a walk for K outputs works with.
  Index walk_space(Index K) const { return K * padded(); }
  /// A pass of few outputs: scores into Z, of which residuals(first, count) makes residuals, and G += sum_i Z(i) x_i.
  template <class Residuals>
  void walk_rows(const Rows& rows, const T* W, Index K, T* Z, Index ldz, T* own, double* G, const Residuals& residuals) const {
    const Vectors<V> x = vectors(rows);
    const Index d = this->columns, strip = walk_strip<T, V>(d), first = std::min(strip, rows.count);
    std::fill_n(own, walk_space(K), T(0));
    scores(rows.part(0, first), W, K, Z, ldz);
    residuals(0, first);
    Index last = 0;
    for (Index i = strip; i < rows.count; last = i, i += strip) {
      with_width<walk_outputs>(K, [&](auto outputs) {
        with_order(x, d, [&](auto order) {
          constexpr int C = decltype(outputs)::value;
          const auto walk_by = [&](auto R) {
            walk<C, decltype(R)::value, decltype(order)::value>(x, i, strip, rows.count, d, W, Z, ldz, own, padded());
          };
          if constexpr (C <= single_walk_outputs<T>)
            if (walks_singly<T, V>(C, d)) return walk_by(std::integral_constant<int, 1>{});
          walk_by(std::integral_constant<int, walk_vectors(C)>{});
        });
      });
      residuals(i, std::min(strip, rows.count - i));
    }
    add(rows.part(last, rows.count - last), Z + last, ldz, K, 1.0, G, 0, d);
    const Index whole = d - d % packet_size<T>, shift = rest_lane<T>(static_cast<int>(d - whole), d);
    for (Index k = 0; k < K; ++k)
      for (Index j = 0; j < d; ++j) G[k * d + j] += static_cast<double>(own[k * padded() + j + (j < whole ? 0 : shift)]);
  }

 private:
  static Index distance(const V* from, const void* to) {
    return static_cast<Index>(reinterpret_cast<std::intptr_t>(to) - reinterpret_cast<std::intptr_t>(from)) / static_cast<Index>(sizeof(V));
  }
  Index padded() const { return (this->columns + packet_size<T> - 1) / packet_size<T> * packet_size<T>; }
  Vectors<V> vectors(const Rows& rows) const {
    if (rows.list) return {this->values_, this->stride_, rows.list + rows.start};
    return {this->values_ + rows.start * this->stride_, this->stride_, nullptr};
  }
  const void* coming_;
};

template <class T, class V = T>
class DenseColumns : public Dense<T, V> {
 public:
  using Dense<T, V>::Dense;
  static constexpr bool can_walk = walk_columns_outputs<T, V> > 0;
  /// As measured: few outputs, and columns so many that a block of rows would be read twice, but not so many that no cache keeps the rows of a walk.
  bool walks(Index K) const {
    const Index bytes = this->columns * static_cast<Index>(sizeof(V));
    return K <= walk_columns_outputs<T, V> && bytes > 20 << 10 && bytes <= 256 << 10;
  }
  static constexpr bool any_rows = false;  ///< only ranges of rows: single rows of a column-major X touch a cache line a number
  Index block_rows(Index K) const { return way(K).rows; }
  T at_row(Index i, Index j) const { return static_cast<T>(this->values_[j * this->stride_ + i]); }

  void scores(const Rows& rows, const T* W, Index K, T* Z, Index ldz) const { scores(rows, 0, this->columns, W, K, Z, ldz); }
  void scores(const Rows& rows, Index begin, Index end, const T* W, Index K, T* Z, Index ldz) const {
    this->clear(rows.count, K, Z, ldz);
    combine(vectors(rows, begin), end - begin, {way(K).fetch, rows.count}, 0, rows.count, W + begin, this->columns, K, T(1), Z, ldz);
  }
  void add(const Rows& rows, const T* R, Index ldr, Index K, double factor, double* G, Index begin, Index end) const {
    const double bytes = static_cast<double>(rows.count) * this->row_bytes(0);
    Fetch::What what = few(K) ? Fetch::half_block : Fetch::nothing;
    if (bytes > 2 * block_bytes && whole_lines)
      what = K <= dot_tile_outputs && bytes <= 3 << 20 ? Fetch::both : Fetch::stretch;  // the third level keeps it
    else if (bytes > 2 * block_bytes && few(K))
      what = Fetch::stretch;
    dot_products(vectors(rows, begin), end - begin, {what, rows.count}, R, ldr, K, rows.count, factor, G + begin, this->columns);
  }
  /// Numbers of T that a walk works with.
  Index walk_space(Index) const { return this->columns * walk_height<V>; }
  /// As for rows. Rows that are left are walked with some before them, which count once.
  template <class Residuals>
  void walk_rows(const Rows& rows, const T* W, Index K, T* Z, Index ldz, T* own, double* G, const Residuals& residuals) const {
    constexpr Index height = walk_height<V>;
    const Index d = this->columns;
    if (rows.count < height) {
      scores(rows, W, K, Z, ldz);
      residuals(0, rows.count);
      return add(rows, Z, ldz, K, 1.0, G, 0, d);
    }
    alignas(64) T z[walk_outputs * height], r[walk_outputs * height];
    for (Index i = 0; i < rows.count; i += height) {
      const Index begin = std::min(i, rows.count - height), met = i - begin, count = height - met;
      with_width<walk_columns_outputs<T, V>>(K, [&](auto outputs) {
        walk_columns<decltype(outputs)::value>(vectors(rows, 0).base + begin, this->stride_, d, own, W, z, i > 0 ? r : nullptr, G);
      });
      for (Index k = 0; k < K; ++k) std::copy_n(z + k * height + met, count, Z + k * ldz + i);
      residuals(i, count);
      for (Index k = 0; k < K; ++k) std::copy_n(Z + k * ldz + i, count, std::fill_n(r + k * height, met, T(0)));
    }
    DenseColumns<T>(height, d, own, height).add({0, height}, r, height, K, 1.0, G, 0, d);
  }
  template <class Out>
  void add_gram(const Rows& rows, const T* w, Out* G, Index ldg, T* memory, Coming coming) const {
    add_weighted_gram<false>(vectors(rows, 0), rows.count, this->columns, w, G, ldg, memory, coming);
  }
  Coming coming(const Rows& rows) const { return this->coming_from(vectors(rows, 0).base + rows.count, rows.count, this->columns); }

 private:
  /// Packets as long as a cache line. Shorter ones ask for a line again and again where they fetch: not worth it beside many outputs, nor twice as much.
  static constexpr bool whole_lines = sizeof(Packet<T>) >= 64;
  static bool few(Index K) { return K <= combine_tile_outputs; }
  static constexpr Index scores_bytes = 24 << 10;  ///< that stay in the first-level cache

  /// Rows of a block, and what their scores fetch; as measured. Memory answers long runs of columns sooner, but the gradient wants the block in a cache:
  /// the second level for several tiles of outputs, which take their time, else the third. Rows that are too long for it are read twice, in runs so long
  /// that the outputs take as long as memory. Scores that stay in the first-level cache are sums of streams. Never 4096 bytes of a column: what is fetched
  /// behind them would meet them in the same lines of a cache.
  struct Way {
    Index rows;
    Fetch::What fetch;
  };
  Way way(Index K) const {
    constexpr Index size = sizeof(V), near = 1024 / size;
    const Index most = static_cast<Index>(2 * block_bytes / this->row_bytes(0)) / 64 * 64;
    if (!few(K) && near <= most) return {this->columns <= 320 ? std::min<Index>(448, most) : near, Fetch::block};
    const Index run = std::min<Index>(2560, far_block_bytes / this->columns) / 128 * 128;
    const Index score = static_cast<Index>(sizeof(T)) * K, many = (few(K) ? scores_bytes : weights_bytes) / score;
    const bool in_third_level = run >= 512 && (few(K) || whole_lines);
    const Index rows = in_third_level ? run / size : std::clamp<Index>(many, 320, (19 << 10) / size) / 64 * 64;
    return {rows, rows * score <= scores_bytes ? Fetch::streams : Fetch::stretch};
  }
  Vectors<V> vectors(const Rows& rows, Index column) const {
    return {this->values_ + column * this->stride_ + rows.start, this->stride_, nullptr};
  }
};

}  // namespace linclass::engine
