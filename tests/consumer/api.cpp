// All of the C++ API that has a counterpart in Python: Objective, Trainer, minimize, functions, predictions, callbacks, errors. Says what is wrong.
#include <linclass/linclass.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace lc = linclass;

int wrong = 0;
void expect(bool good, const char* what) {
  if (!good) std::printf("WRONG: %s\n", what), ++wrong;
}
bool close(double a, double b, double tolerance = 1e-9) { return std::abs(a - b) <= tolerance * (1 + std::abs(b)); }

template <class Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const lc::Error& error) {
    return error.what();
  }
  return "no error";
}

int main() {
  const lc::Index n = 200, d = 3;
  std::vector<double> X;
  std::vector<int> y;
  for (int i = 0; i < n; ++i) {
    y.push_back(i % 3);
    for (int j = 0; j < d; ++j) X.push_back(std::sin(1.0 + i * 0.7 + j * j) + (j == i % 3 ? 1.0 : 0.0));
  }
  lc::Problem problem{lc::dense(X.data(), n, d), lc::classes(y), lc::Loss::softmax};
  problem.penalty.l2 = 1e-2;

  // Objective: the gradient is the derivative of the value, curvature_times the product with the Hessian, the gap a bound.
  const lc::Objective objective(problem);
  expect(objective.outputs() == 3 && objective.columns() == d + 1 && objective.size() == 12, "shape of an objective");
  std::vector<double> w(12), v(12), g(12), Hv(12), H(144);
  for (std::size_t i = 0; i < 12; ++i) w[i] = 0.1 * static_cast<double>(i) - 0.5, v[i] = std::cos(static_cast<double>(i));
  const double value = objective.value_and_gradient(w.data(), g.data());
  expect(close(value, objective.value(w.data())), "value");
  for (std::size_t i = 0; i < 12; ++i) {
    const double h = 1e-5;
    std::vector<double> up = w, down = w;
    up[i] += h, down[i] -= h;
    expect(close((objective.value(up.data()) - objective.value(down.data())) / (2 * h), g[i], 1e-8), "gradient");
  }
  objective.curvature_times(w.data(), v.data(), Hv.data());
  objective.hessian(w.data(), H.data());
  for (std::size_t i = 0; i < 12; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 12; ++j) sum += H[i * 12 + j] * v[j];
    expect(close(sum, Hv[i]), "Hessian times a vector");
  }

  // fit, its report, callback and predictions
  lc::Options options;
  int calls = 0;
  options.callback = [&](const lc::State& state) { return ++calls, state.size != 12; };
  const lc::Fit fit = lc::fit(problem, options);
  expect(fit.report.converged() && fit.report.certificate == lc::Certificate::gap, "a converged fit");
  expect(calls == fit.report.iterations && fit.report.history.size() == static_cast<std::size_t>(calls), "a callback an iteration");
  expect(value - fit.report.objective <= objective.gap(w.data()), "the gap bounds the suboptimality");
  std::ostringstream printed;
  printed << fit.report;
  expect(printed.str().find("gap") != std::string::npos, "a report prints itself");

  const lc::Model& model = fit.model;
  std::vector<double> z(600), p(600), q(600);
  std::vector<int> labels(200);
  model.decision_function(problem.X, z.data());
  model.predict_proba(problem.X, p.data());
  model.predict_log_proba(problem.X, q.data());
  model.predict(problem.X, labels.data());
  std::vector<double> softmax(600);
  lc::functions::softmax(z.data(), {n, 3, 3, 1}, softmax.data());
  for (std::size_t i = 0; i < 600; ++i) expect(close(p[i], softmax[i]) && close(std::log(p[i]), q[i]), "probabilities");
  for (std::size_t i = 0; i < 200; ++i)
    for (std::size_t k = 0; k < 3; ++k) expect(z[i * 3 + k] <= z[i * 3 + static_cast<std::size_t>(labels[i])], "predict is the argmax");

  // Trainer: forty passes come near
  lc::Options descent;
  descent.batch_size = 10, descent.learning_rate = 0.2;
  lc::Trainer trainer(problem, descent);
  double loss = 0;
  for (int pass = 0; pass < 40; ++pass) loss = trainer.partial_fit(problem.X, problem.y);
  expect(loss < 1.1 * fit.report.objective && trainer.report().iterations == 40, "forty passes of a Trainer");
  expect(trainer.model().coef.size() == 9, "a Trainer's model");

  // minimize: Rosenbrock's valley
  const auto rosenbrock = [](const double* x, double* gradient) {
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    gradient[0] = -2 * a - 400 * x[0] * b, gradient[1] = 200 * b;
    return a * a + 100 * b * b;
  };
  lc::Options tight;
  tight.tol = 1e-8;
  const lc::Minimum minimum = lc::minimize(rosenbrock, {-1.2, 1.0}, tight);
  expect(close(minimum.w[0], 1, 1e-6) && close(minimum.w[1], 1, 1e-6), "Rosenbrock's minimum");

  // functions
  const float z3[] = {1, 2, 3, 2, 1};
  float y3[5];
  lc::functions::softmax(z3, {1, 5, 5, 1}, y3);
  expect(close(y3[2], 0.498, 1e-3), "softmax of floats");
  const double half = 0.5;
  double logit = 1;
  lc::functions::logit(&half, 1, &logit);
  expect(logit == 0, "logit(1/2)");

  // metrics: two positives at 0.9 and 0.4, negatives at 0.7 and 0.1
  const std::vector<int> truth{1, 0, 1, 0}, called{1, 1, 0, 0};
  const double scores[] = {0.9, 0.7, 0.4, 0.1};
  const lc::Targets two = lc::classes(truth);
  const lc::Matrix column = lc::dense(scores, 4, 1);
  expect(lc::metrics::accuracy(two, called.data()) == 0.5 && lc::metrics::baseline_accuracy(two) == 0.5, "accuracy");
  expect(lc::metrics::confusion_matrix(two, called.data()) == std::vector<double>{1, 1, 1, 1}, "a confusion matrix");
  const lc::metrics::Counts counted = lc::metrics::counts(two, called.data());
  expect(counted.tp[1] == 1 && lc::metrics::precision(counted)[1] == 0.5 && lc::metrics::f1(counted, lc::metrics::Average::macro) == 0.5,
         "rates");
  expect(lc::metrics::roc_auc(two, column) == 0.75 && lc::metrics::roc_curve(two, column).thresholds.size() == 5, "ROC");
  expect(close(lc::metrics::average_precision(two, column), (1 + 2.0 / 3) / 2), "average precision");
  expect(close(lc::metrics::brier(two, column), (0.01 + 0.49 + 0.36 + 0.01) / 4), "Brier score");
  const lc::metrics::MetricsReport all = lc::metrics::report(lc::classes(y, 3), lc::dense(p.data(), n, 3), nullptr, {"a", "b", "c"});
  expect(close(all.log_loss, lc::metrics::log_loss(lc::classes(y), lc::dense(p.data(), n, 3))), "a report's log loss");
  printed.str("");
  printed << all;
  expect(printed.str().find("ROC AUC") != std::string::npos, "a report of metrics prints itself");
  expect(error_of([&] { lc::metrics::roc_auc(two, lc::dense(scores, 2, 2)); }).find("rows") != std::string::npos, "rows must agree");

  // ends: a callback that stops or throws, poll, errors; and the next fit works
  options.callback = [](const lc::State&) { return true; };
  expect(lc::fit(problem, options).report.status == lc::Status::stopped, "a callback stops");
  options.callback = [](const lc::State&) -> bool { throw std::out_of_range("mine"); };
  bool mine = false;
  try {
    lc::fit(problem, options);
  } catch (const std::out_of_range& error) {
    mine = std::string(error.what()) == "mine";
  }
  expect(mine, "an exception of a callback arrives unchanged");
  lc::Options slow;
  slow.solver = lc::Solver::sgd, slow.max_iter = 1000000000, slow.batch_size = 1;
  slow.poll = [] { return true; };
  expect(lc::fit(problem, slow).report.status == lc::Status::interrupted, "poll interrupts");
  slow.poll = nullptr, slow.time_limit = 0.05;
  expect(lc::fit(problem, slow).report.status == lc::Status::time_limit, "the time limit");

  problem.sample_weight = nullptr;
  problem.penalty.l2 = -1;
  expect(error_of([&] { lc::fit(problem); }).find("l2") != std::string::npos, "a negative l2 is named");
  problem.penalty.l2 = 1e-2;
  problem.multiclass = lc::Multiclass::max;
  expect(error_of([&] { lc::fit(problem); }).find("softmax") != std::string::npos, "a form that does not exist is named");
  problem.multiclass = lc::Multiclass::automatic;
  X[7] = std::nan("");
  expect(error_of([&] { lc::fit(problem); }).find("row 2, column 1") != std::string::npos, "NaN is found");
  X[7] = 0;
  expect(lc::fit(problem).report.converged(), "the next fit works");

  // readers
  const auto file = lc::parse_libsvm<float>("4 1:2 3:0.5\n-1\n4 2:1\n", "text");
  const lc::ClassCodes<double> read = lc::class_codes(file.labels);
  expect(file.rows == 3 && file.columns == 3 && file.indices == std::vector<std::int32_t>{0, 2, 1}, "LIBSVM");
  expect(read.codes == std::vector<int>{1, 0, 1} && read.labels == std::vector<double>{-1, 4}, "codes of labels");
  const lc::Problem of_file{file.matrix(), lc::classes(read.codes), lc::Loss::logistic, {0, 0.1}};
  expect(lc::fit(of_file).report.converged(), "a fit of what was read");
  expect(error_of([] { lc::parse_libsvm<double>("1 2:x", "text"); }).find("text, line 1, column 5") == 0, "a broken line is named");
  expect(error_of([] { lc::read_libsvm<double>("/no/such file"); }).find("cannot read /no/such file") == 0, "a file that is not there");
  const std::string idx("\0\0\x0b\x02\0\0\0\x02\0\0\0\x02\0\x01\xff\xff\x01\0\0\x07", 20);  // int16: 1, -1, 256, 7
  const lc::NumberArray pixels = lc::parse_idx(idx, "bytes");
  expect(pixels.shape == std::vector<lc::Index>{2, 2} && pixels.values<float>() == std::vector<float>{1, -1, 256, 7}, "IDX");
  expect(error_of([&] { pixels.values<unsigned char>(); }).find("-1 is no whole number in 0..255") != std::string::npos, "no byte");
  std::string npy("\x93NUMPY\x01\0\x3b\0{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }\n", 69);
  for (const double x : {1., 2., 3., 4., 5., 6.}) npy.append(reinterpret_cast<const char*>(&x), sizeof x);
  expect(lc::parse_npy(npy, "bytes").values<int>() == std::vector<int>{1, 4, 2, 5, 3, 6}, "NPY by columns");
  std::printf("%d wrong\n", wrong);
  return wrong;
}
