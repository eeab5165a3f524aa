#include "data/dense.h"
#include "pass.h"

namespace linclass::engine {
LINCLASS_COMPILE(DenseRows<double>)
LINCLASS_COMPILE(DenseColumns<double>)
}  // namespace linclass::engine
