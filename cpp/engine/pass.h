/// DataObjective for one storage and type.
#pragma once
#include <algorithm>
#include <cmath>
#include <utility>

#include "blocks.h"
#include "data_objective.h"
#include "kernel/gram.h"
#include "predict.h"

namespace linclass::engine {

template <class X>
class Pass final : public DataObjective {
  using T = typename X::Scalar;
  using Weight = typename X::Weight;

 public:
  Pass(const X& x, const Problem& problem, Index outputs, double mean_weight)
      : DataObjective(problem, outputs, mean_weight),
        x_(x),
        blocks_(problem_, outputs, mean_weight),
        free_(free_outputs()),
        plan_(x.rows, x.cost(x.rows) * static_cast<double>(outputs), partial_size(), x.block_rows(free_)) {}

  double evaluate(const double* w, double* gradient) override {
    begin_at(w);
    const double* sums = run(plan_, gradient ? partial_size() : 1 + outputs, blocks_.keeps_curvature(),
                             [&](const Rows& rows, Scratch<T>& s, const Block<T>& block, double* partial) {
                               evaluate_block(rows, s, block, partial, gradient != nullptr);
                             });
    keep_at(w);
    const double value = sums[0] / rows_as_double() + penalty.l2_value(w, outputs);
    if (gradient) {
      unpack_gradient(sums, gradient);
      penalty.add_l2(w, outputs, gradient);
    }
    return value;
  }

  void keep_scores() override { blocks_.keep_scores(); }
  double evaluate_intercept(const double* b, double* gradient, double* hessian) override {
    return blocks_.evaluate_intercept(*team_, b, gradient, hessian);
  }
  void row_curvature(const double* u, double* c) override { blocks_.row_curvature(*team_, bias_.data(), u, c); }
  void curvature_trace(double* c) override { blocks_.curvature_trace(*team_, bias_.data(), c); }
  double weight(Index i) const override { return blocks_.weight(i); }

  void mean_curvature(double* A) override { blocks_.mean_curvature(*team_, bias_.data(), A); }

  const void* memory(Index i) const override {
    if constexpr (X::sparse || !X::any_rows)
      return nullptr;
    else
      return x_.row(1) == x_.row(0) + features_ ? x_.row(i) : nullptr;
  }

  void copy_rows(const Rows& rows, const double* centre, const double* scale, float* out, Index ldo) const override {
    const Index d = features_;
    const auto put = [=](Index i, Index j, double value) { out[i * ldo + j] = static_cast<float>((value - centre[j]) * scale[j]); };
    if constexpr (X::sparse) {
      for (Index i = 0; i < rows.count; ++i) {
        for (Index j = 0; j < d; ++j) put(i, j, 0);
        x_.each(rows[i], [&](Index j, T value) { out[i * ldo + j] += static_cast<float>(static_cast<double>(value) * scale[j]); });
      }
    } else if constexpr (X::any_rows) {
      using Stored = typename X::Stored;
      constexpr Index S = packet_size<double>, line = 64 / sizeof(Stored);
      const Index ahead =
          std::clamp<Index>(4096 / (d * static_cast<Index>(sizeof(Stored))), 2, 16);  // rows: some 100 ns until they are needed
      for (Index i = 0; i < rows.count; ++i) {
        const Stored *row = x_.row(rows[i]), *coming = x_.row(rows.list ? rows[std::min(i + ahead, rows.count - 1)] : rows[i] + ahead);
        Index j = 0;
        for (; j + S <= d; j += S) {
          if (j % line == 0) prefetch(coming + j);
          const Packet<double> shifted = Eigen::internal::psub(load_as<double>(row + j), load(centre + j));
          store(out + i * ldo + j, Eigen::internal::pmul(shifted, load(scale + j)));
        }
        for (; j < d; ++j) put(i, j, static_cast<double>(row[j]));
      }
    } else {
      constexpr Index strip = 16;  // rows at a time: whole cache lines of a column
      for (Index first = 0; first < rows.count; first += strip)
        for (Index j = 0; j < d; ++j)
          for (Index i = first; i < std::min(first + strip, rows.count); ++i) put(i, j, static_cast<double>(x_.at_row(rows[i], j)));
    }
  }

  void curvature_times(const double* w, const double* v, double* out) override {
    blocks_.keep_curvature();
    if (!std::equal(kept_at_.begin(), kept_at_.end(), w, w + size())) evaluate(w, nullptr);
    pack(v, direction_, direction_bias_);
    reads += 1;
    const double* sums = run(plan_, partial_size(), true, [&](const Rows& rows, Scratch<T>& s, const Block<T>& block, double* partial) {
      std::fill_n(block.loss, rows.count, T(0));                                              // there is none to add up
      pass(rows, s, block, direction_.data(), partial, true, [&](Index first, Index count) {  // H_i dz_i takes the place of the residual
        const Rows here = rows.part(first, count);
        const Block<T> part = block.part(first, count);
        blocks_.load_curvature(here, part);
        blocks_.add_bias(part.scores, count, part.stride, direction_bias_.data());
        blocks_.loss.curvature_times(part, part.scores);
        blocks_.weigh(here, part, s.weights.data() + first);
      });
    });
    unpack_gradient(sums, out);
    penalty.add_l2(v, outputs, out);
  }

  double evaluate_with_hessian(const double* w, double* gradient, double* hessian) override {
    const Index pairs = outputs * (outputs + 1) / 2, square = columns * columns, first = partial_size(), length = first + pairs * square;
    const double entries = static_cast<double>(pairs) * static_cast<double>(square);
    Plan plan(x_.rows, static_cast<double>(x_.rows) * entries / 2, length, gram_rows, 1 << 30);
    // To zero and merge a partial Hessian costs as much as many rows.
    while (plan.chunks > 1 && plan.rows < 4 * gram_rows * plan.chunks) plan.chunks /= 2;
    begin_at(w);
    const double* sums = run(plan, length, true, [&](const Rows& rows, Scratch<T>& s, const Block<T>& block, double* partial) {
      const Index m = rows.count;
      evaluate_block(rows, s, block, partial, true);
      s.gram.resize(static_cast<std::size_t>(x_.gram_space(m)));
      double* G = partial + first;
      for (Index k = 0; k < outputs; ++k)
        for (Index l = 0; l <= k; ++l, G += square) {
          T* entry = s.direction.data();
          blocks_.loss.curvature_entry(block, k, l, entry);
          if (problem_.sample_weight)
            for (Index i = 0; i < m; ++i) entry[i] *= s.weights[static_cast<std::size_t>(i)];
          x_.add_gram(rows, entry, G, columns, s.gram.data(), k == 0 ? x_.coming(rows) : Coming{});
          if (!problem_.fit_intercept) continue;
          double* last = G + features_ * columns;
          x_.add(rows, entry, m, 1, 1.0, last, 0, x_.extent(1));
          for (Index i = 0; i < m; ++i) last[features_] += static_cast<double>(entry[i]);
        }
    });
    keep_at(w);
    unpack_gradient(sums, gradient);
    penalty.add_l2(w, outputs, gradient);
    const double* G = sums + first;
    for (Index k = 0; k < outputs; ++k)
      for (Index l = 0; l <= k; ++l, G += square)
        for (Index a = 0; a < columns; ++a) {
          if (a % 64 == 0) team_->check();
          for (Index j = 0; j <= a; ++j) {
            const double c = penalty.c[static_cast<std::size_t>(a)];
            const double entry = G[a * columns + j] / rows_as_double() + (k == l && a == j ? penalty.l2 * c * c : 0);
            for (const auto& [row, column] : {std::pair{k * columns + a, l * columns + j}, std::pair{k * columns + j, l * columns + a}})
              hessian[row * size() + column] = hessian[column * size() + row] = entry;
          }
        }
    return sums[0] / rows_as_double() + penalty.l2_value(w, outputs);
  }

  bool has_curvature() const override { return blocks_.loss.curvature_times != nullptr; }
  bool smooth() const override { return blocks_.loss.smooth; }
  bool convex() const override { return blocks_.loss.convex; }
  double mean_row_length() const override { return x_.cost(x_.rows) / rows_as_double(); }
  double noise() const override { return std::is_same_v<T, float> ? 1e-7 : 1e-14; }
  bool has_gap() const override {
    bool scales = true;
    for (Index j = 0; j < features_; ++j) scales = scales && penalty.c[static_cast<std::size_t>(j)] > 0;
    return blocks_.loss.smooth && blocks_.loss.convex && penalty.l2 > 0 && scales;
  }

  Index rows() const override { return x_.rows; }
  bool any_rows() const override { return X::any_rows; }
  bool sparse() const override { return X::sparse; }
  Index place(Index k, Index j) const override { return x_.at(outputs, k, j); }

  double residuals(const Rows& batch, const double* v, double scale, const double* b, double* b_gradient) override {
    const Index m = batch.count;
    reads += static_cast<double>(m) / static_cast<double>(x_.rows);
    batch_.resize(outputs, m, false);
    const Cut cut = cut_batch(m);
    const Index stride = batch_.stride, size = outputs * stride, height = even_part(m, (m + cut.each - 1) / cut.each, 16);
    other_scores_.resize(static_cast<std::size_t>((cut.parts - 1) * size));
    packed_.resize(std::is_same_v<Weight, double> ? 0 : static_cast<std::size_t>(cut.each * outputs * features_));
    team_->run(cut.groups * cut.each, [&](Index task, int) {
      const Index group = task % cut.groups, slice = task / cut.groups, first = slice * height;
      if (first >= m) return;
      const Rows rows = batch.part(first, std::min(height, m - first));
      for (Index begin = cut.begin(group), end; begin < cut.begin(group + 1); begin = end) {
        end = std::min(begin + cut.width, cut.extent);
        const Weight* weights = weights_of(v, begin, end, slice);
        T* scores = (begin == 0 ? batch_.scores.data() : other_scores_.data() + (begin / cut.width - 1) * size) + first;
        if constexpr (X::sparse)
          x_.scores(rows, weights, outputs, scores, stride);
        else
          x_.scores(rows, begin, end, weights, outputs, scores, stride);
      }
    });
    const Index piece = m * outputs < 8192 ? m : even_part(m, (m + team_->threads() - 1) / team_->threads(), 16);
    const bool by_class = blocks_.by_class(problem_.y);
    team_->run((m + piece - 1) / piece, [&](Index task, int) {
      const Index first = task * piece, count = std::min(piece, m - first);
      const Rows rows = batch.part(first, count);
      const Block<T> block{outputs,
                           count,
                           stride,
                           by_class,
                           batch_.targets.data() + first,
                           batch_.scores.data() + first,
                           batch_.loss.data() + first,
                           nullptr,
                           batch_.spare.data() + 3 * first};
      for (Index k = 0; k < outputs; ++k) {
        T* score = block.scores + k * stride;
        const T* other = other_scores_.data() + k * stride + first;
        for (Index part = 1; part < cut.parts; ++part, other += size)
          for (Index i = 0; i < count; ++i) score[i] += other[i];
        for (Index i = 0; i < count; ++i) score[i] *= static_cast<T>(scale);
      }
      fill_targets(problem_.y, rows, by_class, outputs, batch_.targets.data() + first, stride);
      blocks_.evaluate(rows, block, b, batch_.weights.data() + first);
    });
    for (Index k = 0; k < outputs; ++k) b_gradient[k] = sum_in_double(batch_.scores.data() + k * stride, m);
    return sum_in_double(batch_.loss.data(), m);
  }

  void add(const Rows& batch, double factor, double* g, const Finished& finished) override {
    const Cut cut = cut_batch(batch.count);
    team_->run(cut.groups * cut.each, [&](Index task, int) {
      const Index group = task % cut.groups, from = cut.begin(group), to = cut.begin(group + 1), length = to - from;
      const Index piece = even_part(length, (length + cut.each - 1) / cut.each, cut.unit), begin = from + task / cut.groups * piece;
      const Index end = std::min(begin + piece, to);
      if (begin >= end) return;
      x_.add(batch, batch_.scores.data(), batch_.stride, outputs, factor, g, begin, end);
      if (finished && !X::sparse)
        for (Index k = 0; k < outputs; ++k) finished(k * features_ + begin, end - begin);
    });
    if (finished && X::sparse) {
      const Index size = outputs * features_, piece = 1 << 14;
      team_->run((size + piece - 1) / piece, [&](Index task, int) { finished(task * piece, std::min(piece, size - task * piece)); });
    }
  }

  void stored_columns(const Rows& batch, std::vector<Index>& columns) const override {
    columns.clear();
    if constexpr (X::sparse)
      for (Index i = 0; i < batch.count; ++i) x_.each(batch[i], [&](Index j, T) { columns.push_back(j); });
  }

 protected:
  void column_rms(double* rms) override {
    reads += 1;
    const Index d = features_;
    std::vector<double> sums(static_cast<std::size_t>(d * plan_.chunks));
    team_->run(plan_.chunks, [&](Index chunk, int) {
      double* sum = sums.data() + chunk * d;
      for (Index i = plan_.begin(chunk); i < plan_.begin(chunk + 1); ++i) {
        if (i % 64 == 0) team_->check();
        const double s = weight(i);
        const auto square = [&](Index j, double value) { sum[j] += s * value * value; };
        if constexpr (X::sparse)
          x_.each(i, [&](Index j, T value) { square(j, static_cast<double>(value)); });
        else
          for (Index j = 0; j < d; ++j) square(j, static_cast<double>(x_.at_row(i, j)));
      }
    });
    for (Index j = 0; j < d; ++j) {
      double total = 0;
      for (Index chunk = 0; chunk < plan_.chunks; ++chunk) total += sums[static_cast<std::size_t>(chunk * d + j)];
      rms[j] = std::sqrt(total / rows_as_double());
    }
  }

  AtZero compute_at_zero() override {
    // With codes a row's class says all: one row a class, with the weight of the class.
    const Targets& y = problem_.y;
    const bool coded = y.codes != nullptr;
    std::vector<int> codes(static_cast<std::size_t>(coded ? y.classes : 0));
    for (std::size_t k = 0; k < codes.size(); ++k) codes[k] = static_cast<int>(k);
    std::vector<double> class_weight(codes.size() * static_cast<std::size_t>(plan_.chunks));
    if (coded) {
      team_->run(plan_.chunks, [&](Index chunk, int) {
        std::vector<double> sum(codes.size());
        for (Index i = plan_.begin(chunk); i < plan_.begin(chunk + 1); ++i) sum[static_cast<std::size_t>(y.codes[i])] += blocks_.weight(i);
        std::copy(sum.begin(), sum.end(), class_weight.begin() + chunk * y.classes);
      });
      add_partials(*team_, class_weight.data(), plan_.chunks, y.classes);
    }
    const Targets seen = coded ? classes(codes, y.classes) : y;

    double value = 0, square = 0;
    Scratch<T> s;
    s.resize(outputs, plan_.block, false);
    for (Index start = 0; start < seen.rows; start += plan_.block) {
      const Rows rows{start, std::min(plan_.block, seen.rows - start)};
      const Block<T> block = blocks_.begin(seen, rows, s, false);
      std::fill(s.scores.begin(), s.scores.end(), T(0));
      blocks_.loss.evaluate(block);
      for (Index i = 0; i < rows.count; ++i) {
        const double weight_i = coded ? class_weight[static_cast<std::size_t>(rows[i])] : blocks_.weight(rows[i]);
        value += weight_i * static_cast<double>(s.loss[static_cast<std::size_t>(i)]);
        for (Index k = 0; k < outputs; ++k) {
          const double r = static_cast<double>(s.scores[static_cast<std::size_t>(k * s.stride + i)]);
          square += weight_i * r * r;
        }
      }
    }
    return {value / rows_as_double(), std::sqrt(square / rows_as_double())};
  }

 private:
  Index partial_size() const { return 1 + outputs + free_ * features_; }  // value, gradient of b, packed gradient of W
  double rows_as_double() const { return static_cast<double>(x_.rows); }

  void pack(const double* w, Aligned<Weight>& packed, std::vector<double>& bias) const {
    packed.resize(static_cast<std::size_t>(free_ * features_));
    each_free_weight(
        w, [&](Index k, Index j, double value) { packed[static_cast<std::size_t>(x_.at(free_, k, j))] = static_cast<Weight>(value); });
    bias.assign(static_cast<std::size_t>(outputs), 0.0);
    for (Index k = 0; k < outputs && problem_.fit_intercept; ++k) bias[static_cast<std::size_t>(k)] = w[k * columns + features_];
  }
  void unpack_gradient(const double* sums, double* gradient) const {
    const double n = rows_as_double();
    const double *bias = sums + 1, *packed = bias + outputs;
    for (Index k = 0; k < free_; ++k)
      for (Index j = 0; j < features_; ++j) gradient[k * columns + j] = packed[x_.at(free_, k, j)] / n;
    complete_gradient(gradient);
    for (Index k = 0; k < outputs && problem_.fit_intercept; ++k) gradient[k * columns + features_] = bias[k] / n;
  }
  void begin_at(const double* w) {
    kept_at_.clear();
    pack(w, packed_, bias_);
    reads += 1;
  }
  void keep_at(const double* w) { kept_at_.assign(w, w + (blocks_.keeps_curvature() ? size() : 0)); }
  template <class Body>
  const double* run(const Plan& plan, Index length, bool second_order, Body&& body) {
    return blocks_.run(*team_, plan, length, second_order, body);
  }
  /// A block's part of a pass, into the partial sums: scores at these packed weights, of which residuals(first, count) makes residuals and losses, and
  /// their gradient if it is wanted.
  template <class Residuals>
  void pass(const Rows& rows, Scratch<T>& s, const Block<T>& block, const Weight* weights, double* partial, bool gradient,
            const Residuals& residuals) const {
    double* G = partial + 1 + outputs;
    if (free_ < outputs) std::fill_n(block.scores + free_ * block.stride, rows.count, T(0));
    if constexpr (X::can_walk) {
      if (gradient && x_.walks(free_)) {
        s.gradient.resize(static_cast<std::size_t>(x_.walk_space(free_)));
        x_.walk_rows(rows, weights, free_, block.scores, block.stride, s.gradient.data(), G, residuals);
        return blocks_.add_sums(block, partial);
      }
    }
    x_.scores(rows, weights, free_, block.scores, block.stride);
    // Their scores stay in the first-level cache.
    const Index strip = std::max<Index>(64, (8 << 10) / static_cast<Index>(sizeof(T)) / outputs / 64 * 64);
    for (Index i = 0; i < rows.count; i += strip) residuals(i, std::min(strip, rows.count - i));
    blocks_.add_sums(block, partial);
    if (gradient) x_.add(rows, block.scores, block.stride, free_, 1.0, G, 0, x_.extent(free_));
  }
  void evaluate_block(const Rows& rows, Scratch<T>& s, const Block<T>& block, double* partial, bool gradient) {
    pass(rows, s, block, packed_.data(), partial, gradient, [&](Index first, Index count) {
      blocks_.evaluate(rows.part(first, count), block.part(first, count), bias_.data(), s.weights.data() + first);
    });
  }

  /// Packed weights, at least of these columns, in the type that scores want; each slice of a batch has memory of its own for them.
  const Weight* weights_of(const double* v, Index begin, Index end, Index slice) {
    if constexpr (std::is_same_v<Weight, double>) {
      return v;
    } else {
      Weight* own = packed_.data() + slice * outputs * features_;
      for (Index k = 0; k < outputs; ++k)
        for (Index j = begin; j < end; ++j) own[k * features_ + j] = static_cast<Weight>(v[k * features_ + j]);
      return own;
    }
  }

  /// How threads share a batch. Its columns have parts, by the sizes alone, since scores are sums over them. Neighbouring parts are the group of one
  /// task, so that no number of X or of the parameters passes between threads; those that are left share a group, by rows for the scores and by columns
  /// for the gradient. A task is worth opening a region for, which takes a microsecond or two.
  struct Cut {
    Index extent, unit, width, parts, groups, each;
    Index begin(Index group) const { return std::min(extent, group * parts / groups * width); }
  };
  Cut cut_batch(Index rows) const {
    const Index extent = x_.extent(outputs), unit = X::sparse ? 1 : 16, threads = team_->threads();
    const double work = x_.cost(rows) * static_cast<double>(outputs) * sizeof(Weight) / (512 << 10);
    const double most = X::sparse ? 1 : std::min(work, static_cast<double>(extent) / 256);
    Index parts = 1;
    while (static_cast<double>(2 * parts) <= most) parts *= 2;
    const Index width = even_part(extent, (extent + parts - 1) / parts, unit);
    parts = (extent + width - 1) / width;
    const Index groups = std::min(parts, threads), tasks = static_cast<Index>(std::min(work, static_cast<double>(threads)));
    return {extent, unit, width, parts, groups, std::max<Index>(1, tasks / groups)};
  }

  const X x_;
  Blocks<T> blocks_;
  const Index free_;
  const Plan plan_;
  Aligned<Weight> packed_, direction_;
  std::vector<double> bias_, direction_bias_, kept_at_;  ///< kept_at_: the w of the kept curvature, where it is kept
  Scratch<T> batch_;
  Aligned<T> other_scores_;  ///< of a batch, over parts of the columns but the first
};

/// One storage and type compiled (pass_*.cpp): for fits, and for predictions too.
#define LINCLASS_COMPILE_PASS(...)                                                                                            \
  template <>                                                                                                                 \
  std::unique_ptr<DataObjective> make_pass(const __VA_ARGS__& x, const Problem& problem, Index outputs, double mean_weight) { \
    return std::make_unique<Pass<__VA_ARGS__>>(x, problem, outputs, mean_weight);                                             \
  }
#define LINCLASS_COMPILE(...)                                                                                          \
  LINCLASS_COMPILE_PASS(__VA_ARGS__)                                                                                   \
  template <>                                                                                                          \
  void predict(const __VA_ARGS__& x, const LinearModel& model, Prediction what, void* out, Index stride, Team& team) { \
    predict_rows(x, model, what, out, stride, team);                                                                   \
  }

}  // namespace linclass::engine
