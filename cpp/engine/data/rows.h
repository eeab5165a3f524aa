/// Which rows a computation is about: a range, or a list of row numbers (a shuffled minibatch).
#pragma once
#include <algorithm>

#include "linclass/data.h"

namespace linclass::engine {

struct Rows {
  Index start;
  Index count;
  const Index* list = nullptr;  ///< row i is list[start + i] where there is a list
  Index listed = 0;             ///< numbers in the list, where those behind these rows may be of use
  Index operator[](Index i) const { return list ? list[start + i] : start + i; }
  Rows part(Index first, Index number) const { return {start + first, number, list, listed}; }
  /// How many of the list follow, up to as many as these.
  Index following() const { return std::clamp<Index>(listed - start - count, 0, count); }
};

}  // namespace linclass::engine
