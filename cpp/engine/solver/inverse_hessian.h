/// H0, the guess of the inverse Hessian that L-BFGS begins each direction with.
#pragma once
#include <Eigen/Core>

namespace linclass::engine {

class InverseHessian {
 public:
  virtual ~InverseHessian() = default;
  /// g <- H0 g
  virtual void apply(Eigen::VectorXd& g) = 0;
  /// Steps of H0 g have the right length; else L-BFGS scales them to the last pair, for a second product.
  virtual bool scaled() const { return false; }
};

}  // namespace linclass::engine
