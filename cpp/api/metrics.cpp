#include "linclass/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ostream>

#include "sentences.h"
#include "validate.h"

namespace linclass::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::size_t place(Index i) { return static_cast<std::size_t>(i); }

/// Checked: codes below `classes`, weights at least 0 and not all 0.
struct Truth {
  const int* codes;
  Index rows;
  Index classes;
  const double* weights;

  double weight(Index i) const { return weights ? weights[i] : 1.0; }
  std::size_t code(Index i) const { return static_cast<std::size_t>(codes[i]); }
};

Truth checked(const Targets& y, const double* sample_weight, Index classes = 0) {
  require(y.codes != nullptr, "metrics take one class code a row, not a matrix y: look at one column at a time");
  require(y.rows > 0, "y is empty: a metric needs at least one row");
  if (classes == 0) classes = y.classes > 0 ? y.classes : 1 + Index{*std::max_element(y.codes, y.codes + y.rows)};
  require(y.classes == 0 || y.classes == classes, "y has ", text(y.classes), " classes, but there are ", text(classes),
          " columns: one column a class is needed, in the order of the codes");
  for (Index i = 0; i < y.rows; ++i) check_code(y.codes[i], i, classes);
  check_weights(sample_weight, y.rows);
  return {y.codes, y.rows, classes, sample_weight};
}

/// A dense matrix read by row and column.
class Columns {
 public:
  Columns(const Matrix& matrix, Index rows, const char* what) : matrix_(matrix) {
    require(matrix.layout != Layout::csr, what, " must be dense, got a sparse matrix");
    require(matrix.rows == rows, "y has ", text(rows), " rows and ", what, " have ", text(matrix.rows), ": they must agree");
    require(matrix.columns > 0 && matrix.values, what, " have no columns, or point nowhere");
    for (Index i = 0; i < rows; ++i) {
      for (Index k = 0; k < matrix.columns; ++k) {
        if (!std::isfinite(at(i, k)))
          fail(what, " hold NaN or infinity, first in row ", text(i), ", column ", text(k), " (counted from 0)");
      }
    }
  }

  Index count() const { return matrix_.columns; }
  double at(Index i, Index k) const {
    const Index offset = matrix_.layout == Layout::row_major ? i * matrix_.stride + k : k * matrix_.stride + i;
    return matrix_.type == Type::float64 ? static_cast<const double*>(matrix_.values)[offset]
                                         : static_cast<double>(static_cast<const float*>(matrix_.values)[offset]);
  }

 private:
  const Matrix& matrix_;
};

/// Probabilities of each class; of two classes, one column stands for both.
class Probabilities {
 public:
  Probabilities(const Targets& y, const Matrix& P) : columns_(P, y.rows, "probabilities"), single_(P.type == Type::float32) {
    const double tolerance = single_ ? 1e-4 : 1e-6;
    for (Index i = 0; i < y.rows; ++i) {
      double sum = 0;
      for (Index k = 0; k < columns_.count(); ++k) {
        const double p = columns_.at(i, k);
        sum += p;
        if (p < 0 || p > 1)
          fail("probabilities lie in [0, 1], got ", text(p), " in row ", text(i), ", column ", text(k), " (counted from 0)");
      }
      if (columns_.count() > 1 && std::abs(sum - 1) > tolerance)
        fail("the probabilities of a row sum to 1, those of row ", text(i), " (counted from 0) to ", text(sum),
             ": divide rows by their sums");
    }
  }

  Index classes() const { return std::max<Index>(columns_.count(), 2); }
  double at(Index i, Index k) const {
    if (columns_.count() > 1) return columns_.at(i, k);
    const double p = columns_.at(i, 0);
    return k == 1 ? p : 1 - p;
  }
  Index argmax(Index i) const {
    Index best = 0;
    for (Index k = 1; k < classes(); ++k) best = at(i, k) > at(i, best) ? k : best;
    return best;
  }
  double spacing() const { return single_ ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon(); }

 private:
  Columns columns_;
  bool single_;
};

std::vector<double> class_weights(const Truth& y) {
  std::vector<double> sums(place(y.classes), 0.0);
  for (Index i = 0; i < y.rows; ++i) sums[y.code(i)] += y.weight(i);
  return sums;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

// ------------------------------------------------------------------------------------------------------------- rates

std::vector<double> ratios(const std::vector<double>& part, const std::vector<double>& rest, double undefined) {
  std::vector<double> out(part.size());
  for (std::size_t k = 0; k < part.size(); ++k) {
    const double whole = part[k] + rest[k];
    out[k] = whole == 0 ? undefined : part[k] / whole;
  }
  return out;
}

/// The mean that leaves out NaN; without weight 0, as where nothing is.
double mean(const std::vector<double>& values, const std::vector<double>* weights = nullptr) {
  double total = 0, weight = 0;
  bool any = false;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (std::isnan(values[k])) continue;
    const double w = weights ? (*weights)[k] : 1.0;
    total += w * values[k], weight += w, any = true;
  }
  return !any ? nan : weight == 0 ? 0.0 : total / weight;
}

Counts pooled(const Counts& c) { return {{sum(c.tp)}, {sum(c.fp)}, {sum(c.fn)}, {sum(c.tn)}}; }

template <class Rate>
double averaged(const Counts& c, Average average, Rate&& rate) {
  if (average == Average::micro) return rate(pooled(c))[0];
  if (average == Average::macro) return mean(rate(c));
  std::vector<double> support(c.tp.size());
  for (std::size_t k = 0; k < support.size(); ++k) support[k] = c.tp[k] + c.fn[k];
  return mean(rate(c), &support);
}

// ------------------------------------------------------------------------------------------------------------ curves

struct Entry {
  double score, weight;
  bool positive;
};

/// Weights of false and true positives at each distinct score, from the highest down.
struct Steps {
  std::vector<double> fps, tps, thresholds;
};

Steps steps(std::vector<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.score > b.score; });
  Steps out;
  double fp = 0, tp = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    (entries[i].positive ? tp : fp) += entries[i].weight;
    if (i + 1 < entries.size() && entries[i + 1].score == entries[i].score) continue;
    out.fps.push_back(fp), out.tps.push_back(tp), out.thresholds.push_back(entries[i].score);
  }
  return out;
}

void add(std::vector<Entry>& entries, const Truth& y, const Columns& scores, Index positive, Index column) {
  for (Index i = 0; i < y.rows; ++i) {
    if (y.weight(i) > 0) entries.push_back({scores.at(i, column), y.weight(i), y.codes[i] == positive});
  }
}

Steps steps(const Truth& y, const Columns& scores, Index positive) {
  require(positive >= 0, "the positive class must be a code of at least 0, got ", text(positive));
  require(scores.count() == 1 || positive < scores.count(), "the positive class ", text(positive), " has no column of scores: there are ",
          text(scores.count()));
  std::vector<Entry> entries;
  entries.reserve(place(y.rows));
  add(entries, y, scores, positive, scores.count() == 1 ? 0 : positive);
  return steps(std::move(entries));
}

/// Keeps the first, the last and those for which keep(i) holds.
template <class Keep>
void thin(Steps& s, Keep&& keep) {
  const std::size_t size = s.tps.size();
  if (size <= 2) return;
  Steps kept;
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0 && i + 1 < size && !keep(i)) continue;
    kept.fps.push_back(s.fps[i]), kept.tps.push_back(s.tps[i]), kept.thresholds.push_back(s.thresholds[i]);
  }
  s = std::move(kept);
}

double area(const Steps& s) {
  const double negatives = s.fps.back(), positives = s.tps.back();
  if (negatives == 0 || positives == 0) return nan;
  double total = 0, fp = 0, tp = 0;
  for (std::size_t i = 0; i < s.tps.size(); ++i) {
    total += (s.fps[i] - fp) * (s.tps[i] + tp) / 2;
    fp = s.fps[i], tp = s.tps[i];
  }
  return total / negatives / positives;
}

double mean_precision(const Steps& s) {
  const double positives = s.tps.back();
  if (positives == 0) return 0;
  double total = 0, before = 0;
  for (std::size_t i = 0; i < s.tps.size(); ++i) {
    total += (s.tps[i] - before) / positives * (s.tps[i] / (s.tps[i] + s.fps[i]));
    before = s.tps[i];
  }
  return total;
}

/// Every entry of the matrix as a row of its own.
Steps pooled_steps(const Truth& y, const Columns& scores) {
  std::vector<Entry> entries;
  entries.reserve(place(y.rows * y.classes));
  for (Index k = 0; k < y.classes; ++k) add(entries, y, scores, k, k);
  return steps(std::move(entries));
}

/// The mean over classes; a class without weight does not count, whatever its figure.
double mean_over_classes(const Truth& y, const std::vector<double>& figures, Average average) {
  const std::vector<double> weights = average == Average::weighted ? class_weights(y) : std::vector<double>(figures.size(), 1.0);
  double total = 0;
  for (std::size_t k = 0; k < figures.size(); ++k) total += weights[k] > 0 ? weights[k] * figures[k] : 0.0;
  return total / sum(weights);
}

/// The figure of one class against the rest, averaged over classes.
template <class Figure>
double averaged(const Truth& y, const Columns& scores, Average average, Figure&& figure) {
  require(scores.count() > 1, "an average over classes needs a column of scores a class, got one column");
  if (average == Average::micro) return figure(pooled_steps(y, scores));
  std::vector<double> figures;
  for (Index k = 0; k < y.classes; ++k) figures.push_back(figure(steps(y, scores, k)));
  return mean_over_classes(y, figures, average);
}

// ------------------------------------------------------------------------------------------------------- calibration

/// Inner edges between bins; a value on an edge belongs to the bin below.
std::vector<double> edges(const std::vector<double>& confidence, Index bins, Bins strategy) {
  std::vector<double> sorted;
  if (strategy == Bins::quantile) sorted = confidence, std::sort(sorted.begin(), sorted.end());
  std::vector<double> out;
  for (Index b = 1; b < bins; ++b) {
    const double share = static_cast<double>(b) * (1.0 / static_cast<double>(bins));
    if (strategy == Bins::uniform) {
      out.push_back(share);
      continue;
    }
    const double position = share * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(position);
    const double t = position - static_cast<double>(low), step = low + 1 < sorted.size() ? sorted[low + 1] - sorted[low] : 0.0;
    out.push_back(t < 0.5 ? sorted[low] + step * t : sorted[low] + step - step * (1 - t));
  }
  return out;
}

CalibrationCurve calibration(const Truth& y, const Probabilities& P, Index bins, Bins strategy) {
  require(bins >= 1, "the number of bins must be at least 1, got ", text(bins));
  require(bins <= 1000000, "the number of bins must be at most 1000000, got ", text(bins));
  const bool binary = P.classes() == 2;
  std::vector<double> confidence(place(y.rows));
  std::vector<bool> right(place(y.rows));
  for (Index i = 0; i < y.rows; ++i) {
    const Index called = binary ? 1 : P.argmax(i);
    confidence[place(i)] = P.at(i, called), right[place(i)] = y.codes[i] == called;
  }
  const std::vector<double> inner = edges(confidence, bins, strategy);
  std::vector<double> weight(place(bins), 0.0), hits = weight, sums = weight;
  for (Index i = 0; i < y.rows; ++i) {
    const double p = confidence[place(i)], w = y.weight(i);
    const auto bin = static_cast<std::size_t>(std::lower_bound(inner.begin(), inner.end(), p) - inner.begin());
    weight[bin] += w, sums[bin] += w * p, hits[bin] += right[place(i)] ? w : 0.0;
  }
  CalibrationCurve out;
  for (std::size_t b = 0; b < weight.size(); ++b) {
    if (weight[b] == 0) continue;
    out.prob_true.push_back(hits[b] / weight[b]), out.prob_pred.push_back(sums[b] / weight[b]), out.weight.push_back(weight[b]);
  }
  return out;
}

}  // namespace

// ------------------------------------------------------------------------------------------------------------ classes

double accuracy(const Targets& y, const int* predicted, const double* sample_weight) {
  const std::vector<double> matrix = confusion_matrix(y, predicted, sample_weight);
  const Counts c = counts(matrix);
  return sum(c.tp) / sum(matrix);
}

std::vector<double> class_priors(const Targets& y, const double* sample_weight) {
  std::vector<double> out = class_weights(checked(y, sample_weight));
  const double total = sum(out);
  for (double& prior : out) prior /= total;
  return out;
}

double baseline_accuracy(const Targets& y, const double* sample_weight) {
  const std::vector<double> priors = class_priors(y, sample_weight);
  return *std::max_element(priors.begin(), priors.end());
}

std::vector<double> confusion_matrix(const Targets& targets, const int* predicted, const double* sample_weight, Normalize normalize) {
  const Truth y = checked(targets, sample_weight);
  require(predicted != nullptr, "predicted points nowhere");
  std::vector<double> out(place(y.classes * y.classes), 0.0);
  for (Index i = 0; i < y.rows; ++i) {
    check_code(predicted[i], i, y.classes);
    out[place(y.codes[i] * y.classes + predicted[i])] += y.weight(i);
  }
  return normalized(std::move(out), normalize);
}

static std::size_t side(const std::vector<double>& confusion_matrix) {
  const auto classes = static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(confusion_matrix.size()))));
  require(classes > 0 && classes * classes == confusion_matrix.size(), "a confusion matrix is classes x classes, got ",
          text(static_cast<Index>(confusion_matrix.size())), " numbers");
  return classes;
}

std::vector<double> normalized(std::vector<double> matrix, Normalize normalize) {
  const std::size_t classes = side(matrix);
  if (normalize == Normalize::none) return matrix;
  std::vector<double> sums(classes, normalize == Normalize::all ? sum(matrix) : 0.0);
  const auto of = [&](std::size_t i) {
    return normalize == Normalize::truth ? i / classes : normalize == Normalize::predicted ? i % classes : 0;
  };
  for (std::size_t i = 0; i < matrix.size() && normalize != Normalize::all; ++i) sums[of(i)] += matrix[i];
  for (std::size_t i = 0; i < matrix.size(); ++i) matrix[i] = sums[of(i)] == 0 ? 0 : matrix[i] / sums[of(i)];
  return matrix;
}

Counts counts(const Targets& y, const int* predicted, const double* sample_weight) {
  return counts(confusion_matrix(y, predicted, sample_weight));
}

Counts counts(const std::vector<double>& confusion_matrix) {
  const std::size_t classes = side(confusion_matrix);
  const std::vector<double> none(classes, 0.0);
  Counts c{none, none, none, none};
  std::vector<double> truth = none;
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = 0; j < classes; ++j) {
      const double weight = confusion_matrix[i * classes + j];
      truth[i] += weight;
      if (i == j) {
        c.tp[i] = weight;
      } else {
        c.fn[i] += weight, c.fp[j] += weight;
      }
    }
  }
  for (std::size_t k = 0; k < classes; ++k) {  // nothing is subtracted that roundings could turn into less than nothing
    double others = 0;
    for (std::size_t i = 0; i < classes; ++i) others += i == k ? 0.0 : truth[i];
    c.tn[k] = std::max(0.0, others - c.fp[k]);
  }
  return c;
}

std::vector<double> precision(const Counts& c, double undefined) { return ratios(c.tp, c.fp, undefined); }
std::vector<double> recall(const Counts& c, double undefined) { return ratios(c.tp, c.fn, undefined); }
std::vector<double> true_positive_rate(const Counts& c, double undefined) { return recall(c, undefined); }
std::vector<double> false_positive_rate(const Counts& c, double undefined) { return ratios(c.fp, c.tn, undefined); }
std::vector<double> f1(const Counts& c, double undefined) { return f_beta(c, 1.0, undefined); }

std::vector<double> f_beta(const Counts& c, double beta, double undefined) {
  require(beta >= 0, "beta must be at least 0, got ", text(beta));
  if (std::isinf(beta)) return recall(c, undefined);
  std::vector<double> hits = c.tp, misses(c.tp.size());
  const double square = beta * beta;
  for (std::size_t k = 0; k < hits.size(); ++k) hits[k] *= 1 + square, misses[k] = square * c.fn[k] + c.fp[k];
  return ratios(hits, misses, undefined);
}

#define LINCLASS_RATE(name)                                                                     \
  double name(const Counts& c, Average average, double undefined) {                             \
    return averaged(c, average, [&](const Counts& counts) { return name(counts, undefined); }); \
  }
LINCLASS_RATE(precision)
LINCLASS_RATE(recall)
LINCLASS_RATE(true_positive_rate)
LINCLASS_RATE(false_positive_rate)
LINCLASS_RATE(f1)
#undef LINCLASS_RATE
double f_beta(const Counts& c, double beta, Average average, double undefined) {
  return averaged(c, average, [&](const Counts& counts) { return f_beta(counts, beta, undefined); });
}

// ------------------------------------------------------------------------------------------------------------- scores

/// Scores of several columns are those of the classes in the order of the codes.
static Index classes_of(const Matrix& scores) { return scores.columns > 1 ? scores.columns : 0; }

RocCurve roc_curve(const Targets& y, const Matrix& scores, Index positive, const double* sample_weight, bool drop_intermediate) {
  const Columns columns(scores, y.rows, "scores");
  Steps s = steps(checked(y, sample_weight, classes_of(scores)), columns, positive);
  if (drop_intermediate) {
    const auto bends = [](const std::vector<double>& v, std::size_t i) { return (v[i + 1] - v[i]) - (v[i] - v[i - 1]) != 0; };
    thin(s, [&, before = s](std::size_t i) { return bends(before.fps, i) || bends(before.tps, i); });
  }
  RocCurve out{{0.0}, {0.0}, {std::numeric_limits<double>::infinity()}};
  const double negatives = s.fps.back(), positives = s.tps.back();
  if (negatives == 0) out.fpr[0] = nan;
  if (positives == 0) out.tpr[0] = nan;
  for (std::size_t i = 0; i < s.tps.size(); ++i) {
    out.fpr.push_back(negatives == 0 ? nan : s.fps[i] / negatives), out.tpr.push_back(positives == 0 ? nan : s.tps[i] / positives);
    out.thresholds.push_back(s.thresholds[i]);
  }
  return out;
}

double roc_auc(const Targets& y, const Matrix& scores, Index positive, const double* sample_weight) {
  const Columns columns(scores, y.rows, "scores");
  return area(steps(checked(y, sample_weight, classes_of(scores)), columns, positive));
}

double roc_auc(const Targets& y, const Matrix& scores, Average average, const double* sample_weight) {
  const Columns columns(scores, y.rows, "scores");
  return averaged(checked(y, sample_weight, classes_of(scores)), columns, average, area);
}

PrecisionRecallCurve precision_recall_curve(const Targets& y, const Matrix& scores, Index positive, const double* sample_weight,
                                            bool drop_intermediate) {
  const Columns columns(scores, y.rows, "scores");
  Steps s = steps(checked(y, sample_weight, classes_of(scores)), columns, positive);
  if (drop_intermediate) {
    thin(s, [before = s.tps](std::size_t i) { return before[i] != before[i - 1] || before[i + 1] != before[i]; });
  }
  PrecisionRecallCurve out;
  const double positives = s.tps.back();
  for (std::size_t i = s.tps.size(); i-- > 0;) {
    out.precision.push_back(s.tps[i] / (s.tps[i] + s.fps[i]));
    out.recall.push_back(positives == 0 ? 1.0 : s.tps[i] / positives);
    out.thresholds.push_back(s.thresholds[i]);
  }
  out.precision.push_back(1.0), out.recall.push_back(0.0);
  return out;
}

double average_precision(const Targets& y, const Matrix& scores, Index positive, const double* sample_weight) {
  const Columns columns(scores, y.rows, "scores");
  return mean_precision(steps(checked(y, sample_weight, classes_of(scores)), columns, positive));
}

double average_precision(const Targets& y, const Matrix& scores, Average average, const double* sample_weight) {
  const Columns columns(scores, y.rows, "scores");
  return averaged(checked(y, sample_weight, classes_of(scores)), columns, average, mean_precision);
}

// ------------------------------------------------------------------------------------------------------ probabilities

double log_loss(const Targets& targets, const Matrix& matrix, const double* sample_weight) {
  const Probabilities P(targets, matrix);
  const Truth y = checked(targets, sample_weight, P.classes());
  const double low = P.spacing(), high = 1 - low;
  double total = 0, weight = 0;
  for (Index i = 0; i < y.rows; ++i) {
    total -= y.weight(i) * std::log(std::clamp(P.at(i, y.codes[i]), low, high));
    weight += y.weight(i);
  }
  return total / weight;
}

double brier(const Targets& targets, const Matrix& matrix, const double* sample_weight) {
  const Probabilities P(targets, matrix);
  const Truth y = checked(targets, sample_weight, P.classes());
  double total = 0, weight = 0;
  for (Index i = 0; i < y.rows; ++i) {
    double row = 0;
    for (Index k = 0; k < P.classes(); ++k) {
      const double far = (y.codes[i] == k ? 1.0 : 0.0) - P.at(i, k);
      row += far * far;
    }
    total += y.weight(i) * row, weight += y.weight(i);
  }
  return total / weight / (P.classes() == 2 ? 2 : 1);
}

CalibrationCurve calibration_curve(const Targets& targets, const Matrix& matrix, Index bins, Bins strategy, const double* sample_weight) {
  const Probabilities P(targets, matrix);
  return calibration(checked(targets, sample_weight, P.classes()), P, bins, strategy);
}

double expected_calibration_error(const Targets& y, const Matrix& P, Index bins, Bins strategy, const double* sample_weight) {
  const CalibrationCurve curve = calibration_curve(y, P, bins, strategy, sample_weight);
  double total = 0;
  for (std::size_t b = 0; b < curve.weight.size(); ++b) total += curve.weight[b] * std::abs(curve.prob_true[b] - curve.prob_pred[b]);
  return total / sum(curve.weight);
}

// ------------------------------------------------------------------------------------------------------------- report

MetricsReport report(const Targets& targets, const int* predicted, const double* sample_weight, std::vector<std::string> names) {
  const Truth y = checked(targets, sample_weight);
  MetricsReport out;
  for (Index k = 0; names.empty() && k < y.classes; ++k) out.names.push_back(text(k));
  if (!names.empty()) out.names = std::move(names);
  require(static_cast<Index>(out.names.size()) == y.classes, "there are ", text(y.classes), " classes, but ",
          text(static_cast<Index>(out.names.size())), " names");
  out.rows = y.rows;
  out.priors = class_priors(targets, sample_weight);
  out.baseline_accuracy = *std::max_element(out.priors.begin(), out.priors.end());
  out.confusion_matrix = confusion_matrix(targets, predicted, sample_weight);
  const Counts c = out.counts = counts(out.confusion_matrix);
  out.accuracy = sum(c.tp) / sum(out.confusion_matrix);

  const std::vector<double> of_precision = precision(c), of_recall = recall(c), of_f1 = f1(c), of_fpr = false_positive_rate(c);
  for (std::size_t k = 0; k < c.tp.size(); ++k) {
    Scores scores;
    scores.precision = of_precision[k], scores.recall = of_recall[k], scores.f1 = of_f1[k], scores.false_positive_rate = of_fpr[k];
    out.classes.push_back(scores);
    if (c.tp[k] + c.fp[k] == 0) out.notes.push_back("class " + out.names[k] + " is never predicted: its precision counts as 0");
    if (c.tp[k] + c.fn[k] == 0) out.notes.push_back("class " + out.names[k] + " never occurs: its recall counts as 0");
    if (c.fp[k] + c.tn[k] == 0)
      out.notes.push_back("no row is of another class than " + out.names[k] + ": its false positive rate counts as 0");
  }
  const auto average = [&](Scores& scores, Average how) {
    scores.precision = precision(c, how), scores.recall = recall(c, how), scores.f1 = f1(c, how);
    scores.false_positive_rate = false_positive_rate(c, how);
  };
  average(out.macro, Average::macro), average(out.micro, Average::micro), average(out.weighted, Average::weighted);
  return out;
}

MetricsReport report(const Targets& targets, const Matrix& matrix, const double* sample_weight, std::vector<std::string> names) {
  const Probabilities P(targets, matrix);
  Targets y = targets;
  y.classes = checked(targets, sample_weight, P.classes()).classes;
  std::vector<int> predicted;
  std::vector<double> both;  // with a column for class 0 too
  for (Index i = 0; i < y.rows; ++i) {
    predicted.push_back(static_cast<int>(P.argmax(i)));
    if (matrix.columns == 1) both.push_back(P.at(i, 0)), both.push_back(P.at(i, 1));
  }
  const Matrix scores = matrix.columns == 1 ? dense(both.data(), y.rows, 2) : matrix;

  MetricsReport out = report(y, predicted.data(), sample_weight, std::move(names));
  const Truth truth = checked(y, sample_weight);
  const Columns columns(scores, y.rows, "probabilities");
  const auto enter = [](Scores& into, const Steps& s) { into.roc_auc = area(s), into.average_precision = mean_precision(s); };
  std::vector<double> areas, precisions;
  for (std::size_t k = 0; k < out.classes.size(); ++k) {  // each class is sorted once
    Scores& of_class = out.classes[k];
    enter(of_class, steps(truth, columns, static_cast<Index>(k)));
    areas.push_back(of_class.roc_auc), precisions.push_back(of_class.average_precision);
    if (std::isnan(of_class.roc_auc)) out.notes.push_back("class " + out.names[k] + " always or never occurs: it has no ROC AUC");
  }
  enter(out.micro, pooled_steps(truth, columns));
  for (const Average how : {Average::macro, Average::weighted}) {
    Scores& averages = how == Average::macro ? out.macro : out.weighted;
    averages.roc_auc = mean_over_classes(truth, areas, how), averages.average_precision = mean_over_classes(truth, precisions, how);
  }
  out.log_loss = log_loss(targets, matrix, sample_weight);
  out.brier = brier(targets, matrix, sample_weight);
  out.expected_calibration_error = expected_calibration_error(targets, matrix, 15, Bins::uniform, sample_weight);
  return out;
}

// ----------------------------------------------------------------------------------------------------------- printing

namespace {

std::string shown(double value, const char* format) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, format, value);
  return std::isnan(value) ? "-" : buffer;
}

/// Characters, not bytes, of UTF-8.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Cells by row; the first column begins at the left, the others end at the right.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows)
    for (std::size_t j = 0; j < row.size(); ++j) widths[j] = std::max(widths[j], width(row[j]));
  std::string out;
  for (const auto& row : rows) {
    out += '\n';
    for (std::size_t j = 0; j < row.size(); ++j) {
      const std::string gap(widths[j] - width(row[j]), ' ');
      out += j == 0 ? row[j] + gap : "  " + gap + row[j];
    }
  }
  return out;
}

constexpr std::size_t most_printed = 30;

}  // namespace

std::string MetricsReport::to_string() const {
  const bool probable = !std::isnan(log_loss);
  const auto figure = [](double value) { return shown(value, "%.4f"); };
  std::string out =
      "accuracy " + figure(accuracy) + " on " + text(rows) + " rows (always the most frequent class: " + figure(baseline_accuracy) + ")";
  if (probable)
    out += "\nlog loss " + figure(log_loss) + ", Brier score " + figure(brier) + ", expected calibration error " +
           figure(expected_calibration_error);

  std::vector<std::vector<std::string>> rates{{"", "prior", "precision", "recall", "F1", "FPR"}};
  if (probable) rates[0].insert(rates[0].end(), {"ROC AUC", "avg precision"});
  const auto line = [&](const std::string& name, double prior, const Scores& s) {
    rates.push_back({name, figure(prior), figure(s.precision), figure(s.recall), figure(s.f1), figure(s.false_positive_rate)});
    if (probable) rates.back().insert(rates.back().end(), {figure(s.roc_auc), figure(s.average_precision)});
  };
  for (std::size_t k = 0; k < classes.size(); ++k) line(names[k], priors[k], classes[k]);
  line("macro", nan, macro), line("micro", nan, micro), line("weighted", nan, weighted);
  out += "\n" + table(rates);
  if (classes.size() == 2)
    out += "\n\nof class " + names[1] + ": " + shown(counts.tp[1], "%.6g") + " true positives, " + shown(counts.fp[1], "%.6g") +
           " false positives, " + shown(counts.fn[1], "%.6g") + " false negatives, " + shown(counts.tn[1], "%.6g") + " true negatives";

  if (classes.size() > most_printed) {
    out += "\n\nthe confusion matrix of " + text(static_cast<Index>(classes.size())) + " classes is not printed";
  } else {
    const auto matrix = [&](const char* title, const std::vector<double>& values, double factor, const char* format) {
      std::vector<std::vector<std::string>> cells{{title}};
      cells[0].insert(cells[0].end(), names.begin(), names.end());
      for (std::size_t i = 0; i < names.size(); ++i) {
        cells.push_back({names[i]});
        for (std::size_t j = 0; j < names.size(); ++j) cells.back().push_back(shown(factor * values[i * names.size() + j], format));
      }
      out += "\n" + table(cells);
    };
    matrix("true \\ predicted", confusion_matrix, 1, "%.6g");
    matrix("% of the true", normalized(confusion_matrix, Normalize::truth), 100, "%.1f");
    matrix("% of the predicted", normalized(confusion_matrix, Normalize::predicted), 100, "%.1f");
  }
  for (const std::string& note : notes) out += (&note == &notes[0] ? "\n\n" : "\n") + note;
  return out;
}

std::ostream& operator<<(std::ostream& out, const MetricsReport& report) { return out << report.to_string(); }

}  // namespace linclass::metrics
