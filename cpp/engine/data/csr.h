/// Compressed sparse rows. Packed weights and gradients are columns x outputs, so that a stored value meets its K weights side by side;
/// they are double, since a value is loaded once for all of them.
#pragma once
#include "data/rows.h"
#include "kernel/gram.h"

namespace linclass::engine {

/// T: of all arithmetic; V: of the numbers as they are stored, the same or narrower.
template <class T, class I, class V = T>
class Csr {
 public:
  using Scalar = T;
  using Weight = double;
  static constexpr bool sparse = true;
  static constexpr bool any_rows = true;
  static constexpr bool can_walk = false;

  Csr(Index rows, Index columns, const V* values, const I* indices, const Index* starts)
      : rows(rows), columns(columns), values_(values), indices_(indices), starts_(starts) {}
  const Index rows, columns;

  Index at(Index K, Index k, Index j) const { return j * K + k; }
  Index extent(Index K) const { return K; }
  Index block_rows(Index K) const {
    const double numbers = cost(rows) / static_cast<double>(rows > 0 ? rows : 1);
    return near_rows(numbers * sizeof(T) + 16.0 * static_cast<double>(K), 8, 512);
  }
  double cost(Index row_count) const {
    return rows == 0 ? 0 : static_cast<double>(starts_[rows] - starts_[0]) * static_cast<double>(row_count) / static_cast<double>(rows);
  }

  /// f(column, value) for each stored value of row i.
  template <class F>
  void each(Index i, F&& f) const {
    for (Index p = starts_[i]; p < starts_[i + 1]; ++p) f(static_cast<Index>(indices_[p]), static_cast<T>(values_[p]));
  }
  T at_row(Index i, Index j) const {
    T total = 0;
    each(i, [&](Index column, T value) { total += column == j ? value : T(0); });
    return total;
  }

  void scores(const Rows& rows, const double* W, Index K, T* Z, Index ldz) const {
    constexpr Index most = 32;  // outputs at a time, on the stack
    for (Index first = 0; first < K; first += most) {
      const Index width = K - first < most ? K - first : most;
      for (Index i = 0; i < rows.count; ++i) {
        double total[most] = {};
        each(rows[i], [&](Index j, T value) {
          const double* w = W + j * K + first;
          for (Index k = 0; k < width; ++k) total[k] += static_cast<double>(value) * w[k];
        });
        for (Index k = 0; k < width; ++k) Z[(first + k) * ldz + i] = static_cast<T>(total[k]);
      }
    }
  }
  void add(const Rows& rows, const T* R, Index ldr, Index K, double factor, double* G, Index begin, Index end) const {
    constexpr Index most = 32;
    for (Index first = begin; first < end; first += most) {
      const Index width = end - first < most ? end - first : most;
      for (Index i = 0; i < rows.count; ++i) {
        double coefficient[most];
        for (Index k = 0; k < width; ++k) coefficient[k] = factor * static_cast<double>(R[(first + k) * ldr + i]);
        each(rows[i], [&](Index j, T value) {
          double* g = G + j * K + first;
          for (Index k = 0; k < width; ++k) g[k] += coefficient[k] * static_cast<double>(value);
        });
      }
    }
  }
  Index gram_space(Index) const { return 0; }
  Coming coming(const Rows&) const { return {}; }
  template <class Out>
  void add_gram(const Rows& rows, const T* w, Out* G, Index ldg, T*, Coming) const {
    for (Index i = 0; i < rows.count; ++i)
      each(rows[i], [&](Index a, T left) {
        const double weighted = static_cast<double>(w[i]) * static_cast<double>(left);
        each(rows[i], [&](Index j, T right) {
          if (j <= a) G[a * ldg + j] += static_cast<Out>(weighted * static_cast<double>(right));
        });
      });
  }

 private:
  const V* values_;
  const I* indices_;
  const Index* starts_;
};

}  // namespace linclass::engine
