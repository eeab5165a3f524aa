#include "kernel/combine.h"

namespace linclass::engine {
template void combine(const Vectors<float>&, Index, Fetch, Index, Index, const float*, Index, Index, double, double*, Index);
}  // namespace linclass::engine
