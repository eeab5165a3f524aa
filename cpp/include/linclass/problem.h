/// Problem = data + loss + penalty: what one writes on a blackboard.
///
///   P(W, b) = sum_i s_i loss(y_i, W x_i + b) / sum_i s_i  +  l2/2 sum_kj (c_j W_kj)^2  +  l1 sum_kj c_j |W_kj|
///
/// with sample weights s (default 1) and a penalty scale c (default 1). The intercept b is never penalised.
/// The lectures' lambda (alpha |w| + (1 - alpha) w^2) is l1 = lambda alpha, l2 = 2 lambda (1 - alpha).
#pragma once
#include "linclass/data.h"

namespace linclass {

/// z = W x + b are the scores. Two classes: one score, y in {0, 1}, margin m = (2y - 1) z; softmax always has a score a class.
/// More classes, or an indicator matrix: one score z_k a class.
enum class Loss : int {
  logistic,         ///< log(1 + exp(-m)); more classes: the sum over k of independent sigmoids (one-vs-rest)
  softmax,          ///< log sum_k exp(z_k) - Y.z, the cross-entropy of softmax(z); Y one-hot or rows that sum to 1
  squared_sigmoid,  ///< (y - sigma(z))^2, summed over k; not convex
  squared,          ///< (t - z)^2 with t = 2y - 1, summed over k
  perceptron,       ///< max(0, -m); more classes as Multiclass says, margins z_y - z_j
  hinge,            ///< max(0, 1 - m); more classes as Multiclass says (max: Crammer and Singer, JMLR 2001; sum: Weston and Watkins, 1999)
  squared_hinge,    ///< max(0, 1 - m)^2; sum or ovr
};

/// How the margin losses see more than two classes.
enum class Multiclass : int {
  automatic,  ///< sum for margin losses (max for the perceptron solver); the others have one form only
  sum,        ///< sum over j != y of the loss of z_y - z_j
  max,        ///< the largest of those
  ovr,        ///< sum over k of the binary loss of class k against the rest
};

struct Penalty {
  double l1 = 0;
  double l2 = 0;
  const double* scale = nullptr;  ///< c, one a column, each >= 0; null = 1
};

struct Problem {
  Matrix X;
  Targets y;
  Loss loss = Loss::logistic;
  Penalty penalty{};
  const double* sample_weight = nullptr;  ///< s, one a row, each >= 0; null = 1
  bool fit_intercept = true;
  Multiclass multiclass = Multiclass::automatic;
};

}  // namespace linclass
