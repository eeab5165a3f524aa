#include "data/scan.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/visit.h"

namespace linclass::engine {

Place first_nonfinite(const Matrix& X) {
  return visit(X, [](const auto& x) -> Place {
    for (Index i = 0; i < x.rows; ++i) {
      Index found = -1;
      const auto look = [&](Index j, auto value) {
        if (found < 0 && !std::isfinite(value)) found = j;
      };
      if constexpr (std::decay_t<decltype(x)>::sparse)
        x.each(i, look);
      else
        for (Index j = 0; j < x.columns; ++j) look(j, x.at_row(i, j));
      if (found >= 0) return {i, found};
    }
    return {};
  });
}

Index first_bad_row(const Matrix& X, Team& team) {
  const Index pieces = std::clamp<Index>(X.rows / 4096, 1, 64);
  std::vector<Index> bad(static_cast<std::size_t>(pieces), -1);
  const auto scan = [&](const auto* columns) {
    // Row starts first: the columns lie where these say.
    for (Index i = 0; i < X.rows; ++i)
      if (X.row_starts[i] < 0 || X.row_starts[i + 1] < X.row_starts[i]) return i;
    team.run(pieces, [&](Index piece, int) {
      const Index end = X.rows * (piece + 1) / pieces;
      for (Index i = X.rows * piece / pieces; i < end; ++i) {
        if (i % 1024 == 0) team.check();
        for (Index p = X.row_starts[i]; p < X.row_starts[i + 1]; ++p)
          if (columns[p] < 0 || static_cast<Index>(columns[p]) >= X.columns) {
            bad[static_cast<std::size_t>(piece)] = i;
            return;
          }
      }
    });
    for (const Index row : bad)
      if (row >= 0) return row;
    return Index{-1};
  };
  return X.index_type == IndexType::int32 ? scan(static_cast<const std::int32_t*>(X.column_indices))
                                          : scan(static_cast<const std::int64_t*>(X.column_indices));
}

}  // namespace linclass::engine
