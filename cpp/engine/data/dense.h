/// Dense views. Rows of a row-major X and columns of a column-major X are both vectors in memory, so the two layouts share two kernels
/// with their roles exchanged.
///
/// What every storage offers (csr.h too), with weights "packed" as the storage likes them:
///   at(K, k, j)     place of weight (k, j) in a packed array of K * columns numbers
///   scores          Z(k, i) = w_k . x_i, Z of T with leading dimension ldz
///   extent(K), add  G(part) += factor * sum_i R(k, i) x_i for one part [begin, end) of extent(K), so that threads may share the work
///   add_gram        the lower triangle of G += sum_i w_i x_i x_i', columns x columns with leading dimension ldg; spare: columns * rows of T
///   cost            multiply-adds of one read of these rows for one output
#pragma once
#include "data/rows.h"
#include "kernel/products.h"

namespace linclass::engine {

template <class T>
class Dense {
 public:
  using Scalar = T;
  using Weight = T;  ///< of the packed weights in a pass
  static constexpr bool sparse = false;

  Dense(Index rows, Index columns, const T* values, Index stride) : rows(rows), columns(columns), values_(values), stride_(stride) {}
  const Index rows, columns;

  Index at(Index, Index k, Index j) const { return k * columns + j; }
  Index extent(Index) const { return columns; }
  double cost(Index row_count) const { return static_cast<double>(row_count) * static_cast<double>(columns); }

 protected:
  const T* values_;
  Index stride_;
};

template <class T>
class DenseRows : public Dense<T> {
 public:
  using Dense<T>::Dense;
  static constexpr bool any_rows = true;  ///< rows may be given as a list
  T at_row(Index i, Index j) const { return this->values_[i * this->stride_ + j]; }

  void scores(const Rows& rows, const T* W, Index K, T* Z, Index ldz) const {
    dot_products(vectors(rows), rows.count, W, this->columns, K, this->columns, [=](Index k, Index i, T z) { Z[k * ldz + i] = z; });
  }
  void add(const Rows& rows, const T* R, Index ldr, Index K, double factor, double* G, Index begin, Index end) const {
    combine(vectors(rows), rows.count, begin, end, R, ldr, K, factor, G, this->columns);
  }
  void add_gram(const Rows& rows, const T* w, double* G, Index ldg, T* spare) const {
    constexpr Index strip = 8;  // rows at a time, so that the transpose writes whole cache lines
    const Vectors<T> x = vectors(rows);
    for (Index start = 0; start < rows.count; start += strip) {
      const Index m = std::min(strip, rows.count - start);
      const T* row[strip];
      for (Index i = 0; i < m; ++i) row[i] = x[start + i];
      for (Index j = 0; j < this->columns; ++j)
        for (Index i = 0; i < m; ++i) spare[j * rows.count + start + i] = w[start + i] * row[i][j];
    }
    combine_lower(x, rows.count, this->columns, spare, rows.count, G, ldg);
  }

 private:
  Vectors<T> vectors(const Rows& rows) const {
    if (rows.list) return {this->values_, this->stride_, rows.list + rows.start};
    return {this->values_ + rows.start * this->stride_, this->stride_, nullptr};
  }
};

template <class T>
class DenseColumns : public Dense<T> {
 public:
  using Dense<T>::Dense;
  static constexpr bool any_rows = false;  ///< only ranges of rows: single rows of a column-major X touch a cache line a number
  T at_row(Index i, Index j) const { return this->values_[j * this->stride_ + i]; }

  void scores(const Rows& rows, const T* W, Index K, T* Z, Index ldz) const {
    for (Index k = 0; k < K; ++k)
      for (Index i = 0; i < rows.count; ++i) Z[k * ldz + i] = 0;
    combine(vectors(rows, 0), this->columns, 0, rows.count, W, this->columns, K, T(1), Z, ldz);
  }
  void add(const Rows& rows, const T* R, Index ldr, Index K, double factor, double* G, Index begin, Index end) const {
    const Index d = this->columns;
    dot_products(vectors(rows, begin), end - begin, R, ldr, K, rows.count,
                 [=](Index k, Index j, T sum) { G[k * d + begin + j] += factor * static_cast<double>(sum); });
  }
  void add_gram(const Rows& rows, const T* w, double* G, Index ldg, T* spare) const {
    const Vectors<T> x = vectors(rows, 0);
    for (Index j = 0; j < this->columns; ++j)
      for (Index i = 0; i < rows.count; ++i) spare[j * rows.count + i] = w[i] * x[j][i];
    each_tile<dot_tile_outputs>(this->columns, [&](Index first, auto width) {
      dot_products(x, first + width, spare + first * rows.count, rows.count, width, rows.count,
                   [=](Index a, Index j, T sum) { G[(first + a) * ldg + j] += static_cast<double>(sum); });
    });
  }

 private:
  Vectors<T> vectors(const Rows& rows, Index column) const {
    return {this->values_ + column * this->stride_ + rows.start, this->stride_, nullptr};
  }
};

}  // namespace linclass::engine
