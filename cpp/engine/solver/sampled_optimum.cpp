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
      less_penalty_(Vector::Zero(data.size())) {
  data.reads += static_cast<double>(rows) / static_cast<double>(data.problem().X.rows);
  const std::vector<double>& c = there_->penalty.c;
  for (Index i = 0; i < data.size(); ++i) {
    const double scale = c[static_cast<std::size_t>(i % data.columns)];
    less_penalty_[i] = (stronger_ - 1) * data.penalty.l2 * scale * scale;
  }
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
      hessian_.diagonal() -= less_penalty_;
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
  if (!how.whole) effective_dimension_ = h0->effective_dimension();
  h0_ = std::move(h0);
  Pairs pairs(v_.size(), 10);
  descend(*there_, v_.data(), smooth, gradient, pairs, h0_, done);
}

void SampledOptimum::read(double* w) const { standard_.parameters_back(v_.data(), w); }

bool SampledOptimum::knows_curvature() const {
  // On MNIST 54, 34 and 24 rows a direction take P to 1e-6 in 6, 8 and 16 iterations.
  constexpr double rows_a_direction = 30;
  return effective_dimension_ > 0 && static_cast<double>(problem_.X.rows) >= rows_a_direction * effective_dimension_;
}

void SampledOptimum::apply(Vector& g) {
  constexpr int most = 20;
  constexpr double enough = 1e-2;  // of the squared length of the residual: with more digits L-BFGS needs as many iterations
  residual_.resize(g.size());
  standard_.gradient(g.data(), residual_.data());
  x_ = Vector::Zero(g.size());
  product_.resize(g.size());
  double first = 0, length = 0;
  for (int i = 0; i < most; ++i) {
    preconditioned_ = residual_;
    h0_->apply(preconditioned_);
    const double next = residual_.dot(preconditioned_);
    if (i == 0) first = next;
    if (!(next > enough * first)) break;
    if (i == 0)
      direction_ = preconditioned_;
    else
      direction_ = preconditioned_ + next / length * direction_;
    length = next;
    there_->curvature_times(v_.data(), direction_.data(), product_.data());
    product_ -= less_penalty_.cwiseProduct(direction_);
    const double curvature = direction_.dot(product_);
    if (!(curvature > 0)) {
      if (i == 0) x_ = preconditioned_;  // a direction of descent in any case
      break;
    }
    x_ += length / curvature * direction_;
    residual_ -= length / curvature * product_;
  }
  standard_.parameters_back(x_.data(), g.data());
}

}  // namespace linclass::engine
