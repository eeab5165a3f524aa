/// solver="auto": which algorithm, which samples, and why.
#pragma once
#include <string>

#include "data_objective.h"

namespace linclass::engine {

struct Choice {
  Solver solver = Solver::lbfgs;
  Index start_rows = 0;      ///< preconditioned_lbfgs: rows whose optimum is the start; 0: the start is w as it is
  Index curvature_rows = 0;  ///< rows drawn for the first preconditioner, for each direction or for the whole Hessian
  bool whole = false;        ///< the whole Hessian of those rows rather than turned blocks
  bool rounded = false;      ///< passes on data rounded to float32 until the end is near
  int refresh = 0;           ///< iterations with the first preconditioner
  int patience = 0;          ///< iterations until Newton's method with all rows takes over; 0: never
  std::string reason;
};

/// asked: automatic, or preconditioned_lbfgs to have its settings; at_zero: it begins there. A function of n, d, K, the number of nonzeros, type and level,
/// and for float32 of whether columns lie far from 0.
Choice choose(const DataObjective& data, Solver asked, bool at_zero = true);

/// The reason of preconditioned_lbfgs in words; hessian: what H0 is made of.
std::string explain(const Choice& choice, const std::string& hessian);

}  // namespace linclass::engine
