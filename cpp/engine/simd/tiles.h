/// Loops over outputs in tiles whose width is known at compile time, so that what belongs to a tile stays in registers.
#pragma once
#include <type_traits>

#include "linclass/data.h"

/// Before a loop of few rounds over an array of packets or outputs: only constant indices keep such an array in registers.
#if defined(__clang__)
#define LINCLASS_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define LINCLASS_UNROLL _Pragma("GCC unroll 32")
#else
#define LINCLASS_UNROLL
#endif

namespace linclass::engine {

/// Calls f(integral_constant width), width in 1..Most known at run time: the step from a number to a compile-time tile.
template <int Most, class F>
inline void with_width(Index width, F&& f) {
  if constexpr (Most > 1)
    if (width < Most) return with_width<Most - 1>(width, f);
  f(std::integral_constant<int, Most>{});
}

/// Calls f(first, integral_constant width) over K outputs, in tiles of nearly equal width.
template <int Most, class F>
inline void each_tile(Index K, F&& f) {
  const Index tiles = (K + Most - 1) / Most;
  for (Index t = 0, first = 0; t < tiles; ++t) {
    const Index width = (K - first + tiles - t - 1) / (tiles - t);
    with_width<Most>(width, [&](auto C) { f(first, C); });
    first += width;
  }
}

}  // namespace linclass::engine
