#include "preconditioner.h"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <numeric>

#include "cholesky.h"
#include "kernel/gram.h"

namespace linclass::engine {
namespace {

using Vector = Eigen::VectorXd;
using Floats = RowMajor<float>;

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

constexpr double flat = 1e-6;  // of the largest curvature: rounding errors

}  // namespace

/// The inverse of a symmetric positive semidefinite matrix of float32, kept as D L^-1: B^-1 = D L^-T L^-1 D with unit diagonal before it is factored.
class Preconditioner::Block {
 public:
  explicit Block(Vector diagonal) : inverse_diagonal_(diagonal.unaryExpr([](double b) { return b > 0 ? 1 / b : 0.0; })) {}

  /// The lower triangle of B counts.
  template <class Check>
  Block(Floats B, const Check& check) : scale_(B.rows()) {
    const Index n = B.rows();
    for (Index j = 0; j < n; ++j) scale_[j] = B(j, j) > 0 ? 1 / std::sqrt(B(j, j)) : 1.0f;
    // float32 sums are good to some 1e-7; the ridge grows until the factor exists
    for (float ridge = 1e-6f;; ridge *= 10) {
      inverse_ = scale_.asDiagonal() * B * scale_.asDiagonal();
      for (Index j = 0; j < n; ++j) inverse_(j, j) = 1 + ridge;
      if (factor<float>(inverse_, check) || ridge > 1e3f) break;
    }
    invert<float>(inverse_, check);
  }

  /// x <- B^-1 x; scratch: two vectors of its length.
  void apply(double* x, float* scratch) const {
    const Index n = scale_.size();
    if (n == 0) {
      Eigen::Map<Vector>(x, inverse_diagonal_.size()).array() *= inverse_diagonal_.array();
      return;
    }
    Eigen::Map<Vector> v(x, n);
    const double largest = v.lpNorm<Eigen::Infinity>();  // float32 does not reach down to the gradients of late iterations
    if (!(largest > 0) || !std::isfinite(largest)) return;
    Eigen::Map<Eigen::VectorXf> scaled(scratch, n), sum(scratch + n, n);
    scaled = (v / largest).cast<float>().cwiseProduct(scale_);
    sum.setZero();
    for (Index i = 0; i < n; ++i) {  // L^-T (L^-1 x), row by row of L^-1
      const auto row = inverse_.row(i).head(i + 1).transpose();
      sum.head(i + 1) += row.dot(scaled.head(i + 1)) * row;
    }
    v = sum.cwiseProduct(scale_).cast<double>() * largest;
  }

  Vector inverse_diagonal() const {
    const Index n = scale_.size();
    if (n == 0) return inverse_diagonal_;
    Vector squares = Vector::Zero(n);
    for (Index i = 0; i < n; ++i) squares.head(i + 1) += inverse_.row(i).head(i + 1).transpose().cast<double>().cwiseAbs2();
    return squares.cwiseProduct(scale_.cast<double>().cwiseAbs2());
  }

 private:
  Floats inverse_;
  Eigen::VectorXf scale_;
  Vector inverse_diagonal_;
};

Preconditioner::~Preconditioner() = default;

Preconditioner::Preconditioner(CurvedObjective& objective, DataObjective& data, const Standardisation& standard, const double* w,
                               Index rows, bool whole, Random& random)
    : data_(data), standard_(standard), standard_g_(data.size()), scratch_(2 * data.size()) {
  whole ? sampled_hessian(objective, w, rows, random) : turned_blocks(objective, rows, random);
}

Preconditioner::Preconditioner(CurvedObjective& objective, DataObjective& data, const Standardisation& standard,
                               const Eigen::MatrixXd& hessian)
    : data_(data), standard_(standard), standard_g_(data.size()), scratch_(2 * data.size()) {
  whole_hessian(objective, hessian);
}

void Preconditioner::sampled_hessian(CurvedObjective& objective, const double* w, Index rows, Random& random) {
  const Index size = data_.size();
  const Sample sample = curved_sample(objective, data_, standard_, rows, random);
  const Problem part = sample.problem(1);
  const auto there = make_objective(part, data_.outputs, 1);
  there->work_with(data_.team());
  Vector standard_w(size), gradient(size);
  standard_.parameters(w, standard_w.data());
  Eigen::MatrixXd hessian(size, size);
  there->evaluate_with_hessian(standard_w.data(), gradient.data(), hessian.data());
  whole_hessian(objective, hessian);
}

void Preconditioner::whole_hessian(CurvedObjective& objective, const Eigen::MatrixXd& hessian) {
  const Index K = data_.outputs;
  blocks_.push_back(std::make_shared<Block>(hessian.cast<float>(), [&] { data_.team().check(); }));

  Eigen::MatrixXd A(K, K);
  objective.mean_curvature(A.data());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(A);
  const Vector& a = eigen.eigenvalues();
  flat_ = eigen.eigenvectors().leftCols(std::count_if(a.begin(), a.end(), [&](double value) { return !(value > flat * a[K - 1]); }));
  for (Index j = 0; j < data_.columns; ++j)
    if (data_.penalty.l2 == 0 || data_.penalty.c[at(j)] == 0) unpenalised_.push_back(j);
}

void Preconditioner::flatten(Vector& standard_g) const {
  Eigen::Map<Eigen::MatrixXd> v(standard_g.data(), data_.columns, data_.outputs);
  for (Index k = 0; k < flat_.cols(); ++k)
    for (const Index j : unpenalised_) v.row(j) -= v.row(j).dot(flat_.col(k)) * flat_.col(k).transpose();
}

void Preconditioner::turned_blocks(CurvedObjective& objective, Index rows, Random& random) {
  const Index K = data_.outputs, n = data_.problem().X.rows, d = data_.features(), p = data_.columns;
  Team& team = data_.team();
  turn_ = Eigen::MatrixXd::Identity(K, K), turned_.resize(p, K);
  if (K > 1) {
    Eigen::MatrixXd A(K, K);
    objective.mean_curvature(A.data());
    turn_ = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(A).eigenvectors();
  }

  penalty_ = Vector::Zero(p);
  const std::vector<double> c = standard_.penalty_scale(data_.penalty);
  for (Index j = 0; j < d; ++j) penalty_[j] = data_.penalty.l2 * c[at(j)] * c[at(j)];

  // What each direction needs: a Gram matrix of drawn rows, times a factor. Directions whose curvature is in proportion share one.
  struct Gram {
    std::vector<Index> rows;
    std::vector<float> weights;
  };
  std::vector<Gram> grams;
  std::vector<double> curvature(at(n)), previous;
  std::vector<Index> gram_of(at(K), -1);
  const bool all = 2 * rows >= n;
  blocks_.resize(at(K));
  Vector a(K);  // mean curvature; the eigenvalues of A, which come smallest first
  for (Index k = K - 1; k >= 0; --k) {
    objective.row_curvature(turn_.col(k).eval().data(), curvature.data());
    a[k] = std::accumulate(curvature.begin(), curvature.end(), 0.0) / static_cast<double>(n);
    if (!(a[k] > flat * a[K - 1])) continue;  // flat: softmax does not see a shift of all scores
    if (rows == 0) {                          // columns of unit variance: the diagonal of the Hessian
      blocks_[at(k)] = std::make_shared<Block>(penalty_.array() + a[k]);
      continue;
    }
    for (double& value : curvature) value /= a[k];
    const bool same = !previous.empty() && std::equal(curvature.begin(), curvature.end(), previous.begin(), previous.end(),
                                                      [](double x, double y) { return std::abs(x - y) <= 1e-4 * std::max(x, y); });
    if (!same) {
      Gram gram;
      if (all) {
        gram.rows.resize(at(n));
        std::iota(gram.rows.begin(), gram.rows.end(), Index(0));
        for (const double value : curvature) gram.weights.push_back(static_cast<float>(value / static_cast<double>(n)));
      } else {
        gram.rows = draw_rows(n, rows, random, [&](Index i) { return curvature[at(i)]; }, 1, [](Index) { return 0; });
        gram.weights.assign(gram.rows.size(), 1 / static_cast<float>(gram.rows.size()));
      }
      grams.push_back(std::move(gram));
      if (k > 0) previous = curvature;
    }
    gram_of[at(k)] = static_cast<Index>(grams.size()) - 1;
  }

  // Partial sums over pieces of the rows, so that there are tasks for several threads.
  const Index matrices = static_cast<Index>(grams.size()), square = p * p;
  const Index pieces = std::clamp<Index>(8 / std::max<Index>(matrices, 1), 1, std::max<Index>(1, (Index(1) << 26) / square));
  std::vector<float> sums(at(matrices * pieces * square), 0.0f);
  team.run(matrices * pieces, [&](Index task, int) {
    const Gram& gram = grams[at(task / pieces)];
    const Index count = static_cast<Index>(gram.rows.size()), piece = task % pieces, end = count * (piece + 1) / pieces;
    Aligned<float> x(at(gram_rows * p), 1.0f), packed(at(PackedRows<float>::space(gram_rows, p)));
    for (Index first = count * piece / pieces; first < end; first += gram_rows) {
      team.check();
      const Index m = std::min(gram_rows, end - first);
      standard_.rows(data_, Rows{first, m, gram.rows.data()}, x.data(), p);  // the last column stays 1: the intercept's
      PackedRows<float> block(m, p, packed.data());
      block.pack_rows(Vectors<float>{x.data(), p, nullptr});
      block.add_gram(gram.weights.data() + first, sums.data() + task * square, p);
    }
  });

  std::vector<Index> first_alike(at(K));
  for (Index k = 0; k < K; ++k) {
    first_alike[at(k)] = k;
    for (Index l = 0; l < k && first_alike[at(k)] == k; ++l)
      if (gram_of[at(l)] == gram_of[at(k)] && gram_of[at(k)] >= 0 && std::abs(a[l] - a[k]) <= 1e-4 * a[k]) first_alike[at(k)] = l;
  }
  team.run(K, [&](Index k, int) {
    if (first_alike[at(k)] != k) return;
    if (gram_of[at(k)] < 0) {
      if (!blocks_[at(k)]) blocks_[at(k)] = std::make_shared<Block>(penalty_);
      return;
    }
    Floats B = Floats::Zero(p, p);
    for (Index piece = 0; piece < pieces; ++piece)
      B += Eigen::Map<const Floats>(sums.data() + (gram_of[at(k)] * pieces + piece) * square, p, p);
    B *= static_cast<float>(a[k]);
    B.diagonal() += penalty_.cast<float>();
    blocks_[at(k)] = std::make_shared<Block>(std::move(B), [&] { team.check(); });
  });
  for (Index k = 0; k < K; ++k) blocks_[at(k)] = blocks_[at(first_alike[at(k)])];
}

Directions Preconditioner::directions() const {
  Directions sum;
  for (const auto& block : blocks_) {
    const double here = static_cast<double>(penalty_.size()) - block->inverse_diagonal().dot(penalty_);
    sum.most = std::max(sum.most, here);
    sum.all += here;
  }
  return sum;
}

void Preconditioner::apply(Vector& g) {
  standard_.gradient(g.data(), standard_g_.data());
  if (turn_.size() == 0) {
    flatten(standard_g_);
    blocks_[0]->apply(standard_g_.data(), scratch_.data());
    flatten(standard_g_);
  } else {
    const Index K = data_.outputs, p = data_.columns;
    Eigen::Map<Eigen::MatrixXd> v(standard_g_.data(), p, K);
    turned_.noalias() = v * turn_;
    auto solve = [&](Index k, int) { blocks_[at(k)]->apply(turned_.data() + k * p, scratch_.data() + 2 * k * p); };
    if (K * p * p < 1 << 16)
      for (Index k = 0; k < K; ++k) solve(k, 0);
    else
      data_.team().run(K, solve);
    v.noalias() = turned_ * turn_.transpose();
  }
  standard_.parameters_back(standard_g_.data(), g.data());
}

}  // namespace linclass::engine
