#include "data/dense.h"
#include "pass.h"

namespace linclass::engine {
LINCLASS_COMPILE(DenseRows<float>)
LINCLASS_COMPILE(DenseColumns<float>)
}  // namespace linclass::engine
