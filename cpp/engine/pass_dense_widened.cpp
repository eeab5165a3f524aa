/// Float32 data with all arithmetic in double, for the last digits.
#include "data/dense.h"
#include "pass.h"

namespace linclass::engine {
namespace {
using WideRows = DenseRows<double, float>;
using WideColumns = DenseColumns<double, float>;
}  // namespace
LINCLASS_COMPILE_PASS(WideRows)
LINCLASS_COMPILE_PASS(WideColumns)
}  // namespace linclass::engine
