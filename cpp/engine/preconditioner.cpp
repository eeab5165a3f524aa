#include "preconditioner.h"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <numeric>

#include "data/dense.h"
#include "inverse_block.h"

namespace linclass::engine {
namespace {

using Vector = Eigen::VectorXd;
using Floats = RowMajor<float>;

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

constexpr double flat = 1e-6;  // of the largest curvature: rounding errors
constexpr double alike = 1.5;  // curvatures whose directions may share one factor: it is wrong by a quarter at most

}  // namespace

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
  groups_.push_back({0, 1, std::make_shared<InverseBlock>(hessian.cast<float>(), data_.team())});

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
  Vector a(K);  // mean curvature; the eigenvalues of A, which come smallest first
  for (Index k = K - 1; k >= 0; --k) {
    objective.row_curvature(turn_.col(k).eval().data(), curvature.data());
    a[k] = std::accumulate(curvature.begin(), curvature.end(), 0.0) / static_cast<double>(n);
    if (rows == 0 || !(a[k] > flat * a[K - 1])) continue;
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
  const std::unique_ptr<float[]> sums(new float[at(matrices * pieces * square)]);  // each task sets its own to 0
  struct Scratch {
    Aligned<float> x, packed;
  };
  std::vector<Scratch> scratch(at(team.threads()));
  team.run(matrices * pieces, [&](Index task, int worker) {
    const Gram& gram = grams[at(task / pieces)];
    const Index count = static_cast<Index>(gram.rows.size()), piece = task % pieces, end = count * (piece + 1) / pieces;
    auto& [x, packed] = scratch[at(worker)];
    x.resize(at(gram_rows * p), 1.0f), packed.resize(at(PackedRows<float>::space(gram_rows, p)));
    float* sum = sums.get() + task * square;
    std::fill_n(sum, square, 0.0f);
    for (Index first = count * piece / pieces; first < end; first += gram_rows) {
      team.check();
      const Index m = std::min(gram_rows, end - first);
      standard_.rows(data_, Rows{first, m, gram.rows.data()}, x.data(), p);  // the last column stays 1: the intercept's
      DenseRows<float>(m, p, x.data(), p).add_gram({0, m}, gram.weights.data() + first, sum, p, packed.data(), {});
    }
  });

  for (Index k = 0, count; k < K; k += count) {
    for (count = 1; k + count < K && gram_of[at(k)] >= 0 && gram_of[at(k + count)] == gram_of[at(k)] && a[k + count] <= alike * a[k];)
      ++count;
    groups_.push_back({k, count, nullptr});
  }
  team.run(static_cast<Index>(groups_.size()), [&](Index g, int) {
    Group& group = groups_[at(g)];
    const Index gram = gram_of[at(group.first)];
    const double curvature = a.segment(group.first, group.count).mean();
    if (gram < 0) {  // flat (softmax does not see a shift of all scores), or the diagonal of the Hessian: columns of unit variance
      group.block = std::make_shared<InverseBlock>(penalty_.array() + (curvature > flat * a[K - 1] ? curvature : 0.0));
      return;
    }
    Floats B = Floats::Zero(p, p);
    for (Index piece = 0; piece < pieces; ++piece) B += Eigen::Map<const Floats>(sums.get() + (gram * pieces + piece) * square, p, p);
    B *= static_cast<float>(curvature);
    B.diagonal() += penalty_.cast<float>();
    group.block = std::make_shared<InverseBlock>(std::move(B), team);
  });
  for (std::size_t g = 0; g < groups_.size(); ++g)  // parts of large ones, so that threads may share them
    if (const Index count = groups_[g].count, width = even_part(count, InverseBlock::most, 1); count > width) {
      groups_.push_back({groups_[g].first + width, count - width, groups_[g].block});
      groups_[g].count = width;
    }
}

Directions Preconditioner::directions() const {
  Directions sum;
  for (const Group& group : groups_) {
    const double here = static_cast<double>(penalty_.size()) - group.block->inverse_diagonal().dot(penalty_);
    sum.most = std::max(sum.most, here);
    sum.all += static_cast<double>(group.count) * here;
  }
  return sum;
}

void Preconditioner::apply(Vector& g) {
  standard_.gradient(g.data(), standard_g_.data());
  if (turn_.size() == 0) {
    flatten(standard_g_);
    groups_[0].block->apply(standard_g_.data(), 1, scratch_.data());
    flatten(standard_g_);
  } else {
    const Index K = data_.outputs, p = data_.columns;
    Eigen::Map<Eigen::MatrixXd> v(standard_g_.data(), p, K);
    turned_.noalias() = v * turn_;
    auto solve = [&](Index g, int) {
      const Group& group = groups_[at(g)];
      group.block->apply(turned_.data() + group.first * p, group.count, scratch_.data() + 2 * group.first * p);
    };
    const Index groups = static_cast<Index>(groups_.size());
    if (K * p * p < 1 << 16)
      for (Index g = 0; g < groups; ++g) solve(g, 0);
    else
      data_.team().run(groups, solve);
    v.noalias() = turned_ * turn_.transpose();
  }
  standard_.parameters_back(standard_g_.data(), g.data());
}

}  // namespace linclass::engine
