/// DataObjective for one storage and type: the block loop.
#pragma once
#include <algorithm>
#include <cmath>
#include <utility>

#include "data/targets.h"
#include "data_objective.h"
#include "kernel/gram.h"
#include "predict.h"

namespace linclass::engine {

#if defined(__AVX512F__)
constexpr double block_bytes = 512 << 10;  // half of the second-level cache of the processors of this level
#else
constexpr double block_bytes = 192 << 10;
#endif

/// How rows are cut: `chunks` contiguous ranges of nearly equal length, each walked in blocks.
struct Plan {
  Index rows, chunks, block;

  /// cost: multiply-adds of a pass; row_bytes: of one row of X and its scores; parameters: size of a partial gradient; least_block: rows.
  Plan(Index rows, double cost, double row_bytes, Index parameters, Index least_block, double most_bytes = 128 << 20) : rows(rows) {
    const double per_chunk =
        std::max(double(1 << 18), 4.0 * static_cast<double>(parameters));  // worth a task, and its share of zeroing and merging
    const double most = std::min(64.0, std::max(1.0, most_bytes / (8.0 * static_cast<double>(parameters))));
    chunks = 1;
    while (chunks * 2 <= rows && static_cast<double>(chunks) * per_chunk < cost && static_cast<double>(chunks * 2) <= most) chunks *= 2;
    block = std::clamp<Index>(static_cast<Index>(block_bytes / row_bytes) / 8 * 8, least_block, 512);
  }
  Index begin(Index chunk) const { return rows / chunks * chunk + std::min(chunk, rows % chunks); }
};

/// What one thread needs for one block.
template <class T>
struct Scratch {
  std::vector<T> scores, targets, curvature, direction, loss, weights, spare, gram;
  void resize(Index outputs, Index block, bool second_order) {
    const auto all = static_cast<std::size_t>(outputs * block), one = static_cast<std::size_t>(block);
    scores.resize(all), targets.resize(all), loss.resize(one), weights.resize(one), spare.resize(3 * one);
    if (second_order) curvature.resize(all), direction.resize(all);
  }
};

template <class X>
class Pass final : public DataObjective {
  using T = typename X::Scalar;
  using Weight = typename X::Weight;

 public:
  Pass(const X& x, const Problem& problem, Index outputs, double mean_weight)
      : DataObjective(problem, outputs, mean_weight),
        x_(x),
        loss_(find_loss<T>(problem.loss, problem.multiclass, outputs)),
        plan_(x.rows, x.cost(x.rows) * static_cast<double>(outputs),
              x.cost(x.rows) / static_cast<double>(std::max<Index>(1, x.rows)) * sizeof(T) + 16.0 * static_cast<double>(outputs),
              partial_size(), x.least_block(outputs)) {}

  double evaluate(const double* w, double* gradient) override {
    pack(w, packed_, bias_);
    reads += 1;
    run_pass(plan_, gradient ? partial_size() : 1 + outputs, false, [&](const Rows& rows, Scratch<T>& s, Block<T>& block, double* partial) {
      evaluate_block(rows, s, block, partial);
      if (gradient) x_.add(rows, s.scores.data(), rows.count, outputs, 1.0, partial + 1 + outputs, 0, x_.extent(outputs));
    });
    const double value = partials_[0] / rows_as_double() + penalty.l2_value(w, outputs);
    if (gradient) {
      unpack_gradient(gradient);
      penalty.add_l2(w, outputs, gradient);
    }
    return value;
  }

  void keep_scores() override { kept_.resize(static_cast<std::size_t>(x_.rows * outputs)); }

  double evaluate_intercept(const double* b, double* gradient) override {
    run_pass(plan_, 1 + outputs, false, [&](const Rows& rows, Scratch<T>& s, Block<T>& block, double* partial) {
      for (Index k = 0; k < outputs; ++k)
        for (Index i = 0; i < rows.count; ++i)
          s.scores[static_cast<std::size_t>(k * rows.count + i)] = kept_[static_cast<std::size_t>((rows.start + i) * outputs + k)];
      add_bias(s.scores.data(), rows.count, rows.count, b);
      loss_.evaluate(block);
      finish_block(rows, s, partial);
    });
    for (Index k = 0; k < outputs; ++k) gradient[k] = partials_[static_cast<std::size_t>(1 + k)] / rows_as_double();
    return partials_[0] / rows_as_double();
  }

  void curvature_times(const double* w, const double* v, double* out) override {
    std::vector<Weight> direction;
    std::vector<double> direction_bias;
    pack(w, packed_, bias_);
    pack(v, direction, direction_bias);
    reads += 1;
    run_pass(plan_, partial_size(), true, [&](const Rows& rows, Scratch<T>& s, Block<T>& block, double* partial) {
      const Index m = rows.count;
      x_.scores(rows, packed_.data(), outputs, s.scores.data(), m);
      add_bias(s.scores.data(), m, m, bias_.data());
      x_.scores(rows, direction.data(), outputs, s.direction.data(), m);
      add_bias(s.direction.data(), m, m, direction_bias.data());
      loss_.evaluate(block);
      loss_.curvature_times(block, s.direction.data());
      std::swap(s.scores, s.direction);  // H_i dz_i takes the place of the residual
      finish_block(rows, s, partial);
      x_.add(rows, s.scores.data(), m, outputs, 1.0, partial + 1 + outputs, 0, x_.extent(outputs));
    });
    unpack_gradient(out);
    penalty.add_l2(v, outputs, out);
  }

  double evaluate_with_hessian(const double* w, double* gradient, double* hessian) override {
    const Index pairs = outputs * (outputs + 1) / 2, square = columns * columns, first = partial_size(), length = first + pairs * square;
    const double entries = static_cast<double>(pairs) * static_cast<double>(square);
    Plan plan(x_.rows, static_cast<double>(x_.rows) * entries / 2, block_bytes, length, gram_rows, 1 << 30);
    // To zero and merge a partial Hessian costs as much as many rows.
    while (plan.chunks > 1 && plan.rows < 4 * gram_rows * plan.chunks) plan.chunks /= 2;
    pack(w, packed_, bias_);
    reads += 1;
    run_pass(plan, length, true, [&](const Rows& rows, Scratch<T>& s, Block<T>& block, double* partial) {
      const Index m = rows.count;
      evaluate_block(rows, s, block, partial);
      x_.add(rows, s.scores.data(), m, outputs, 1.0, partial + 1 + outputs, 0, x_.extent(outputs));
      s.gram.resize(static_cast<std::size_t>(x_.gram_space(m)));
      x_.pack_gram(rows, s.gram.data());
      double* G = partial + first;
      for (Index k = 0; k < outputs; ++k)
        for (Index l = 0; l <= k; ++l, G += square) {
          T* entry = s.direction.data();
          loss_.curvature_entry(block, k, l, entry);
          if (problem_.sample_weight)
            for (Index i = 0; i < m; ++i) entry[i] *= s.weights[static_cast<std::size_t>(i)];
          x_.add_gram(rows, entry, G, columns, s.gram.data());
          if (!problem_.fit_intercept) continue;
          double* last = G + features_ * columns;
          x_.add(rows, entry, m, 1, 1.0, last, 0, x_.extent(1));
          for (Index i = 0; i < m; ++i) last[features_] += static_cast<double>(entry[i]);
        }
    });
    unpack_gradient(gradient);
    penalty.add_l2(w, outputs, gradient);
    const double* G = partials_.data() + first;
    for (Index k = 0; k < outputs; ++k)
      for (Index l = 0; l <= k; ++l, G += square)
        for (Index a = 0; a < columns; ++a)
          for (Index j = 0; j <= a; ++j) {
            const double c = penalty.c[static_cast<std::size_t>(a)];
            const double entry = G[a * columns + j] / rows_as_double() + (k == l && a == j ? penalty.l2 * c * c : 0);
            for (const auto& [row, column] : {std::pair{k * columns + a, l * columns + j}, std::pair{k * columns + j, l * columns + a}})
              hessian[row * size() + column] = hessian[column * size() + row] = entry;
          }
    return partials_[0] / rows_as_double() + penalty.l2_value(w, outputs);
  }

  bool has_curvature() const override { return loss_.curvature_times != nullptr; }
  bool smooth() const override { return loss_.smooth; }
  double noise() const override { return std::is_same_v<T, float> ? 1e-7 : 1e-14; }
  bool has_gap() const override {
    bool scales = true;
    for (Index j = 0; j < features_; ++j) scales = scales && penalty.c[static_cast<std::size_t>(j)] > 0;
    return loss_.smooth && loss_.convex && penalty.l2 > 0 && scales;
  }

  Index rows() const override { return x_.rows; }
  bool any_rows() const override { return X::any_rows; }
  bool sparse() const override { return X::sparse; }
  Index place(Index k, Index j) const override { return x_.at(outputs, k, j); }

  double residuals(const Rows& batch, const double* v, double scale, const double* b, double* b_gradient) override {
    const Index m = batch.count;
    const Weight* weights = batch_weights(v);
    batch_.resize(outputs, m, false);
    reads += static_cast<double>(m) / static_cast<double>(x_.rows);
    const Index piece = share(m, m, 16);
    team_->run((m + piece - 1) / piece, [&](Index task, int) {
      const Index first = task * piece, count = std::min(piece, m - first);
      const Rows rows = batch.part(first, count);
      Block<T> block{outputs,
                     count,
                     m,
                     batch_.targets.data() + first,
                     batch_.scores.data() + first,
                     batch_.loss.data() + first,
                     nullptr,
                     batch_.spare.data() + 3 * first};
      x_.scores(rows, weights, outputs, block.scores, m);
      if (scale != 1)
        for (Index k = 0; k < outputs; ++k)
          for (Index i = 0; i < count; ++i) block.scores[k * m + i] *= static_cast<T>(scale);
      add_bias(block.scores, count, m, b);
      fill_targets(problem_.y, rows, outputs, batch_.targets.data() + first, m);
      loss_.evaluate(block);
      weigh(rows, batch_.weights.data() + first, block.scores, m, block.loss);
    });
    for (Index k = 0; k < outputs; ++k) {
      b_gradient[k] = 0;
      for (Index i = 0; i < m; ++i) b_gradient[k] += static_cast<double>(batch_.scores[static_cast<std::size_t>(k * m + i)]);
    }
    double total = 0;
    for (Index i = 0; i < m; ++i) total += static_cast<double>(batch_.loss[static_cast<std::size_t>(i)]);
    return total;
  }

  void add(const Rows& batch, double factor, double* g) override {
    const Index extent = x_.extent(outputs), piece = share(batch.count, extent, X::sparse ? 1 : 64);
    team_->run((extent + piece - 1) / piece, [&](Index task, int) {
      x_.add(batch, batch_.scores.data(), batch.count, outputs, factor, g, task * piece, std::min(extent, (task + 1) * piece));
    });
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

  AtZero at_zero() override {
    double value = 0, square = 0;
    Scratch<T> s;
    s.resize(outputs, plan_.block, false);
    for (Index start = 0; start < x_.rows; start += plan_.block) {
      const Rows rows{start, std::min(plan_.block, x_.rows - start)};
      Block<T> block = begin_block(rows, s, false);
      std::fill(s.scores.begin(), s.scores.end(), T(0));
      loss_.evaluate(block);
      for (Index i = 0; i < rows.count; ++i) {
        const double weight_i = weight(rows[i]);
        value += weight_i * static_cast<double>(s.loss[static_cast<std::size_t>(i)]);
        for (Index k = 0; k < outputs; ++k) {
          const double r = static_cast<double>(s.scores[static_cast<std::size_t>(k * rows.count + i)]);
          square += weight_i * r * r;
        }
      }
    }
    return {value / rows_as_double(), std::sqrt(square / rows_as_double())};
  }

 private:
  Index partial_size() const { return 1 + outputs + outputs * features_; }  // value, gradient of b, packed gradient of W
  double rows_as_double() const { return static_cast<double>(x_.rows); }
  double weight(Index i) const { return problem_.sample_weight ? problem_.sample_weight[i] / mean_weight_ : 1.0; }

  void pack(const double* w, std::vector<Weight>& packed, std::vector<double>& bias) const {
    packed.resize(static_cast<std::size_t>(outputs * features_));
    bias.assign(static_cast<std::size_t>(outputs), 0.0);
    for (Index k = 0; k < outputs; ++k) {
      for (Index j = 0; j < features_; ++j)
        packed[static_cast<std::size_t>(x_.at(outputs, k, j))] = static_cast<Weight>(w[k * columns + j]);
      if (problem_.fit_intercept) bias[static_cast<std::size_t>(k)] = w[k * columns + features_];
    }
  }
  void unpack_gradient(double* gradient) const {
    const double n = rows_as_double();
    const double *bias = partials_.data() + 1, *packed = bias + outputs;
    for (Index k = 0; k < outputs; ++k) {
      for (Index j = 0; j < features_; ++j) gradient[k * columns + j] = packed[x_.at(outputs, k, j)] / n;
      if (problem_.fit_intercept) gradient[k * columns + features_] = bias[k] / n;
    }
  }
  void add_bias(T* scores, Index count, Index stride, const double* bias) const {
    for (Index k = 0; k < outputs; ++k)
      for (Index i = 0; i < count; ++i) scores[k * stride + i] += static_cast<T>(bias[k]);
  }

  /// Scores before the bias, row by row: passes may cut the rows in different blocks.
  void keep(const Rows& rows, const T* scores) {
    if (kept_.empty()) return;
    for (Index i = 0; i < rows.count; ++i)
      for (Index k = 0; k < outputs; ++k) kept_[static_cast<std::size_t>((rows.start + i) * outputs + k)] = scores[k * rows.count + i];
  }

  Block<T> begin_block(const Rows& rows, Scratch<T>& s, bool second_order) const {
    fill_targets(problem_.y, rows, outputs, s.targets.data(), rows.count);
    return {outputs,
            rows.count,
            rows.count,
            s.targets.data(),
            s.scores.data(),
            s.loss.data(),
            second_order ? s.curvature.data() : nullptr,
            s.spare.data()};
  }
  /// Residuals (outputs x rows with leading dimension stride) and losses times the sample weights.
  void weigh(const Rows& rows, T* weights, T* residuals, Index stride, T* loss) const {
    if (!problem_.sample_weight) return;
    for (Index i = 0; i < rows.count; ++i) weights[i] = static_cast<T>(weight(rows[i]));
    for (Index i = 0; i < rows.count; ++i) loss[i] *= weights[i];
    for (Index k = 0; k < outputs; ++k)
      for (Index i = 0; i < rows.count; ++i) residuals[k * stride + i] *= weights[i];
  }
  /// Scores at the packed weights, then losses and residuals, into the partial sums.
  void evaluate_block(const Rows& rows, Scratch<T>& s, const Block<T>& block, double* partial) {
    x_.scores(rows, packed_.data(), outputs, s.scores.data(), rows.count);
    keep(rows, s.scores.data());
    add_bias(s.scores.data(), rows.count, rows.count, bias_.data());
    loss_.evaluate(block);
    finish_block(rows, s, partial);
  }
  /// Weights the block and adds its value and the gradient of b to the partial sums.
  void finish_block(const Rows& rows, Scratch<T>& s, double* partial) const {
    const Index m = rows.count;
    weigh(rows, s.weights.data(), s.scores.data(), m, s.loss.data());
    double value = 0;
    for (Index i = 0; i < m; ++i) value += static_cast<double>(s.loss[static_cast<std::size_t>(i)]);
    partial[0] += value;
    for (Index k = 0; k < outputs; ++k) {
      double total = 0;
      for (Index i = 0; i < m; ++i) total += static_cast<double>(s.scores[static_cast<std::size_t>(k * m + i)]);
      partial[1 + k] += total;
    }
  }

  /// body(rows, scratch, block, partial) on every block, partials of `length` in their chunk, then their sum in partials_[0...].
  template <class Body>
  void run_pass(const Plan& plan, Index length, bool second_order, Body&& body) {
    partials_.resize(static_cast<std::size_t>(length * plan.chunks));
    scratch_.resize(static_cast<std::size_t>(team_->threads()));
    for (auto& s : scratch_) s.resize(outputs, plan.block, second_order);
    team_->run(plan.chunks, [&](Index chunk, int worker) {
      double* partial = partials_.data() + chunk * length;
      std::fill_n(partial, length, 0.0);
      Scratch<T>& s = scratch_[static_cast<std::size_t>(worker)];
      const Index end = plan.begin(chunk + 1);
      for (Index start = plan.begin(chunk); start < end; start += plan.block) {
        team_->check();
        const Rows rows{start, std::min(plan.block, end - start)};
        Block<T> block = begin_block(rows, s, second_order);
        body(rows, s, block, partial);
      }
    });
    // the tree: neighbours at distance 1, 2, 4, ...; number by number, so that threads may share it
    const Index piece = 4096, pieces = plan.chunks == 1 ? 0 : (length + piece - 1) / piece;
    team_->run(pieces, [&](Index p, int) {
      const Index from = p * piece, to = std::min(length, from + piece);
      for (Index distance = 1; distance < plan.chunks; distance *= 2)
        for (Index chunk = 0; chunk + distance < plan.chunks; chunk += 2 * distance) {
          double* into = partials_.data() + chunk * length;
          const double* other = partials_.data() + (chunk + distance) * length;
          for (Index i = from; i < to; ++i) into[i] += other[i];
        }
    });
  }

  const Weight* batch_weights(const double* v) {
    if constexpr (std::is_same_v<Weight, double>) {
      return v;
    } else {
      packed_.assign(v, v + outputs * features_);
      return packed_.data();
    }
  }
  /// Of `extent` equal parts of the work on a batch, how many make a task: a multiple of `multiple`, at least a 64th, worth some 10^4 multiply-adds.
  Index share(Index batch, Index extent, Index multiple) const {
    const double tasks = std::clamp(x_.cost(batch) * static_cast<double>(outputs) / double(1 << 16), 1.0, 64.0);
    const Index whole = static_cast<Index>(std::ceil(static_cast<double>(extent) / tasks));
    return tasks < 2 ? std::max<Index>(extent, 1) : (whole + multiple - 1) / multiple * multiple;
  }

  const X x_;
  const LossFunctions<T>& loss_;
  const Plan plan_;
  std::vector<Weight> packed_;
  std::vector<double> bias_, partials_;
  std::vector<T> kept_;
  std::vector<Scratch<T>> scratch_;
  Scratch<T> batch_;
};

/// One storage and type compiled (pass_*.cpp).
#define LINCLASS_COMPILE(...)                                                                                                 \
  template <>                                                                                                                 \
  std::unique_ptr<DataObjective> make_pass(const __VA_ARGS__& x, const Problem& problem, Index outputs, double mean_weight) { \
    return std::make_unique<Pass<__VA_ARGS__>>(x, problem, outputs, mean_weight);                                             \
  }                                                                                                                           \
  template <>                                                                                                                 \
  void predict(const __VA_ARGS__& x, const LinearModel& model, Prediction what, void* out, Index stride, Team& team) {        \
    predict_rows(x, model, what, out, stride, team);                                                                          \
  }

}  // namespace linclass::engine
