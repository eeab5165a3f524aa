/// From the runtime type of X to the compile-time one, once a call.
#pragma once
#include <cstdint>

#include "data/csr.h"
#include "data/dense.h"

namespace linclass::engine {

/// X of V with all arithmetic in T.
template <class T, class V, class F>
decltype(auto) visit_as(const Matrix& X, F&& f) {
  const V* values = static_cast<const V*>(X.values);
  switch (X.layout) {
    case Layout::row_major: return f(DenseRows<T, V>(X.rows, X.columns, values, X.stride));
    case Layout::column_major: return f(DenseColumns<T, V>(X.rows, X.columns, values, X.stride));
    default: break;
  }
  if (X.index_type == IndexType::int32)
    return f(Csr<T, std::int32_t, V>(X.rows, X.columns, values, static_cast<const std::int32_t*>(X.column_indices), X.row_starts));
  return f(Csr<T, std::int64_t, V>(X.rows, X.columns, values, static_cast<const std::int64_t*>(X.column_indices), X.row_starts));
}

template <class F>
decltype(auto) visit(const Matrix& X, F&& f) {
  return X.type == Type::float32 ? visit_as<float, float>(X, f) : visit_as<double, double>(X, f);
}

}  // namespace linclass::engine
