#include "solver/sampled_newton.h"

#include <algorithm>

namespace linclass::engine {

using Vector = Eigen::VectorXd;

SampledNewton::SampledNewton(DataObjective& data, const Standardisation& standard, Index rows,
                             std::unique_ptr<InverseHessian> preconditioner, Random& random)
    : data_(data),
      standard_(standard),
      rows_(rows),
      preconditioner_(std::move(preconditioner)),
      random_(random),
      v_(data.size()),
      residual_(data.size()),
      preconditioned_(data.size()),
      product_(data.size()) {}

void SampledNewton::draw(CurvedObjective& view, const double* w) {
  there_ = nullptr, sample_ = nullptr;  // one at a time in memory
  sample_ = std::make_unique<Sample>(curved_sample(view, data_, standard_, rows_, random_));
  data_.reads += static_cast<double>(rows_) / static_cast<double>(data_.problem().X.rows);
  problem_ = sample_->problem(1);
  there_ = make_objective(problem_, data_.outputs, 1);
  there_->work_with(data_.team());
  standard_.parameters(w, v_.data());
}

void SampledNewton::moved(CurvedObjective& view, const double* w) {
  if (--left_ > 0) return;
  left_ = serves_ *= 2;
  draw(view, w);
}

void SampledNewton::apply(Vector& g) {
  constexpr int most = 40;
  // Of the squared length of the residual. More digits are worth having where products are cheap beside a pass, as measured.
  const double share = static_cast<double>(rows_) / static_cast<double>(data_.problem().X.rows), enough = std::min(0.1, 2 * share * share);
  standard_.gradient(g.data(), residual_.data());
  x_ = Vector::Zero(g.size());
  double first = 0, length = 0;
  for (int i = 0; i < most; ++i) {
    standard_.gradient_back(residual_.data(), preconditioned_.data());
    preconditioner_->apply(preconditioned_);
    standard_.parameters(preconditioned_.data(), preconditioned_.data());
    const double next = residual_.dot(preconditioned_);
    if (i == 0) first = next;
    if (!(next > enough * first)) break;
    if (i == 0)
      direction_ = preconditioned_;
    else
      direction_ = preconditioned_ + next / length * direction_;
    length = next;
    there_->curvature_times(v_.data(), direction_.data(), product_.data());
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
