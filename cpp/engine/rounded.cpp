#include "rounded.h"

#include "data/dense.h"

namespace linclass::engine {
namespace {
double number(Index i) { return static_cast<double>(i); }
}  // namespace

RoundedObjective::RoundedObjective(DataObjective& data, const Standardisation& standard)
    : CurvedObjective(data.outputs, data.columns, data.penalty),
      data_(data),
      standard_(standard),
      blocks_(data.problem(), data.outputs, mean_weight(data.problem())),
      free_(data.free_outputs()),
      plan_(data.problem().X.rows, number(data.problem().X.rows) * number(data.features()) * number(outputs),
            1 + outputs + free_ * data.features(), near_rows(20.0 * number(data.features()) + 16.0 * number(free_), 64, 512)),
      standard_w_(static_cast<std::size_t>(size())),
      bias_(static_cast<std::size_t>(outputs)),
      shift_(bias_),
      packed_(static_cast<std::size_t>(free_ * data.features())) {}

double RoundedObjective::evaluate(const double* w, double* gradient) {
  const Index d = data_.features(), K = outputs;
  const double n = number(data_.problem().X.rows);
  standard_.parameters(w, standard_w_.data());
  data_.each_free_weight(standard_w_.data(),
                         [&](Index k, Index j, double value) { packed_[static_cast<std::size_t>(k * d + j)] = static_cast<float>(value); });
  for (Index k = 0; k < K; ++k) {
    const std::size_t at = static_cast<std::size_t>(k);
    bias_[at] = columns > d ? standard_w_[static_cast<std::size_t>(k * columns + d)] : 0.0;
    shift_[at] = columns > d ? bias_[at] - w[k * columns + d] : 0.0;
  }
  data_.reads += 1;
  const double* sums = blocks_.run(data_.team(), plan_, 1 + K + free_ * d, false,
                                   [&](const Rows& rows, Scratch<float>& s, const Block<float>& block, double* partial) {
                                     const Rows here{0, rows.count};
                                     s.rows.resize(static_cast<std::size_t>(plan_.block * d));
                                     standard_.rows(data_, rows, s.rows.data(), d);
                                     const void* coming = fetches_next_block ? data_.memory(rows.start + rows.count) : nullptr;
                                     const DenseRows<float> x(rows.count, d, s.rows.data(), d, coming);
                                     if (free_ < K) std::fill_n(block.scores + free_ * block.stride, rows.count, 0.0f);
                                     x.scores(here, packed_.data(), free_, block.scores, block.stride);
                                     blocks_.evaluate(rows, block, bias_.data(), s.weights.data());
                                     blocks_.add_sums(block, partial);
                                     x.add(here, block.scores, block.stride, free_, 1.0, partial + 1 + K, 0, d);
                                   });
  if (gradient) {
    for (Index k = 0; k < free_; ++k)
      for (Index j = 0; j < d; ++j) gradient[k * columns + j] = sums[1 + K + k * d + j] / n;
    data_.complete_gradient(gradient);
    for (Index k = 0; k < K && columns > d; ++k) gradient[k * columns + d] = sums[1 + k] / n;
    standard_.gradient_back(gradient, gradient);
    penalty.add_l2(w, K, gradient);
  }
  return sums[0] / n + penalty.l2_value(w, K);
}

double RoundedObjective::evaluate_intercept(const double* b, double* gradient, double* hessian) {
  std::vector<double> bias(shift_);
  for (std::size_t k = 0; k < bias.size(); ++k) bias[k] += b[k];
  return blocks_.evaluate_intercept(data_.team(), bias.data(), gradient, hessian);
}

}  // namespace linclass::engine
