/// Which engine computes: the levels that were built, those that this machine supports, and the one that is loaded on first use.
#pragma once
#include <string>
#include <vector>

#include "entry.h"

namespace linclass {

/// Built and supported by this machine, lowest first.
std::vector<std::string> usable_levels();

/// The engine of the level that LINCLASS_LEVEL asks for, else of the highest usable one. Loaded once; throws Error when that cannot be.
const engine::Table& engine_table();

}  // namespace linclass
