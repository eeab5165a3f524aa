// Model files from C++: `write FILE` saves a fitted model; that and `scores FILE` print what the saved model says of made data.
#include <linclass/linclass.h>

#include <cstdio>
#include <string>
#include <vector>

namespace lc = linclass;

constexpr lc::Index n = 60, d = 4;

/// Numbers that Python makes the same, to the bit.
std::vector<double> made() {
  std::vector<double> X;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < d; ++j) X.push_back((i * 7 + j * 13 + i * j) % 101 / 64.0 - 0.5);
  return X;
}

int main(int count, char** arguments) {
  const std::string what = count > 2 ? arguments[1] : "", argument = count > 2 ? arguments[2] : "";
  try {
    const std::vector<double> X = made();
    if (what == "write") {
      std::vector<int> y;
      for (int i = 0; i < n; ++i) y.push_back(i % 3);
      lc::Problem problem{lc::dense(X.data(), n, d), lc::classes(y), lc::Loss::softmax};
      problem.penalty.l2 = 0.1;
      const lc::Fit fit = lc::fit(problem);
      lc::SavedModel saved{fit.model};
      saved.labels = std::vector<std::string>{"low", "middle", "high"};
      saved.feature_names = {"a", "b", "c", "d"};
      saved.report = fit.report;
      saved.extra = "{\"by\": \"C++\"}";
      lc::save(argument, saved);
    }
    const lc::SavedModel saved = lc::load(argument);
    std::vector<double> z(static_cast<std::size_t>(n * saved.model.outputs));
    saved.model.decision_function(lc::dense(X.data(), n, d), z.data());
    for (const double score : z) std::printf("%a\n", score);
  } catch (const lc::Error& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
