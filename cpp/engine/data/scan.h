/// What only a look at every number can show. Asked once for a CSR structure, and for values after a result that is not finite.
#pragma once
#include "parallel.h"

namespace linclass::engine {

struct Place {
  Index row = -1, column = -1;
};

/// The first NaN or infinity of X.
Place first_nonfinite(const Matrix& X);

/// The first row of a csr with a falling row start or a column index out of range, or -1.
Index first_bad_row(const Matrix& X, Team& team);

}  // namespace linclass::engine
