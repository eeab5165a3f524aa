#include "inverse_block.h"

#include <algorithm>
#include <cmath>

#include "kernel/products.h"

namespace linclass::engine {

static_assert(InverseBlock::most == combine_tile_outputs);

InverseBlock::InverseBlock(const Eigen::VectorXd& diagonal)
    : inverse_diagonal_(diagonal.unaryExpr([](double b) { return b > 0 ? 1 / b : 0.0; })) {}

InverseBlock::InverseBlock(RowMajor<float> B, Team& team) : scale_(B.rows()) {
  const Index n = B.rows();
  const auto check = [&] { team.check(); };
  for (Index j = 0; j < n; ++j) scale_[j] = B(j, j) > 0 ? 1 / std::sqrt(B(j, j)) : 1.0f;
  // float32 sums are good to some 1e-7; the ridge grows until the factor exists
  for (float ridge = 1e-6f;; ridge *= 10) {
    inverse_ = scale_.asDiagonal() * B * scale_.asDiagonal();
    for (Index j = 0; j < n; ++j) inverse_(j, j) = 1 + ridge;
    if (factor<float>(inverse_, check) || ridge > 1e3f) break;
  }
  invert<float>(inverse_, check);
  inverse_.triangularView<Eigen::StrictlyUpper>().setZero();
}

void InverseBlock::apply(double* x, Index count, float* scratch) const {
  const Index n = scale_.size();
  if (n == 0) {
    Eigen::Map<Eigen::MatrixXd>(x, inverse_diagonal_.size(), count).array().colwise() *= inverse_diagonal_.array();
    return;
  }
  Eigen::Map<Eigen::MatrixXd> v(x, n, count);
  Eigen::Map<Eigen::MatrixXf> scaled(scratch, n, count), sum(scratch + n * count, n, count);
  double largest[most];  // float32 does not reach down to the gradients of late iterations
  for (Index k = 0; k < count; ++k) {
    const double norm = v.col(k).lpNorm<Eigen::Infinity>();
    largest[k] = norm == 0 ? 1 : norm;
    scaled.col(k) = (v.col(k) / largest[k]).cast<float>().cwiseProduct(scale_);
  }
  sum.setZero();
  constexpr Index strip = 64;  // rows of L^-1 that stay in the second-level cache between L^-1 x and L^-T (L^-1 x)
  float product[most * strip];
  for (Index first = 0; first < n; first += strip) {
    const Index m = std::min(strip, n - first), length = first + m;
    const Vectors<float> rows{inverse_.row(first).data(), n, nullptr};
    std::fill_n(product, m * count, 0.0f);
    dot_products(rows, m, {Fetch::stretch}, scaled.data(), n, count, length, 1.0f, product, m);
    combine(rows, m, {Fetch::nothing}, 0, length, product, m, count, 1.0f, sum.data(), n);
  }
  for (Index k = 0; k < count; ++k) v.col(k) = sum.col(k).cwiseProduct(scale_).cast<double>() * largest[k];
}

Eigen::VectorXd InverseBlock::inverse_diagonal() const {
  const Index n = scale_.size();
  if (n == 0) return inverse_diagonal_;
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(n);
  for (Index i = 0; i < n; ++i) squares.head(i + 1) += inverse_.row(i).head(i + 1).transpose().cast<double>().cwiseAbs2();
  return squares.cwiseProduct(scale_.cast<double>().cwiseAbs2());
}

}  // namespace linclass::engine
