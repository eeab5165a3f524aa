/// Which rows a computation is about: a range, or a list of row numbers (a shuffled minibatch).
#pragma once
#include "linclass/data.h"

namespace linclass::engine {

struct Rows {
  Index start;
  Index count;
  const Index* list = nullptr;  ///< row i is list[start + i] where there is a list
  Index operator[](Index i) const { return list ? list[start + i] : start + i; }
  Rows part(Index first, Index number) const { return {start + first, number, list}; }
};

}  // namespace linclass::engine
