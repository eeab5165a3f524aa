/// Predictions of a block of rows at a time, written straight into the caller's memory.
#pragma once
#include <algorithm>
#include <atomic>
#include <cmath>
#include <stdexcept>

#include "data/rows.h"
#include "loss/loss.h"
#include "loss/softmax.h"
#include "parallel.h"
#include "simd/packet.h"

namespace linclass::engine {

struct ScoreNotFinite : std::runtime_error {
  ScoreNotFinite() : std::runtime_error("a score is not finite") {}
};

template <class T>
T log_sigmoid(T z) {
  return (z < T(0) ? z : T(0)) - log1p_up_to_1(exp(z < T(0) ? z : -z));
}

/// scores -> softmax or its logarithm z_k - log sum_l exp(z_l), one vector a row
template <class T>
void softmax_in_place(bool logarithm, Index outputs, Index count, Index stride, T* scores) {
  each_strip(count, [&](auto is_whole, Index begin, Index rows) {
    constexpr bool whole = decltype(is_whole)::value;
    T highest[strip_rows], rest[strip_rows], *z = scores + begin;
    highest_scores<whole>(outputs, rows, stride, z, highest, [](Index, Index) {});
    if (logarithm) {
      exponentials<whole>(outputs, rows, stride, z, highest, rest, [](Index, T) {});
      for (Index i = 0; i < rows; ++i) rest[i] = log1p(rest[i]);
      for (Index k = 0; k < outputs; ++k)
        for (Index i = 0; i < rows; ++i) z[k * stride + i] = (z[k * stride + i] - highest[i]) - rest[i];
      return;
    }
    exponentials<whole>(outputs, rows, stride, z, highest, rest, [z](Index place, T e) { z[place] = e; });
    for (Index k = 0; k < outputs; ++k)
      for (Index i = 0; i < rows; ++i) z[k * stride + i] /= T(1) + rest[i];
  });
}

template <class X>
void predict_rows(const X& x, const LinearModel& model, Prediction what, void* out, Index stride, Team& team) {
  using T = typename X::Scalar;
  using Weight = typename X::Weight;
  const Index K = model.outputs, d = model.features;
  Aligned<Weight> packed;
  const Weight* weights = nullptr;
  if constexpr (std::is_same_v<Weight, double> && !X::sparse) {
    weights = model.coef;
  } else {
    packed.resize(static_cast<std::size_t>(K * d));
    for (Index k = 0; k < K; ++k)
      for (Index j = 0; j < d; ++j) packed[static_cast<std::size_t>(x.at(K, k, j))] = static_cast<Weight>(model.coef[k * d + j]);
    weights = packed.data();
  }
  const Link link = find_loss<T>(model.loss, model.multiclass, K).link;
  const bool probabilities = what == Prediction::probabilities || what == Prediction::log_probabilities;
  const Index most = std::clamp<Index>(static_cast<Index>((128 << 10) / (sizeof(T) * static_cast<std::size_t>(d + 2 * K))), 8, 256);
  const double cost = x.cost(x.rows) * static_cast<double>(K);
  const Index blocks = (x.rows + most - 1) / most,
              tasks = std::clamp<Index>(static_cast<Index>(cost / double(1 << 17)), 1, std::max<Index>(1, std::min<Index>(blocks, 256)));

  std::vector<Aligned<T>> buffers(static_cast<std::size_t>(std::min<Index>(tasks, team.threads())));
  for (auto& buffer : buffers) buffer.resize(static_cast<std::size_t>(K * std::min(most, x.rows)));

  team.run(tasks, [&](Index task, int worker) {
    T* z = buffers[static_cast<std::size_t>(worker)].data();
    for (Index block = blocks * task / tasks; block < blocks * (task + 1) / tasks; ++block) {
      team.check();
      const Index start = block * most, m = std::min(most, x.rows - start);
      x.scores(Rows{start, m}, weights, K, z, m);
      T finite = 0;
      for (Index k = 0; k < K; ++k)
        for (Index i = 0; i < m; ++i) {
          z[k * m + i] += static_cast<T>(model.intercept[k]);
          finite += z[k * m + i] * T(0);  // 0, or NaN from a NaN or an infinity
        }
      if (!(finite == T(0))) throw ScoreNotFinite();

      if (what == Prediction::classes) {
        int* to = static_cast<int*>(out) + start * stride;
        for (Index i = 0; i < m; ++i) {
          if (model.multilabel || K == 1) {
            for (Index k = 0; k < K; ++k) to[i * stride + k] = z[k * m + i] > T(0);
          } else {
            Index best = 0;
            for (Index k = 1; k < K; ++k)
              if (z[k * m + i] > z[best * m + i]) best = k;
            to[i * stride] = static_cast<int>(best);
          }
        }
        continue;
      }
      T* to = static_cast<T*>(out) + start * stride;
      if (probabilities && K == 1 && link == Link::sigmoid && !model.multilabel) {
        for (Index i = 0; i < m; ++i) {
          const bool log = what == Prediction::log_probabilities;
          to[i * stride] = log ? log_sigmoid(-z[i]) : sigmoid(-z[i]);
          to[i * stride + 1] = log ? log_sigmoid(z[i]) : sigmoid(z[i]);
        }
        continue;
      }
      if (probabilities) {
        if (link == Link::sigmoid && (model.multilabel && what == Prediction::probabilities)) {
          for (Index i = 0; i < K * m; ++i) z[i] = sigmoid(z[i]);
        } else {
          if (link == Link::sigmoid)
            for (Index i = 0; i < K * m; ++i) z[i] = log_sigmoid(z[i]);
          if (link == Link::softmax || !model.multilabel) softmax_in_place(what == Prediction::log_probabilities, K, m, m, z);
        }
      }
      for (Index i = 0; i < m; ++i)
        for (Index k = 0; k < K; ++k) to[i * stride + k] = z[k * m + i];
    }
  });
}

/// Compiled once a storage and type (pass_*.cpp).
template <class X>
void predict(const X& x, const LinearModel& model, Prediction what, void* out, Index stride, Team& team);

}  // namespace linclass::engine
