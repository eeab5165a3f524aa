/// The Cholesky factor of a large matrix A = L L', and L^-1, in pieces of some 10 ms: check() is called between them.
#pragma once
#include <Eigen/Cholesky>
#include <algorithm>

#include "linclass/data.h"

namespace linclass::engine {

template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using Square = Eigen::Ref<RowMajor<T>, 0, Eigen::OuterStride<>>;

constexpr Index smallest_square = 128, cholesky_strip = 256;  // where recursion ends; rows of a piece

/// body(first, count) for strips of `rows` rows.
template <class Check, class Body>
void strips(Index rows, const Check& check, Body&& body) {
  for (Index i = 0; i < rows; i += cholesky_strip) check(), body(i, std::min(cholesky_strip, rows - i));
}

/// The lower triangle of A becomes L. False where A is not positive definite.
template <class T, class Check>
bool factor(Square<T> A, const Check& check) {
  const Index n = A.rows(), h = n / 2;
  if (n <= smallest_square) return Eigen::LLT<Square<T>>(A).info() == Eigen::Success;
  if (!factor<T>(A.topLeftCorner(h, h), check)) return false;
  Square<T> below = A.bottomLeftCorner(n - h, h), rest = A.bottomRightCorner(n - h, n - h);
  strips(n - h, check, [&](Index i, Index m) {
    Square<T> rows = below.middleRows(i, m);
    A.topLeftCorner(h, h).template triangularView<Eigen::Lower>().transpose().template solveInPlace<Eigen::OnTheRight>(rows);
    if (i > 0) rest.block(i, 0, m, i).noalias() -= rows * below.topRows(i).transpose();
    rest.block(i, i, m, m).template selfadjointView<Eigen::Lower>().rankUpdate(rows, T(-1));
  });
  return factor<T>(rest, check);
}

/// The lower triangle of L becomes its inverse: [A 0; B C]^-1 = [A^-1 0; -C^-1 B A^-1 C^-1].
template <class T, class Check>
void invert(Square<T> L, const Check& check) {
  const Index n = L.rows(), h = n / 2;
  if (n <= smallest_square) {
    L.template triangularView<Eigen::Lower>() = L.template triangularView<Eigen::Lower>().solve(RowMajor<T>::Identity(n, n)).eval();
    return;
  }
  Square<T> A = L.topLeftCorner(h, h), B = L.bottomLeftCorner(n - h, h), C = L.bottomRightCorner(n - h, n - h);
  invert<T>(A, check), invert<T>(C, check);
  RowMajor<T> half(n - h, h);
  strips(n - h, check, [&](Index i, Index m) {
    half.middleRows(i, m) = C.block(i, i, m, m).template triangularView<Eigen::Lower>() * B.middleRows(i, m);
    if (i > 0) half.middleRows(i, m).noalias() += C.block(i, 0, m, i) * B.topRows(i);
  });
  strips(n - h, check, [&](Index i, Index m) {
    B.middleRows(i, m).noalias() = half.middleRows(i, m) * A.template triangularView<Eigen::Lower>();
    B.middleRows(i, m) *= T(-1);
  });
}

}  // namespace linclass::engine
