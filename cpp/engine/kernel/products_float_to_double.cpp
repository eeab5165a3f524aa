#include "kernel/combine.h"
#include "kernel/dot_products.h"

namespace linclass::engine {
LINCLASS_PRODUCTS(float, float, double);
}  // namespace linclass::engine
