/// The inverse of one block of H0, a symmetric positive semidefinite matrix B of float32, kept as D L^-1: with unit diagonal before it is factored,
/// B^-1 = D L^-T L^-1 D.
#pragma once
#include <Eigen/Core>

#include "cholesky.h"
#include "parallel.h"

namespace linclass::engine {

class InverseBlock {
 public:
  /// Of a diagonal matrix; 0 where the diagonal is.
  explicit InverseBlock(const Eigen::VectorXd& diagonal);
  /// The lower triangle of B counts. team: is asked whether to stop.
  InverseBlock(RowMajor<float> B, Team& team);

  static constexpr Index most = 5;  ///< vectors that one read of L^-1 serves: a tile of the kernels
  /// x <- B^-1 x for `count` <= most vectors, one behind the other; scratch: twice as many numbers.
  void apply(double* x, Index count, float* scratch) const;
  Eigen::VectorXd inverse_diagonal() const;

 private:
  RowMajor<float> inverse_;  ///< L^-1, 0 above its diagonal; empty where B is diagonal
  Eigen::VectorXf scale_;    ///< D
  Eigen::VectorXd inverse_diagonal_;
};

}  // namespace linclass::engine
