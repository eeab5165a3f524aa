/// The loop behind every pass, for one type of arithmetic. It knows labels, weights and the loss of a Problem, but not its X.
///
/// Rows are cut into chunks, chunks into blocks that stay in cache from their scores to their gradient. Each chunk has its own partial sums, and the
/// partials are added in a binary tree. Chunks and blocks are functions of n, d, K, nnz, type and level alone: the same bits for any number of threads.
#pragma once
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "data/targets.h"
#include "loss/loss.h"
#include "parallel.h"
#include "simd/packet.h"

namespace linclass::engine {

/// How rows are cut: `chunks` contiguous ranges of nearly equal length, each walked in blocks.
struct Plan {
  Index rows, chunks, block;

  /// cost: multiply-adds of a pass; parameters: size of a partial gradient.
  Plan(Index rows, double cost, Index parameters, Index block, double most_bytes = 128 << 20) : rows(rows), block(block) {
    const double size = static_cast<double>(parameters), bytes = 8 * size;
    const double per_chunk = std::max(double(1 << 18), 4 * size);  // worth a task, and its share of zeroing and merging
    // Beyond the caches a partial costs as much as some ten rows for each output: then it serves 128.
    const double cheap = std::max((8 << 20) / bytes, cost / (128 * size)), whole_blocks = static_cast<double>(rows / block);
    const double most = std::min({64.0, most_bytes / bytes, std::max(8.0, std::min(cheap, whole_blocks))});
    chunks = 1;
    while (chunks * 2 <= rows && static_cast<double>(chunks) * per_chunk < cost && static_cast<double>(chunks * 2) <= most) chunks *= 2;
  }
  Index begin(Index chunk) const { return rows / chunks * chunk + std::min(chunk, rows % chunks); }
};

/// What one thread needs for one block.
template <class T>
struct Scratch {
  Aligned<T> scores, targets, curvature, direction, loss, weights, spare, gram, rows, gradient;
  /// From output to output: an odd number of cache lines, so that the outputs of a row do not meet in the same ones of a cache.
  Index stride = 0;
  void resize(Index outputs, Index block, bool second_order) {
    stride = ((block + 15) / 16 | 1) * 16;
    const auto all = static_cast<std::size_t>(outputs * stride), one = static_cast<std::size_t>(block);
    scores.resize(all), targets.resize(all), loss.resize(one), weights.resize(one), spare.resize(3 * one);
    if (second_order) curvature.resize(all), direction.resize(all);
  }
};

/// partials[chunk * length + i] summed over chunks into partials[i]: neighbours at distance 1, 2, 4, ...; number by number, so that threads may share it.
inline void add_partials(Team& team, double* partials, Index chunks, Index length) {
  const Index piece = 4096, pieces = chunks == 1 ? 0 : (length + piece - 1) / piece;
  team.run(pieces, [&](Index p, int) {
    const Index from = p * piece, to = std::min(length, from + piece);
    for (Index distance = 1; distance < chunks; distance *= 2)
      for (Index chunk = 0; chunk + distance < chunks; chunk += 2 * distance) {
        double* into = partials + chunk * length;
        const double* other = partials + (chunk + distance) * length;
        for (Index i = from; i < to; ++i) into[i] += other[i];
      }
  });
}

/// The sum of x in double, in sixteen chains: one alone would wait for each addition. Four numbers meet in T first, since to widen each costs more than the
/// rest.
template <class T>
double sum_in_double(const T* x, Index count) {
  constexpr Index chains = 16;
  double sums[chains] = {};
  Index i = 0;
  for (; i + 4 * chains <= count; i += 4 * chains)
    for (Index c = 0; c < chains; ++c) {
      const T* at = x + i + c;
      sums[c] += static_cast<double>((at[0] + at[chains]) + (at[2 * chains] + at[3 * chains]));
    }
  for (; i + chains <= count; i += chains)
    for (Index c = 0; c < chains; ++c) sums[c] += static_cast<double>(x[i + c]);
  for (Index c = 0; i < count; ++i, ++c) sums[c] += static_cast<double>(x[i]);
  for (Index distance = chains / 2; distance > 0; distance /= 2)
    for (Index c = 0; c < distance; ++c) sums[c] += sums[c + distance];
  return sums[0];
}

/// `outputs` numbers for each row, kept between passes: output by output within each 64 rows, so that passes may cut the rows in different blocks and
/// still move whole runs.
template <class T>
class KeptRows {
 public:
  KeptRows(Index rows, Index outputs) : rows_(rows), outputs_(outputs) {}
  void allocate() {
    if (!numbers_)
      numbers_.reset(new T[static_cast<std::size_t>(rows_ * outputs_)]);  // not set to 0: each thread touches its own pages first
  }
  explicit operator bool() const { return numbers_ != nullptr; }

  /// A block is outputs x rows with leading dimension stride.
  void store(const Rows& rows, const T* block, Index stride) {
    each_run(rows, stride, [&](Index kept, Index at, Index count) { std::copy_n(block + at, count, numbers_.get() + kept); });
  }
  void load(const Rows& rows, T* block, Index stride) const {
    each_run(rows, stride, [&](Index kept, Index at, Index count) { std::copy_n(numbers_.get() + kept, count, block + at); });
  }

 private:
  template <class F>
  void each_run(const Rows& rows, Index stride, const F& f) const {
    constexpr Index most = 64;
    const Index end = rows.start + rows.count;
    for (Index i = rows.start, next; i < end; i = next) {
      const Index group = i / most * most, height = std::min(most, rows_ - group);
      next = std::min(end, group + height);
      for (Index k = 0; k < outputs_; ++k) f(group * outputs_ + k * height + (i - group), k * stride + (i - rows.start), next - i);
    }
  }

  Index rows_, outputs_;
  std::unique_ptr<T[]> numbers_;
};

template <class T>
class Blocks {
 public:
  Blocks(const Problem& problem, Index outputs, double mean_weight)
      : loss(find_loss<T>(problem.loss, problem.multiclass, outputs)),
        problem_(problem),
        outputs_(outputs),
        rows_(problem.X.rows),
        mean_weight_(mean_weight),
        scores_(rows_, outputs),
        curvature_(rows_, outputs) {}

  const LossFunctions<T>& loss;

  double weight(Index i) const { return problem_.sample_weight ? problem_.sample_weight[i] / mean_weight_ : 1.0; }

  /// body(rows, scratch, block, partial) on every block, then the sums of its partials of `length` numbers.
  template <class Body>
  const double* run(Team& team, const Plan& plan, Index length, bool second_order, Body&& body) {
    partials_.resize(static_cast<std::size_t>(length * plan.chunks));
    scratch_.resize(static_cast<std::size_t>(team.threads()));
    for (auto& s : scratch_) s.resize(outputs_, std::min(plan.block, plan.begin(1)), second_order);  // the first chunk is the longest
    team.run(plan.chunks, [&](Index chunk, int worker) {
      double* partial = partials_.data() + chunk * length;
      std::fill_n(partial, length, 0.0);
      Scratch<T>& s = scratch_[static_cast<std::size_t>(worker)];
      const Index end = plan.begin(chunk + 1);
      for (Index start = plan.begin(chunk); start < end; start += plan.block) {
        team.check();
        const Rows rows{start, std::min(plan.block, end - start)};
        const Block<T> block = begin(problem_.y, rows, s, second_order);
        body(rows, s, block, partial);
      }
    });
    add_partials(team, partials_.data(), plan.chunks, length);
    return partials_.data();
  }

  bool by_class(const Targets& y) const { return loss.by_class && y.codes; }
  Block<T> begin(const Targets& y, const Rows& rows, Scratch<T>& s, bool second_order) const {
    const bool classes = by_class(y);
    fill_targets(y, rows, classes, outputs_, s.targets.data(), s.stride);
    return {outputs_,         rows.count,      s.stride,      classes,
            s.targets.data(), s.scores.data(), s.loss.data(), second_order ? s.curvature.data() : nullptr,
            s.spare.data()};
  }

  void add_bias(T* scores, Index count, Index stride, const double* bias) const {
    for (Index k = 0; k < outputs_; ++k)
      for (Index i = 0; i < count; ++i) scores[k * stride + i] += static_cast<T>(bias[k]);
  }

  /// Residuals and losses of these rows times their sample weights, which are left in `weights`.
  void weigh(const Rows& rows, const Block<T>& b, T* weights) const {
    if (!problem_.sample_weight) return;
    for (Index i = 0; i < b.rows; ++i) weights[i] = static_cast<T>(weight(rows[i]));
    for (Index i = 0; i < b.rows; ++i) b.loss[i] *= weights[i];
    for (Index k = 0; k < outputs_; ++k)
      for (Index i = 0; i < b.rows; ++i) b.scores[k * b.stride + i] *= weights[i];
  }

  /// Adds value and gradient of b to the first 1 + outputs partial sums.
  void add_sums(const Block<T>& b, double* partial) const {
    partial[0] += sum_in_double(b.loss, b.rows);
    for (Index k = 0; k < outputs_; ++k) partial[1 + k] += sum_in_double(b.scores + k * b.stride, b.rows);
  }

  /// Scores before the bias, kept for what needs no read of X.
  void keep_scores() { scores_.allocate(); }
  void load_scores(const Rows& rows, const Block<T>& block, const double* b) const {
    scores_.load(rows, block.scores, block.stride);
    add_bias(block.scores, rows.count, block.stride, b);
  }

  /// Scores of these rows without bias -> weighted losses and residuals.
  void evaluate(const Rows& rows, const Block<T>& block, const double* bias, T* weights) {
    if (scores_) scores_.store(rows, block.scores, block.stride);
    add_bias(block.scores, rows.count, block.stride, bias);
    loss.evaluate(block);
    if (curvature_) curvature_.store(rows, block.curvature, block.stride);
    weigh(rows, block, weights);
  }

  /// Curvatures of the last evaluation, for products with the Hessian there.
  void keep_curvature() { curvature_.allocate(); }
  bool keeps_curvature() const { return static_cast<bool>(curvature_); }
  void load_curvature(const Rows& rows, const Block<T>& block) const { curvature_.load(rows, block.curvature, block.stride); }

  /// The data term as a function of the intercepts alone, at the weights of the last evaluation: value, gradient and Hessian (outputs x outputs).
  double evaluate_intercept(Team& team, const double* b, double* gradient, double* hessian) {
    const Index K = outputs_, square = K * K;
    const double n = static_cast<double>(rows_);
    const double* sums =
        run(team, kept_plan(), 1 + K + square, true, [&](const Rows& rows, Scratch<T>& s, const Block<T>& block, double* partial) {
          load_scores(rows, block, b);
          loss.evaluate(block);
          weigh(rows, block, s.weights.data());
          add_sums(block, partial);
          double* sum = partial + 1 + K;
          T* entry = s.direction.data();
          for (Index k = 0; k < K; ++k)
            for (Index l = 0; l <= k; ++l) {
              loss.curvature_entry(block, k, l, entry);
              if (problem_.sample_weight)
                for (Index i = 0; i < rows.count; ++i) entry[i] *= s.weights[static_cast<std::size_t>(i)];
              sum[l * K + k] += sum_in_double(entry, rows.count);
            }
        });
    for (Index k = 0; k < K; ++k) gradient[k] = sums[1 + k] / n;
    for (Index k = 0; k < K; ++k)
      for (Index l = 0; l <= k; ++l) hessian[l * K + k] = hessian[k * K + l] = sums[1 + K + l * K + k] / n;
    return sums[0] / n;
  }

  /// The weighted mean of the H_i at the kept scores and bias b, outputs x outputs.
  void mean_curvature(Team& team, const double* b, double* A) {
    std::vector<double> gradient(static_cast<std::size_t>(outputs_));
    evaluate_intercept(team, b, gradient.data(), A);
  }

  /// c_i = s_i u' H_i u at the kept scores and bias b, one a row.
  void row_curvature(Team& team, const double* b, const double* u, double* c) {
    run(team, kept_plan(), 1, true, [&](const Rows& rows, Scratch<T>& s, const Block<T>& block, double*) {
      const Index m = rows.count;
      load_scores(rows, block, b);
      loss.evaluate(block);
      for (Index k = 0; k < outputs_; ++k) std::fill_n(s.direction.data() + k * s.stride, m, static_cast<T>(u[k]));
      loss.curvature_times(block, s.direction.data());
      for (Index i = 0; i < m; ++i) {
        double total = 0;
        for (Index k = 0; k < outputs_; ++k) total += u[k] * static_cast<double>(s.direction[static_cast<std::size_t>(k * s.stride + i)]);
        c[rows[i]] = weight(rows[i]) * std::max(total, 0.0);
      }
    });
  }

  /// c_i = s_i tr H_i at the kept scores and bias b, one a row.
  void curvature_trace(Team& team, const double* b, double* c) {
    run(team, kept_plan(), 1, true, [&](const Rows& rows, Scratch<T>& s, const Block<T>& block, double*) {
      const Index m = rows.count;
      load_scores(rows, block, b);
      loss.evaluate(block);
      T* entry = s.direction.data();
      for (Index i = 0; i < m; ++i) c[rows[i]] = 0;
      for (Index k = 0; k < outputs_; ++k) {
        loss.curvature_entry(block, k, k, entry);
        for (Index i = 0; i < m; ++i) c[rows[i]] += weight(rows[i]) * std::max(static_cast<double>(entry[i]), 0.0);
      }
    });
  }

 private:
  Plan kept_plan() const {
    const double K = static_cast<double>(outputs_);
    return {rows_, 30 * K * static_cast<double>(rows_), 1 + outputs_ + outputs_ * outputs_, near_rows(40 * K, 64, 512)};
  }

  const Problem& problem_;
  const Index outputs_, rows_;
  const double mean_weight_;
  std::vector<double> partials_;
  KeptRows<T> scores_, curvature_;
  std::vector<Scratch<T>> scratch_;
};

}  // namespace linclass::engine
