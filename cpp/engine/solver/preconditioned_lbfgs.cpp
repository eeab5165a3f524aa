#include "solver/preconditioned_lbfgs.h"

#include <cmath>
#include <memory>

#include "preconditioner.h"
#include "rounded.h"
#include "solver/newton.h"

namespace linclass::engine {
namespace {

using Vector = Eigen::VectorXd;

/// L-BFGS on one view of the data after another, with the pairs and the preconditioner carried along.
class Descent {
 public:
  Descent(DataObjective& data, const Standardisation& standard, const Choice& choice, int pairs, Random& random)
      : data_(data), standard_(standard), choice_(choice), random_(random), pairs_(data.size(), pairs) {}

  /// Like descend.
  bool run(CurvedObjective& view, double* w, double& smooth, Vector& gradient, const std::function<bool(const Iterate&)>& done) {
    if (!h0_) renew(view, w);
    return descend(
        view, w, smooth, gradient, pairs_, [&](Vector& g) { h0_->apply(g); },
        [&](const Iterate& at) {
          if (done(at)) return true;
          if (++served_ == choice_.refresh) renew(view, at.w);
          return false;
        });
  }

 private:
  void renew(CurvedObjective& view, const double* w) {
    h0_ = nullptr;  // one at a time in memory
    h0_ = std::make_unique<Preconditioner>(view, data_, standard_, w, choice_.curvature_rows, choice_.whole, random_);
    served_ = 0;
  }

  DataObjective& data_;
  const Standardisation& standard_;
  const Choice& choice_;
  Random& random_;
  Pairs pairs_;
  std::unique_ptr<Preconditioner> h0_;
  int served_ = 0;
};

/// The optimum of a sample, nearly: its own error is larger than what is left.
void start_from_sample(DataObjective& data, const Standardisation& standard, const Choice& choice, Random& random, double* w) {
  const Index n = data.problem().X.rows;
  const Targets& y = data.problem().y;
  const auto class_of = [&](Index i) { return y.codes ? static_cast<Index>(y.codes[i]) : 0; };
  const auto weight = [&](Index i) { return data.weight(i); };
  const Sample sample(data, standard, draw_rows(n, choice.start_rows, random, weight, y.codes ? y.classes : 1, class_of), {});
  data.reads += static_cast<double>(choice.start_rows) / static_cast<double>(n);
  // Fewer rows determine the parameters less: a larger penalty makes up for some of it.
  const Problem part = sample.problem(std::sqrt(static_cast<double>(n) / static_cast<double>(choice.start_rows)));
  const auto there = make_objective(part, data.outputs, 1);
  there->work_with(data.team());
  Vector v = Vector::Zero(data.size());
  int iterations = 0;
  const auto done = [&](const Iterate& at) { return at.decrement <= 1e-3 * at.smooth || ++iterations > 25; };
  Choice how = choose(*there, Solver::automatic);
  if (how.solver == Solver::newton_cholesky) {
    newton(*there, v.data(), done);
  } else {
    how = choose(*there, Solver::preconditioned_lbfgs);
    const Standardisation again(*there);
    Vector gradient(data.size());
    there->keep_scores();
    double smooth = there->evaluate(v.data(), gradient.data());
    Descent(*there, again, how, 10, random).run(*there, v.data(), smooth, gradient, done);
  }
  if (v.allFinite()) standard.parameters_back(v.data(), w);
}

}  // namespace

void preconditioned_lbfgs(DataObjective& data, double* w, const Settings& settings, const Choice& choice, Monitor& monitor) {
  Random random(settings.seed);
  const Standardisation standard(data);
  if (choice.start_rows > 0 && settings.start == Start::zeros) start_from_sample(data, standard, choice, random, w);

  std::unique_ptr<RoundedObjective> rounded;
  if (choice.rounded) rounded = std::make_unique<RoundedObjective>(data, standard);
  CurvedObjective& view = rounded ? static_cast<CurvedObjective&>(*rounded) : data;
  data.keep_scores(), view.keep_scores();
  monitor.rounded(choice.rounded);
  monitor.centred_at(standard.centre());

  Vector gradient(data.size());
  double smooth = view.evaluate(w, gradient.data());
  if (monitor.start(w, smooth, gradient.data())) return;
  Descent descent(data, standard, choice, settings.memory, random);
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
