#include "kernel/combine.h"

namespace linclass::engine {
template void combine(const Vectors<float>&, Index, Fetch, Index, Index, const float*, Index, Index, float, float*, Index);
}  // namespace linclass::engine
