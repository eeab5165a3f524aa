#include "kernel/combine.h"
#include "kernel/dot_products.h"
#include "kernel/short_rows.h"

namespace linclass::engine {
LINCLASS_PRODUCTS(float, float, float);
LINCLASS_SHORT_PRODUCTS(float, float);
}  // namespace linclass::engine
