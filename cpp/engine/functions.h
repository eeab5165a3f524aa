/// The public functions (linclass/functions.h) on raw arrays.
#pragma once
#include "entry.h"

namespace linclass::engine {

void compute(FunctionName name, Type type, const void* a, const void* second, const functions::Vectors& layout, void* out);

}  // namespace linclass::engine
