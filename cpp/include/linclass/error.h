/// The one exception of the library: misuse and bad data. Outcomes of a fit (not converged, out of time) are in its Report.
#pragma once
#include <stdexcept>

#include "linclass/export.h"

namespace linclass {

/// Says what was wrong, what arrived and what to do. Python shows the same sentence as a ValueError.
/// Memory that cannot be had is std::bad_alloc; an exception of the user's own function passes through unchanged.
class LINCLASS_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~Error() override;
};

}  // namespace linclass
