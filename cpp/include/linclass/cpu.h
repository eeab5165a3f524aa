/// The CPU level whose engine computes: "v2", "v3", "v4" (x86-64), "arm64", or "native" where one engine is linked in.
#pragma once
#include <string>
#include <vector>

#include "linclass/export.h"

namespace linclass::cpu {

/// The level in use: the highest that this processor and operating system support, or what the environment variable
/// LINCLASS_LEVEL asks for. Throws Error, naming the good values, when that is unknown, not built or not supported.
LINCLASS_API std::string level();

/// Levels that are built into this installation and supported by this machine, lowest first.
LINCLASS_API std::vector<std::string> levels();

/// Threads that a computation uses by default: OMP_NUM_THREADS, else the cores that the process may use (affinity and cgroup quota).
LINCLASS_API int threads();

}  // namespace linclass::cpu
