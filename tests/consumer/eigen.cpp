// The same small fit through every Eigen matrix that linclass/eigen.h takes; says what does not agree.
#include <linclass/eigen.h>
#include <linclass/linclass.h>

#include <cstdint>
#include <cstdio>

namespace lc = linclass;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class I>
using Sparse = Eigen::SparseMatrix<double, Eigen::RowMajor, I>;

Eigen::VectorXd coef(const lc::Matrix& X, const lc::Targets& y) {
  lc::Problem problem{X, y, lc::Loss::softmax};
  problem.penalty.l2 = 1e-2;
  lc::Options options;
  options.tol = 1e-10;
  const lc::Model model = lc::fit(problem, options).model;
  return Eigen::Map<const Eigen::VectorXd>(model.coef.data(), static_cast<Eigen::Index>(model.coef.size()));
}

int main() {
  const Eigen::MatrixXd X = (Eigen::ArrayXXd::Random(60, 5) > 0.2).select(Eigen::ArrayXXd::Random(60, 5), 0.0).matrix();
  const Eigen::VectorXi y = Eigen::VectorXi::LinSpaced(60, 0, 59).unaryExpr([](int i) { return i * i % 3; });
  const RowMajor rows = X;
  RowMajor wide = RowMajor::Constant(60, 9, 7.0);
  wide.leftCols(5) = X;
  const Sparse<int> narrow = X.sparseView();
  const Sparse<std::int64_t> sparse = X.sparseView();
  const Sparse<long long> other = X.sparseView();
  RowMajor indicator = RowMajor::Zero(60, 2);
  for (Eigen::Index i = 0; i < 60; ++i) indicator(i, y(i) == 0 ? 0 : 1) = 1;

  const lc::CsrView narrow_view(narrow), sparse_view(sparse), other_view(other);
  const Eigen::VectorXd expected = coef(lc::dense(X), lc::classes(y));
  int wrong = 0;
  const auto check = [&](const char* what, const lc::Matrix& view) {
    const double distance = (coef(view, lc::classes(y)) - expected).norm() / expected.norm();
    std::printf("%s %.1e\n", what, distance);
    wrong += !(distance < 1e-4);
  };
  check("row-major", lc::dense(rows));
  check("block", lc::dense(wide.leftCols(5)));
  check("Map", lc::dense(Eigen::Map<const RowMajor, 0, Eigen::OuterStride<>>(wide.data(), 60, 5, Eigen::OuterStride<>(9))));
  check("Ref", lc::dense(Eigen::Ref<const Eigen::MatrixXd>(X)));
  check("sparse, int", narrow_view);
  check("sparse, int64", sparse_view);
  check("sparse, long long", other_view);
  wrong += coef(lc::dense(X), lc::indicator(indicator)).size() != 10;

  Sparse<int> loose = X.sparseView();
  loose.uncompress();
  try {
    lc::CsrView view(loose);
    ++wrong;
  } catch (const lc::Error& error) {
    std::printf("%s\n", error.what());
  }
  return wrong;
}
