/// Minibatch descent on w <- w - eta (mean over the batch of s_i g_i + l2 c^2 w), then the proximal step of eta l1 c.
///
/// Plain steps without a penalty scale cost what the batch stores: the weights are A v with a common factor A that takes the l2 shrinkage
/// (Bottou, Stochastic gradient descent tricks, 2012), and l1 is owed by each column until it is next met. With B = sum_t eta_t l1 / A_t the
/// debt of a column last settled at B0 is a soft threshold of v by B - B0, since thresholds and positive factors compose (Langford, Li and
/// Zhang, JMLR 2009; Duchi and Singer, JMLR 2009). Everything else (momentum, Nesterov, Adam, penalty scales) visits each parameter.
#pragma once
#include "random.h"
#include "simd/packet.h"
#include "solver/monitor.h"

namespace linclass::engine {

/// The order in which rows are visited: batches of rows, shuffled an epoch at a time; batches of a storage that has only ranges of rows are
/// shuffled whole.
class Order {
 public:
  Order(const Settings& settings) : shuffle_(settings.shuffle), random_(settings.seed) {}

  /// visit(batch) for each batch of an epoch; false ends it.
  template <class Visit>
  void epoch(const Minibatches& data, Index batch_size, Visit&& visit) {
    const Index n = data.rows(), size = std::min(batch_size, n), batches = (n + size - 1) / size;
    if (shuffle_) {
      order_.resize(static_cast<std::size_t>(data.any_rows() ? n : batches));
      for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<Index>(i);
      engine::shuffle(order_, random_);
    }
    for (Index b = 0; b < batches; ++b) {
      const Index place = shuffle_ && !data.any_rows() ? order_[static_cast<std::size_t>(b)] : b;
      const Index start = place * size;
      visit(Rows{start, std::min(size, n - start), shuffle_ && data.any_rows() ? order_.data() : nullptr, n});
    }
  }

 private:
  bool shuffle_;
  Random random_;
  std::vector<Index> order_;
};

/// The state of a descent that may go on with other data.
class Sgd {
 public:
  Sgd(Index outputs, Index features, bool intercept, const PenaltyTerms& penalty, const Settings& settings, const double* w);

  /// Arranges the parameters as the storage of these data likes them; before the first epoch on them.
  void adopt(const Minibatches& data);

  /// One pass over the data; the weighted mean loss, each batch at the parameters that it met.
  double epoch(Minibatches& data);
  void read(double* w);  ///< outputs x columns
  bool has_rate() const { return rate_ > 0; }
  void set_rate(double rate) { rate_ = rate; }

 private:
  double rate_now() const;
  void plain_step(Minibatches& data, const Rows& batch, double rate);
  void full_step(Minibatches& data, const Rows& batch, double rate);
  void settle_all();
  template <class Direction>
  void step(Minibatches& data, const Rows& batch, double rate, const Direction& direction);
  Index columns() const { return features_ + (intercept_ ? 1 : 0); }

  Index outputs_, features_;
  bool intercept_;
  PenaltyTerms penalty_;
  Settings settings_;
  bool lazy_;                 ///< the plain_step; else the full_step
  std::vector<Index> place_;  ///< of (k, j) in packed arrays

  // weights A v; column j owes a soft threshold of v by debt - settled[j] (dense storages settle all columns at once)
  Aligned<double> v_;
  std::vector<double> b_;
  double factor_ = 1, debt_ = 0;
  std::vector<double> settled_;
  std::vector<Index> columns_;

  Aligned<double> gradient_;  ///< 0 between steps
  std::vector<double> b_gradient_;
  Aligned<double> first_, second_;  ///< velocity, or Adam's moments
  std::vector<double> b_first_, b_second_;
  Aligned<double> c_;  ///< penalty scales, packed
  Order order_;
  double rate_;
  double decrease_ = 1;  ///< of the step and adaptive schedules
  double last_mean_;
  Index steps_ = 0, epochs_ = 0;
  double loss_ = 0;
};

void sgd(DataObjective& objective, double* w, const Settings& settings, Monitor& monitor);

/// A default rate: a small multiple of the inverse mean square norm of the rows.
double default_rate(DataObjective& data, const Settings& settings);

}  // namespace linclass::engine
