#include <cstdint>

#include "data/csr.h"
#include "pass.h"

namespace linclass::engine {
LINCLASS_COMPILE(Csr<float, std::int32_t>)
LINCLASS_COMPILE(Csr<float, std::int64_t>)
}  // namespace linclass::engine
