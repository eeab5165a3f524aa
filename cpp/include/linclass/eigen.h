/// Eigen's matrices as views: include this beside Eigen in your own program. linclass itself shows no Eigen, so any version and any flags go together.
///
///     Eigen::MatrixXd X;                  linclass::Problem problem{linclass::dense(X), linclass::classes(y)};
///     Eigen::SparseMatrix<double, Eigen::RowMajor> S;
///     const linclass::CsrView view(S);    linclass::Problem problem{view, linclass::classes(y)};
///
/// Nothing is copied but the row starts of a sparse matrix that has 32-bit ones. What a view refers to must outlive it.
#pragma once
#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <type_traits>
#include <vector>

#include "linclass/data.h"
#include "linclass/error.h"

namespace linclass {

/// A matrix, Map, Ref or block of float or double, row-major or column-major, whose inner stride is 1.
template <class Derived>
Matrix dense(const Eigen::DenseBase<Derived>& matrix) {
  static_assert((int{Derived::Flags} & int{Eigen::DirectAccessBit}) != 0,
                "linclass::dense: this is an Eigen expression without memory of its own; evaluate it into a matrix first");
  static_assert(int{Derived::InnerStrideAtCompileTime} == 1,
                "linclass::dense: the inner stride of this Eigen view is not 1; copy it into a matrix first");
  const Derived& X = matrix.derived();
  return Derived::IsRowMajor ? dense(X.data(), X.rows(), X.cols(), X.outerStride())
                             : dense_columns(X.data(), X.rows(), X.cols(), X.outerStride());
}

/// A temporary matrix would be gone before it is used.
template <class T, int Rows, int Columns, int Options, int MaxRows, int MaxColumns>
Matrix dense(const Eigen::Matrix<T, Rows, Columns, Options, MaxRows, MaxColumns>&&) = delete;

/// Class codes from a vector of int.
template <class Derived>
Targets classes(const Eigen::DenseBase<Derived>& codes, Index number = 0) {
  static_assert(
      Derived::IsVectorAtCompileTime && std::is_same_v<typename Derived::Scalar, int> && int{Derived::InnerStrideAtCompileTime} == 1,
      "linclass::classes: class codes are an Eigen vector of int with inner stride 1, such as Eigen::VectorXi");
  return classes(codes.derived().data(), codes.size(), number);
}

/// An indicator or soft-label matrix, rows x classes.
template <class Derived>
Targets indicator(const Eigen::DenseBase<Derived>& matrix) {
  static_assert(Derived::IsRowMajor && int{Derived::InnerStrideAtCompileTime} == 1,
                "linclass::indicator: the matrix of targets is row-major, with inner stride 1");
  const Derived& Y = matrix.derived();
  return indicator(Y.data(), Y.rows(), Y.cols(), Y.outerStride());
}

/// A row-major Eigen::SparseMatrix as csr. Keeps the row starts that linclass wants as 64-bit numbers where Eigen has others.
class CsrView {
 public:
  template <class T, class I>
  explicit CsrView(const Eigen::SparseMatrix<T, Eigen::RowMajor, I>& X) {
    if (!X.isCompressed()) throw Error("CsrView: the Eigen sparse matrix is not compressed; call makeCompressed() on it first");
    const Index* starts = nullptr;
    if constexpr (std::is_same_v<I, Index>) {
      starts = X.outerIndexPtr();
    } else {
      row_starts_.assign(X.outerIndexPtr(), X.outerIndexPtr() + X.rows() + 1);
      starts = row_starts_.data();
    }
    matrix_ = csr(X.valuePtr(), X.innerIndexPtr(), starts, X.rows(), X.cols());
  }
  template <class T, class I>
  explicit CsrView(const Eigen::SparseMatrix<T, Eigen::ColMajor, I>&) {
    static_assert(!std::is_same_v<T, T>,
                  "linclass::CsrView: the sparse matrix is column-major; use Eigen::SparseMatrix<T, Eigen::RowMajor>");
  }
  template <class T, int Options, class I>
  explicit CsrView(const Eigen::SparseMatrix<T, Options, I>&&) = delete;  // a temporary would be gone before it is used

  CsrView(CsrView&&) = default;  // moved vectors keep their memory; a copy's view would point into the original
  CsrView& operator=(CsrView&&) = default;

  operator const Matrix&() const& { return matrix_; }
  operator const Matrix&() const&& = delete;

 private:
  std::vector<Index> row_starts_;
  Matrix matrix_;
};

}  // namespace linclass
