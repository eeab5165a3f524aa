// latency DATA ROUNDS FITS PREDICTIONS: seconds of a softmax fit (C = 1), and of the prediction of one row, a line each, a figure a round.
// DATA: n and d, then n rows of d features and a class.
#include <linclass/linclass.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

namespace lc = linclass;

template <class Call>
void measure(int rounds, int calls, Call&& call) {
  for (int round = 0; round <= rounds; ++round) {  // the first does not count
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) call();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (round > 0) std::printf("%.9g ", seconds.count() / calls);
  }
  std::printf("\n");
}

int main(int, char** arguments) {
  std::ifstream data(arguments[1]);
  lc::Index n = 0, d = 0;
  data >> n >> d;
  std::vector<double> X(static_cast<std::size_t>(n * d));
  std::vector<int> y(static_cast<std::size_t>(n));
  for (lc::Index i = 0; i < n; ++i) {
    for (lc::Index j = 0; j < d; ++j) data >> X[static_cast<std::size_t>(i * d + j)];
    double label = 0;
    data >> label;
    y[static_cast<std::size_t>(i)] = static_cast<int>(label);
  }
  lc::Problem problem{lc::dense(X.data(), n, d), lc::classes(y), lc::Loss::softmax};
  problem.penalty.l2 = 1 / static_cast<double>(n);
  const lc::Model model = lc::fit(problem).model;
  int predicted = 0;
  const int rounds = std::atoi(arguments[2]);
  measure(rounds, std::atoi(arguments[3]), [&] { lc::fit(problem); });
  measure(rounds, std::atoi(arguments[4]), [&] { model.predict(lc::dense(X.data(), 1, d), &predicted); });
}
