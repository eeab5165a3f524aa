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

/// L-BFGS on one view of the data after another, with the pairs and the preconditioner carried along. Where many iterations are needed a better H0 is
/// worth its price: each serves twice as long as the one before and is made of twice as many rows (MNIST, C = 100: 350 iterations to 1e-6, not 620).
class Descent {
 public:
  /// h0: the first one, good for some iterations; null: made where it is needed.
  Descent(DataObjective& data, const Standardisation& standard, const Choice& choice, int pairs, Random& random,
          std::unique_ptr<InverseHessian> h0)
      : data_(data),
        standard_(standard),
        whole_(choice.whole),
        rows_(choice.curvature_rows),
        refresh_(choice.refresh),
        random_(random),
        pairs_(data.size(), pairs),
        h0_(std::move(h0)) {}

  /// Like descend.
  bool run(CurvedObjective& view, double* w, double& smooth, Vector& gradient, const std::function<bool(const Iterate&)>& done) {
    if (!h0_) renew(view, w);
    return descend(view, w, smooth, gradient, pairs_, h0_, [&](const Iterate& at) {
      if (done(at)) return true;
      if (--left_ > 0) return false;
      const bool serves = made_at_zero_ && at.decrement <= 1e-3 * std::abs(at.smooth);  // so near so soon: an easy problem
      if (serves)
        left_ = refresh_, made_at_zero_ = false;
      else
        renew(view, at.w);
      return false;
    });
  }

 private:
  void renew(CurvedObjective& view, const double* w) {
    h0_ = nullptr;  // one at a time in memory
    h0_ = std::make_unique<Preconditioner>(view, data_, standard_, w, rows_, whole_, random_);
    left_ = refresh_;
    // There all directions share one Gram matrix: a K-th of the price, and it knows nothing of the end.
    made_at_zero_ = !whole_ && Eigen::Map<const Vector>(w, data_.size()).isZero(0);
    if (made_at_zero_) {
      left_ = std::max(10, refresh_ / static_cast<int>(data_.outputs));
      return;
    }
    refresh_ *= 2;
    if (!whole_) rows_ *= 2;  // those of the whole Hessian are copied
  }

  DataObjective& data_;
  const Standardisation& standard_;
  const bool whole_;
  Index rows_;
  int refresh_;
  Random& random_;
  Pairs pairs_;
  std::unique_ptr<InverseHessian> h0_;
  bool made_at_zero_ = false;
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
