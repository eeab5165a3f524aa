#include "solver/preconditioned_lbfgs.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "preconditioner.h"
#include "rounded.h"
#include "solver/newton.h"
#include "solver/sampled_optimum.h"

namespace linclass::engine {
namespace {

using Vector = Eigen::VectorXd;

/// L-BFGS on one view of the data after another, with the pairs and the preconditioner carried along.
class Descent {
 public:
  /// h0: the first one, good for some iterations; null: made where it is needed.
  Descent(DataObjective& data, const Standardisation& standard, const Choice& choice, int pairs, Random& random,
          std::unique_ptr<InverseHessian> h0)
      : data_(data), standard_(standard), choice_(choice), random_(random), pairs_(data.size(), pairs), h0_(std::move(h0)) {}

  /// Like descend.
  bool run(CurvedObjective& view, double* w, double& smooth, Vector& gradient, const std::function<bool(const Iterate&)>& done) {
    if (!h0_) renew(view, w);
    return descend(view, w, smooth, gradient, pairs_, h0_, [&](const Iterate& at) {
      if (done(at)) return true;
      if (--left_ == 0) renew(view, at.w);
      return false;
    });
  }

 private:
  void renew(CurvedObjective& view, const double* w) {
    h0_ = nullptr;  // one at a time in memory
    h0_ = std::make_unique<Preconditioner>(view, data_, standard_, w, choice_.curvature_rows, choice_.whole, random_);
    left_ = choice_.refresh;
  }

  DataObjective& data_;
  const Standardisation& standard_;
  const Choice& choice_;
  Random& random_;
  Pairs pairs_;
  std::unique_ptr<InverseHessian> h0_;
  int left_ = 12;  ///< iterations until H0 is made anew; with a good first one these are six digits and more
};

/// As many pairs as asked for, or more where they cost little beside a pass, and 32 MB at most.
int pairs_worth_keeping(const DataObjective& data, int asked) {
  const Index many = std::min({Index(100), data.problem().X.rows / 500, (Index(1) << 21) / data.size()});
  return std::max(asked, static_cast<int>(many));
}

/// H0 from the sample that gave the start, or null. At a w where `view` was evaluated last.
std::unique_ptr<InverseHessian> sampled_h0(std::unique_ptr<SampledOptimum> sample, CurvedObjective& view, DataObjective& data,
                                           const Standardisation& standard) {
  if (sample && sample->hessian().size() > 0) return std::make_unique<Preconditioner>(view, data, standard, sample->hessian());
  if (sample && sample->knows_curvature()) return sample;
  return nullptr;
}

}  // namespace

void preconditioned_lbfgs(DataObjective& data, double* w, const Settings& settings, const Choice& choice, Monitor& monitor) {
  Random random(settings.seed);
  const Standardisation standard(data);
  std::unique_ptr<SampledOptimum> sample;
  if (choice.start_rows > 0 && settings.start == Start::zeros) {
    sample = std::make_unique<SampledOptimum>(data, standard, choice.start_rows, random);
    sample->found() ? sample->read(w) : sample.reset();
  }

  std::unique_ptr<RoundedObjective> rounded;
  if (choice.rounded) rounded = std::make_unique<RoundedObjective>(data, standard);
  CurvedObjective& view = rounded ? static_cast<CurvedObjective&>(*rounded) : data;
  data.keep_scores(), view.keep_scores();
  monitor.rounded(choice.rounded);
  monitor.centred_at(standard.centre());

  Vector gradient(data.size());
  double smooth = view.evaluate(w, gradient.data());
  if (monitor.start(w, smooth, gradient.data())) return;
  std::unique_ptr<InverseHessian> h0 = sampled_h0(std::move(sample), view, data, standard);
  if (h0 && !choice.reason.empty()) monitor.chose(explain(choice, "H0 their Hessian"));
  Descent descent(data, standard, choice, pairs_worth_keeping(data, settings.memory), random, std::move(h0));
  bool ended = false, impatient = false;
  int iterations = 0;
  const auto run = [&](CurvedObjective& at_hand, double least_decrement) {
    descent.run(at_hand, w, smooth, gradient, [&](const Iterate& at) {
      ended = monitor.iteration(at.w, at.smooth, at.gradient, at.decrement) || (impatient = ++iterations == choice.patience);
      return ended || at.decrement <= least_decrement * std::abs(at.smooth);
    });
  };
  if (rounded) {
    run(*rounded, 1e-2 * rounded->noise());  // what is left then is beyond rounded gradients
    monitor.rounded(false);
    if (!ended) smooth = data.evaluate(w, gradient.data());
  }
  if (!ended) run(data, 0);
  if (impatient) return newton_cholesky(data, w, settings, monitor);
  if (!ended) monitor.stalled(w);
}

}  // namespace linclass::engine
