#include "solver/sampled_optimum.h"

#include <cmath>

#include "solver/choose.h"
#include "solver/newton.h"

namespace linclass::engine {
namespace {

using Vector = Eigen::VectorXd;

std::vector<Index> draw(const DataObjective& data, Index rows, Random& random) {
  const Targets& y = data.problem().y;
  const double* s = data.problem().sample_weight;
  const auto weight = [s](Index i) { return s ? s[i] : 1.0; };
  const auto class_of = [&y](Index i) { return y.codes ? static_cast<Index>(y.codes[i]) : 0; };
  return draw_rows(data.problem().X.rows, rows, random, weight, y.codes ? y.classes : 1, class_of);
}

}  // namespace

SampledOptimum::SampledOptimum(DataObjective& data, const Standardisation& standard, Index rows, Random& random)
    : standard_(standard),
      stronger_(std::sqrt(static_cast<double>(data.problem().X.rows) / static_cast<double>(rows))),
      sample_(data, standard, draw(data, rows, random), {}),
      problem_(sample_.problem(stronger_)),
      there_(make_objective(problem_, data.outputs, 1)),
      v_(Vector::Zero(data.size())),
      standard_g_(data.size()) {
  data.reads += static_cast<double>(rows) / static_cast<double>(data.problem().X.rows);
  there_->work_with(data.team());
  solve(random);
}

void SampledOptimum::solve(Random& random) {
  int iterations = 0;
  const auto done = [&](const Iterate& at) {
    if (!(at.decrement <= 1e-3 * at.smooth) && ++iterations <= 25) return false;
    constexpr Index rows_a_direction = 20;
    if (at.hessian && problem_.X.rows >= rows_a_direction * v_.size()) {
      hessian_ = Eigen::Map<const Eigen::MatrixXd>(at.hessian, v_.size(), v_.size());
      for (Index i = 0; i < v_.size(); ++i) {  // the penalty of all rows
        const double scale = there_->penalty.c[static_cast<std::size_t>(i % there_->columns)];
        hessian_(i, i) -= (1 - 1 / stronger_) * there_->penalty.l2 * scale * scale;
      }
    }
    return true;
  };
  Choice how = choose(*there_, Solver::automatic);
  if (how.solver == Solver::newton_cholesky) {
    newton(*there_, v_.data(), done);
    return;
  }
  how = choose(*there_, Solver::preconditioned_lbfgs);
  there_->keep_scores();
  Vector gradient(v_.size());
  double smooth = there_->evaluate(v_.data(), gradient.data());
  standard_there_ = std::make_unique<Standardisation>(*there_);
  auto h0 = std::make_unique<Preconditioner>(*there_, *there_, *standard_there_, v_.data(), how.curvature_rows, how.whole, random);
  if (!how.whole) directions_ = h0->directions();
  h0_ = std::move(h0);
  Pairs pairs(v_.size(), 10);
  descend(*there_, v_.data(), smooth, gradient, pairs, h0_, done);
}

void SampledOptimum::read(double* w) const { standard_.parameters_back(v_.data(), w); }

void SampledOptimum::apply(Vector& g) {
  standard_.gradient(g.data(), standard_g_.data());
  h0_->apply(standard_g_);
  standard_.parameters_back(standard_g_.data(), g.data());
}

}  // namespace linclass::engine
