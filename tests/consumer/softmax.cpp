// Trains softmax regression on data that any language can repeat exactly, and prints the scores with every bit.
#include <linclass/linclass.h>

#include <cstdint>
#include <cstdio>
#include <vector>

namespace lc = linclass;

int main() {
  const lc::Index n = 150, d = 4;
  std::uint32_t random = 1;
  std::vector<double> X;
  std::vector<int> y;
  for (lc::Index i = 0; i < n; ++i) {
    y.push_back(static_cast<int>(i % 3));
    for (lc::Index j = 0; j < d; ++j) {
      random = random * 1664525u + 1013904223u;
      X.push_back(random / 4294967296.0 + (j == i % 3 ? 0.5 : 0.0));
    }
  }

  lc::Problem problem{lc::dense(X.data(), n, d), lc::classes(y), lc::Loss::softmax};
  problem.penalty.l2 = 1e-3;
  lc::Options options;
  options.solver = lc::Solver::lbfgs;  // the others take samples in float32: levels agree up to tol only
  const lc::Fit fit = lc::fit(problem, options);
  std::vector<double> scores(static_cast<std::size_t>(n * fit.model.outputs));
  fit.model.decision_function(problem.X, scores.data());
  std::printf("%s\n", fit.report.level.c_str());
  for (double z : scores) std::printf("%a\n", z);

  problem.penalty.l2 = -1;
  try {
    lc::fit(problem);
  } catch (const lc::Error& error) {
    std::printf("%s\n", error.what());
  }
}
