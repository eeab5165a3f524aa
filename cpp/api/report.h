/// From the engine's outcome to a Report in words.
#pragma once
#include <string>

#include "entry.h"
#include "linclass/fit.h"

namespace linclass {

enum class Subject { data, function };  ///< what advice speaks of

/// Everything but copies and notes.
Report report_of(const engine::Outcome& outcome, const Options& options, Subject subject, std::vector<double> history, double seconds);

}  // namespace linclass
