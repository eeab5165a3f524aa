/// Labels of a block of rows as the losses want them: outputs x rows numbers, 1 where the output is meant, or by class: its number for each row.
#pragma once
#include "data/rows.h"
#include "simd/packet.h"

namespace linclass::engine {

template <class T>
void fill_targets(const Targets& y, const Rows& rows, bool by_class, Index outputs, T* Y, Index stride) {
  if (y.codes) {
    if (!rows.list)  // a pass goes on there; few codes a block are no stream that a processor would see coming
      for (Index i = rows.count; i < 2 * rows.count; i += line<int>) prefetch(y.codes + rows.start + i);
    if (by_class) {
      for (Index i = 0; i < rows.count; ++i) Y[i] = static_cast<T>(y.codes[rows[i]]);
    } else if (outputs == 1) {
      for (Index i = 0; i < rows.count; ++i) Y[i] = y.codes[rows[i]] == 1 ? T(1) : T(0);
    } else {
      for (Index k = 0; k < outputs; ++k) std::fill_n(Y + k * stride, rows.count, T(0));
      for (Index i = 0; i < rows.count; ++i) Y[y.codes[rows[i]] * stride + i] = T(1);
    }
    return;
  }
  const auto copy = [&](auto* matrix) {
    for (Index i = 0; i < rows.count; ++i)
      for (Index k = 0; k < outputs; ++k) Y[k * stride + i] = static_cast<T>(matrix[rows[i] * y.stride + k]);
  };
  if (y.type == Type::float32)
    copy(static_cast<const float*>(y.matrix));
  else
    copy(static_cast<const double*>(y.matrix));
}

}  // namespace linclass::engine
