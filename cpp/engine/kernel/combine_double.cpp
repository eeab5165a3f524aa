#include "kernel/combine.h"

namespace linclass::engine {
template void combine(const Vectors<double>&, Index, Fetch, Index, Index, const double*, Index, Index, double, double*, Index);
}  // namespace linclass::engine
