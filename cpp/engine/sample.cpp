#include "sample.h"

#include <numeric>

namespace linclass::engine {

Sample::Sample(const DataObjective& data, const Standardisation& standard, const std::vector<Index>& rows, std::vector<double> weights)
    : whole_(data.problem()),
      rows_(static_cast<Index>(rows.size())),
      x_(new float[rows.size() * static_cast<std::size_t>(data.features())]),
      weights_(std::move(weights)),
      penalty_scale_(standard.penalty_scale(data.penalty)) {
  const Index strip = 64, strips = (rows_ + strip - 1) / strip;
  data.team().run(strips, [&](Index task, int) {
    const Index first = task * strip;
    standard.rows(data, Rows{0, rows_, rows.data()}.part(first, std::min(strip, rows_ - first)), x_.get() + first * data.features(),
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
  part.X = dense(x_.get(), rows_, whole_.X.columns);
  part.y = codes_.empty() ? indicator(labels_.data(), rows_, whole_.y.classes) : classes(codes_.data(), rows_, whole_.y.classes);
  part.penalty.l2 *= stronger;
  part.penalty.scale = penalty_scale_.data();
  part.sample_weight = weights_.empty() ? nullptr : weights_.data();
  return part;
}

Sample curved_sample(CurvedObjective& objective, const DataObjective& data, const Standardisation& standard, Index rows, Random& random) {
  const Index n = data.problem().X.rows;
  const auto at = [](Index i) { return static_cast<std::size_t>(i); };
  std::vector<double> trace(at(n)), weights;
  objective.curvature_trace(trace.data());
  double total = std::accumulate(trace.begin(), trace.end(), 0.0);
  if (!(total > 0)) {  // no row has curvature: any will do
    for (Index i = 0; i < n; ++i) trace[at(i)] = data.weight(i);
    total = static_cast<double>(n);
  }
  const bool all = 2 * rows >= n;
  std::vector<Index> drawn(at(n));
  std::iota(drawn.begin(), drawn.end(), Index(0));
  if (!all) drawn = draw_rows(n, rows, random, [&](Index i) { return trace[at(i)]; }, 1, [](Index) { return 0; });
  weights.reserve(drawn.size());
  for (const Index i : drawn) weights.push_back(data.weight(i) * (all ? 1 : total / static_cast<double>(n) / trace[at(i)]));
  return {data, standard, drawn, std::move(weights)};
}

}  // namespace linclass::engine
