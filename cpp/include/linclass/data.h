/// Views of the caller's data: X as n x d features (dense or CSR), y as class codes or an indicator matrix. Nothing is owned or copied.
#pragma once
#include <cstdint>
#include <type_traits>
#include <vector>

namespace linclass {

using Index = std::int64_t;

enum class Type : int { float32, float64 };
enum class Layout : int { row_major, column_major, csr };
enum class IndexType : int { int32, int64 };

template <class T>
constexpr Type type_of() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>, "linclass computes on float and double");
  return std::is_same_v<T, float> ? Type::float32 : Type::float64;
}

/// X, rows x columns, one row a sample. The memory must outlive whatever uses the view.
struct Matrix {
  Index rows = 0;
  Index columns = 0;
  Type type = Type::float64;
  Layout layout = Layout::row_major;
  const void* values = nullptr;          ///< dense: the first element; csr: the stored values
  Index stride = 0;                      ///< row_major: elements from row to row (may be negative); column_major: from column to column
  const Index* row_starts = nullptr;     ///< csr: rows + 1 offsets into values
  const void* column_indices = nullptr;  ///< csr: the column of each value; int32 or int64 as index_type says
  IndexType index_type = IndexType::int32;
};

/// Row-major dense view; `stride` elements from row to row, by default `columns`.
template <class T>
Matrix dense(const T* values, Index rows, Index columns, Index stride = -1) {
  Matrix X;
  X.rows = rows, X.columns = columns, X.type = type_of<T>(), X.values = values, X.stride = stride == -1 ? columns : stride;
  return X;
}

/// Column-major dense view; `stride` elements from column to column, by default `rows`.
template <class T>
Matrix dense_columns(const T* values, Index rows, Index columns, Index stride = -1) {
  Matrix X = dense(values, rows, columns, stride == -1 ? rows : stride);
  X.layout = Layout::column_major;
  return X;
}

/// Compressed sparse rows; duplicates add up, the order within a row is free.
template <class T, class I>
Matrix csr(const T* values, const I* column_indices, const Index* row_starts, Index rows, Index columns) {
  static_assert(std::is_integral_v<I> && std::is_signed_v<I> && (sizeof(I) == 4 || sizeof(I) == 8), "column indices are int32 or int64");
  Matrix X = dense(values, rows, columns, 0);
  X.layout = Layout::csr;
  X.row_starts = row_starts, X.column_indices = column_indices;
  X.index_type = sizeof(I) == 4 ? IndexType::int32 : IndexType::int64;
  return X;
}

/// y: either one class code 0..classes-1 a row, or an indicator / soft-label matrix of rows x classes.
struct Targets {
  Index rows = 0;
  Index classes = 0;  ///< number of classes, or columns of the matrix; 0 = one more than the largest code
  const int* codes = nullptr;
  const void* matrix = nullptr;  ///< row-major, values in [0, 1]
  Type type = Type::float64;     ///< of the matrix
  Index stride = 0;              ///< of the matrix: elements from row to row
};

inline Targets classes(const int* codes, Index rows, Index classes = 0) {
  Targets y;
  y.rows = rows, y.classes = classes, y.codes = codes;
  return y;
}
inline Targets classes(const std::vector<int>& codes, Index number = 0) {
  return classes(codes.data(), static_cast<Index>(codes.size()), number);
}

template <class T>
Targets indicator(const T* matrix, Index rows, Index columns, Index stride = -1) {
  Targets y;
  y.rows = rows, y.classes = columns, y.matrix = matrix, y.type = type_of<T>(), y.stride = stride == -1 ? columns : stride;
  return y;
}

}  // namespace linclass
