/// From the engine's outcome to a Report in words.
#pragma once
#include <string>

#include "entry.h"
#include "linclass/fit.h"

namespace linclass {

/// Everything but history, copies and notes. `noun` names the figure that tol bounds.
Report report_of(const engine::Outcome& outcome, const Options& options, std::vector<double> history, double seconds);

}  // namespace linclass
