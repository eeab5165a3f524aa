/// Float32 data with all arithmetic in double, for the last digits.
#include <cstdint>

#include "data/csr.h"
#include "pass.h"

namespace linclass::engine {
namespace {
using WideShort = Csr<double, std::int32_t, float>;
using WideLong = Csr<double, std::int64_t, float>;
}  // namespace
LINCLASS_COMPILE_PASS(WideShort)
LINCLASS_COMPILE_PASS(WideLong)
}  // namespace linclass::engine
