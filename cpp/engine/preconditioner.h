/// H0, an approximate inverse Hessian for L-BFGS, from a sample of rows in float32.
///
/// The Hessian of a loss of K scores is sum_i H_i (x) x_i x_i', H_i (K x K) the curvature of row i by its scores. For few parameters H0 inverts that
/// sum over a sample. For more, the outputs are turned first: U' A U = diag(a), A the mean of the H_i, so that in the new directions u_j the off-diagonal blocks
/// are 0 on average, and only the K diagonal ones are factored:
///   B_j = sum_i (u_j' H_i u_j) x_i x_i' / n + l2 C^2,     H0 = (U (x) I) diag(B_1^-1, ..., B_K^-1) (U' (x) I)
/// With U = I these are the per-class blocks of Newton-type methods, with H_i = A for all i the Kronecker form A (x) X'X; turned blocks keep what is
/// good of both. The rows of B_j are drawn in proportion to u_j' H_i u_j (Xu et al., Sub-sampled Newton methods with non-uniform sampling, 2016): few rows of a
/// trained classifier are uncertain, and only they have curvature. Directions whose curvature is in proportion share a Gram matrix, and where it is nearly the
/// same a factor: at w = 0, where all rows are alike, nearly equal classes have one for all.
#pragma once
#include <Eigen/Core>
#include <memory>
#include <vector>

#include "inverse_block.h"
#include "sample.h"
#include "solver/inverse_hessian.h"

namespace linclass::engine {

/// tr(B^-1 (B - l2 C^2)), how many directions the rows determine rather than the penalty: in the block where they are most, and in all blocks.
struct Directions {
  double most = 0, all = 0;
};

class Preconditioner final : public InverseHessian {
 public:
  /// At w, where `objective` was evaluated last (and kept its scores). rows: drawn for each direction, or for the whole Hessian (`whole`).
  Preconditioner(CurvedObjective& objective, DataObjective& data, const Standardisation& standard, const double* w, Index rows, bool whole,
                 Random& random);
  /// From the whole Hessian (size x size) of standardised data.
  Preconditioner(CurvedObjective& objective, DataObjective& data, const Standardisation& standard, const Eigen::MatrixXd& hessian);

  void apply(Eigen::VectorXd& g) override;

  Directions directions() const;

 private:
  struct Group {  ///< of directions that share a block: a product with it serves several
    Index first, count;
    std::shared_ptr<const InverseBlock> block;
  };
  void sampled_hessian(CurvedObjective& objective, const double* w, Index rows, Random& random);
  void whole_hessian(CurvedObjective& objective, const Eigen::MatrixXd& hessian);
  void turned_blocks(CurvedObjective& objective, Index rows, Random& random);
  /// Directions of the outputs without curvature (softmax does not see a shift of all scores), in columns without penalty: H0 = 0 there.
  void flatten(Eigen::VectorXd& standard_g) const;

  DataObjective& data_;
  const Standardisation& standard_;
  std::vector<Group> groups_;
  Eigen::MatrixXd flat_;            ///< those directions, of the whole Hessian
  std::vector<Index> unpenalised_;  ///< those columns
  Eigen::MatrixXd turn_, turned_;   ///< U; scratch, columns x outputs
  Eigen::VectorXd penalty_;         ///< l2 C^2 of a block
  Eigen::VectorXd standard_g_;
  Eigen::VectorXf scratch_;
};

}  // namespace linclass::engine
