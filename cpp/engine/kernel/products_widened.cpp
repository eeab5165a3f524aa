#include "kernel/combine.h"
#include "kernel/dot_products.h"
#include "kernel/short_rows.h"

namespace linclass::engine {
LINCLASS_PRODUCTS(double, float, double);
LINCLASS_SHORT_PRODUCTS(double, float);
}  // namespace linclass::engine
