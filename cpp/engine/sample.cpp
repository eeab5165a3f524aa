#include "sample.h"

#include <algorithm>
#include <numeric>

namespace linclass::engine {

std::vector<Index> draw_rows(const std::vector<double>& c, Index count, Random& random, const std::vector<Index>& order) {
  const double stratum = std::accumulate(c.begin(), c.end(), 0.0) / static_cast<double>(count);
  const Index n = static_cast<Index>(c.size());
  const auto row = [&](Index i) { return order.empty() ? i : order[static_cast<std::size_t>(i)]; };
  std::vector<Index> rows;
  rows.reserve(static_cast<std::size_t>(count));
  double reached = 0, next = 0;
  Index i = -1;
  for (Index k = 0; k < count; ++k) {
    next = (static_cast<double>(k) + (random.symmetric() + 1) / 2) * stratum;
    while (i + 1 < n && (i < 0 || reached <= next)) reached += c[static_cast<std::size_t>(row(++i))];
    rows.push_back(row(i));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<Index> draw_rows_by_class(const DataObjective& data, Index count, Random& random) {
  const Targets& y = data.problem().y;
  const std::size_t n = static_cast<std::size_t>(data.problem().X.rows);
  std::vector<double> weights(n);
  for (std::size_t i = 0; i < n; ++i) weights[i] = data.weight(static_cast<Index>(i));
  if (!y.codes) return draw_rows(weights, count, random);

  // counting sort by class
  std::vector<Index> begin(static_cast<std::size_t>(y.classes) + 1, 0), order(n);
  for (std::size_t i = 0; i < n; ++i) ++begin[static_cast<std::size_t>(y.codes[i]) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<Index> place(begin.begin(), begin.end() - 1);
  for (std::size_t i = 0; i < n; ++i)
    order[static_cast<std::size_t>(place[static_cast<std::size_t>(y.codes[i])]++)] = static_cast<Index>(i);

  std::vector<Index> rows = draw_rows(weights, count, random, order);
  std::vector<bool> met(static_cast<std::size_t>(y.classes), false);
  for (const Index i : rows) met[static_cast<std::size_t>(y.codes[i])] = true;
  for (std::size_t k = 0; k < met.size(); ++k) {
    if (met[k]) continue;
    const auto weighs = [&](Index i) { return weights[static_cast<std::size_t>(i)] > 0; };
    rows.push_back(*std::find_if(order.begin() + begin[k], order.begin() + begin[k + 1] - 1, weighs));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

Sample::Sample(const DataObjective& data, const Standardisation& standard, const std::vector<Index>& rows, std::vector<double> weights)
    : whole_(data.problem()),
      rows_(static_cast<Index>(rows.size())),
      x_(rows.size() * static_cast<std::size_t>(data.features())),
      weights_(std::move(weights)),
      penalty_scale_(standard.penalty_scale(data.penalty)) {
  const Index strip = 64, strips = (rows_ + strip - 1) / strip;
  data.team().run(strips, [&](Index task, int) {
    const Index first = task * strip;
    standard.rows(data, Rows{0, rows_, rows.data()}.part(first, std::min(strip, rows_ - first)), x_.data() + first * data.features(),
                  data.features());
  });
  const Targets& y = whole_.y;
  for (const Index i : rows) {
    if (y.codes) codes_.push_back(y.codes[i]);
    for (Index k = 0; k < y.classes && !y.codes; ++k)
      labels_.push_back(y.type == Type::float32 ? static_cast<double>(static_cast<const float*>(y.matrix)[i * y.stride + k])
                                                : static_cast<const double*>(y.matrix)[i * y.stride + k]);
  }
}

Problem Sample::problem(double stronger) const {
  Problem part = whole_;
  part.X = dense(x_.data(), rows_, whole_.X.columns);
  part.y = codes_.empty() ? indicator(labels_.data(), rows_, whole_.y.classes) : classes(codes_.data(), rows_, whole_.y.classes);
  part.penalty.l2 *= stronger;
  part.penalty.scale = penalty_scale_.data();
  part.sample_weight = weights_.empty() ? nullptr : weights_.data();
  return part;
}

}  // namespace linclass::engine
