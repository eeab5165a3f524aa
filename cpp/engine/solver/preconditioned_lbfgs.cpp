#include "solver/preconditioned_lbfgs.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "preconditioner.h"
#include "rounded.h"
#include "solver/newton.h"
#include "solver/sampled_newton.h"
#include "solver/sampled_optimum.h"

namespace linclass::engine {
namespace {

using Vector = Eigen::VectorXd;

/// L-BFGS on one view of the data after another, with the pairs and H0 carried along. Where many iterations are needed a better H0 is
/// worth its price: each serves twice as long as the one before and is made of twice as many rows (MNIST, C = 100: 350 iterations to 1e-6, not 620).
class Descent {
 public:
  Descent(DataObjective& data, const Standardisation& standard, const Choice& choice, int pairs, Random& random, Monitor& monitor)
      : data_(data),
        standard_(standard),
        choice_(choice),
        rows_(choice.curvature_rows),
        refresh_(choice.refresh),
        random_(random),
        monitor_(monitor),
        pairs_(data.size(), pairs) {}

  /// H0 for the next iterations, at w, where `view` was evaluated last: h0, or with a sample of rows conjugate gradients on it, which h0 preconditions. Without a
  /// first one it is made where it is needed.
  void use(std::unique_ptr<InverseHessian> h0, Index sample_rows, CurvedObjective& view, const double* w) {
    h0_ = std::move(h0), newton_ = nullptr;
    if (sample_rows == 0) return;
    auto newton = std::make_unique<SampledNewton>(data_, standard_, sample_rows, std::move(h0_), random_);
    newton->draw(view, w);
    newton_ = newton.get();
    h0_ = std::move(newton);
    tell("H0 the Hessian of " + std::to_string(sample_rows) + " rows by conjugate gradients");
  }
  /// Of that sample; 0 where it would not be small beside the data.
  Index sample_rows(const Directions& directions) const {
    const double n = static_cast<double>(data_.problem().X.rows), columns = static_cast<double>(data_.columns);
    const double most = n * data_.mean_row_length() / columns / 4, rows = std::min(std::max(rows_for(directions), most / 4), most);
    // A large one pays only where few conjugate gradients do: where the penalty determines many directions.
    const bool pays = rows <= most / 2 || directions.most <= 0.6 * columns;
    return pays && enough(rows, directions) ? static_cast<Index>(rows) : 0;
  }
  static bool enough(double rows, const Directions& directions) { return rows >= 0.75 * rows_for(directions); }
  void tell(const std::string& h0) {
    if (!choice_.reason.empty()) monitor_.chose(explain(choice_, h0));
  }

  /// Like descend.
  bool run(CurvedObjective& view, double* w, double& smooth, Vector& gradient, const std::function<bool(const Iterate&)>& done) {
    if (!h0_) renew(view, w);
    return descend(view, w, smooth, gradient, pairs_, h0_, [&](const Iterate& at) {
      if (done(at)) return true;
      if (--left_ > 0) {
        if (newton_) newton_->moved(view, at.w);
        return false;
      }
      const bool serves = made_at_zero_ && at.decrement <= 1e-3 * std::abs(at.smooth);  // so near so soon: an easy problem
      if (serves)
        left_ = refresh_, made_at_zero_ = false;
      else
        renew(view, at.w);
      return false;
    });
  }

 private:
  /// Their Hessian is near that of all, as measured.
  static double rows_for(const Directions& directions) { return std::max(32 * directions.most, 2 * directions.all); }

  void renew(CurvedObjective& view, const double* w) {
    h0_ = nullptr;  // one at a time in memory
    auto h0 = std::make_unique<Preconditioner>(view, data_, standard_, w, rows_, choice_.whole, random_);
    const bool blocks = !choice_.whole && rows_ > 0 && data_.outputs > 1;
    const Index drawn = blocks ? sample_rows(h0->directions()) : 0;
    use(std::move(h0), drawn, view, w);
    left_ = refresh_;
    // There all directions share one Gram matrix: a K-th of the price, and it knows nothing of the end.
    made_at_zero_ = !choice_.whole && Eigen::Map<const Vector>(w, data_.size()).isZero(0);
    if (made_at_zero_) {
      left_ = std::max(10, refresh_ / static_cast<int>(data_.outputs));
      return;
    }
    refresh_ *= 2;
    if (!choice_.whole) rows_ *= 2;  // those of the whole Hessian are copied
  }

  DataObjective& data_;
  const Standardisation& standard_;
  const Choice& choice_;
  Index rows_;
  int refresh_;
  Random& random_;
  Monitor& monitor_;
  Pairs pairs_;
  std::unique_ptr<InverseHessian> h0_;
  SampledNewton* newton_ = nullptr;  ///< h0_, where it is one
  bool made_at_zero_ = false;
  int left_ = 12;  ///< iterations until H0 is made anew; with a good first one these are six digits and more
};

/// As many pairs as asked for, or more where they cost little beside a pass, and 32 MB at most.
int pairs_worth_keeping(const DataObjective& data, int asked) {
  const Index many = std::min({Index(100), data.problem().X.rows / 500, (Index(1) << 21) / data.size()});
  return std::max(asked, static_cast<int>(many));
}

}  // namespace

void preconditioned_lbfgs(DataObjective& data, double* w, const Settings& settings, const Choice& choice, Monitor& monitor) {
  Random random(settings.seed);
  const Standardisation standard(data);
  std::unique_ptr<SampledOptimum> sample;
  if (choice.start_rows > 0) {
    sample = std::make_unique<SampledOptimum>(data, standard, choice.start_rows, random);
    sample->found() ? sample->read(w) : sample.reset();
  }

  std::unique_ptr<RoundedObjective> rounded;
  if (choice.rounded) rounded = std::make_unique<RoundedObjective>(data, standard);
  CurvedObjective& view = rounded ? static_cast<CurvedObjective&>(*rounded) : data;
  data.keep_scores(), view.keep_scores();
  monitor.rounded(rounded.get());
  monitor.centred_at(standard.centre());

  Vector gradient(data.size());
  double smooth = view.evaluate(w, gradient.data());
  if (monitor.start(w, smooth, gradient.data())) return;
  Descent descent(data, standard, choice, pairs_worth_keeping(data, settings.memory), random, monitor);
  if (sample && sample->hessian().size() > 0) {
    descent.use(std::make_unique<Preconditioner>(view, data, standard, sample->hessian()), 0, view, w);
    descent.tell("H0 their Hessian");
  } else if (sample && sample->directions() && Descent::enough(sample->rows(), *sample->directions())) {
    if (const Index rows = descent.sample_rows(*sample->directions())) descent.use(std::move(sample), rows, view, w);
  }
  sample = nullptr;
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
    monitor.rounded(nullptr);
    if (!ended) smooth = data.evaluate(w, gradient.data());
  }
  if (!ended) run(data, 0);
  if (impatient) return newton_cholesky(data, w, settings, monitor);
  if (!ended) monitor.stalled(w);
}

}  // namespace linclass::engine
