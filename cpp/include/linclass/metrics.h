/// How good predictions are: counts and rates of classes, curves of scores, figures of probabilities, and a report of all of them.
///
///     lc::metrics::accuracy(lc::classes(y), predicted.data());
///     lc::metrics::roc_auc(lc::classes(y), lc::dense(scores.data(), n, 1));
///     std::cout << lc::metrics::report(lc::classes(y), lc::dense(probabilities.data(), n, K));
///
/// y holds the true class of each row as a code, `predicted` the codes that a model gave, `sample_weight` a weight a row (null: 1 each). Scores and
/// probabilities are dense views, a column a class; for two classes one column, that of class 1, is enough. Everything is computed in double.
#pragma once
#include <iosfwd>
#include <limits>
#include <string>
#include <vector>

#include "linclass/data.h"
#include "linclass/export.h"

namespace linclass::metrics {

enum class Average : int {
  macro,     ///< the mean over classes
  micro,     ///< of the counts of all classes together
  weighted,  ///< the mean over classes weighted by how often each is true
};
enum class Normalize : int { none, truth, predicted, all };  ///< rows, columns or everything sums to 1 (what is empty stays 0)
enum class Bins : int {
  uniform,  ///< of equal width
  quantile  ///< of equally many rows
};

// ------------------------------------------------------------------------------------------------------------ classes

/// The weighted share of rows whose class was predicted.
LINCLASS_API double accuracy(const Targets& y, const int* predicted, const double* sample_weight = nullptr);
/// The weighted share of each class.
LINCLASS_API std::vector<double> class_priors(const Targets& y, const double* sample_weight = nullptr);
/// The accuracy of always predicting the most frequent class: the largest prior.
LINCLASS_API double baseline_accuracy(const Targets& y, const double* sample_weight = nullptr);

/// classes x classes, row-major: the weight of rows of class i (row) that were predicted as class j (column).
LINCLASS_API std::vector<double> confusion_matrix(const Targets& y, const int* predicted, const double* sample_weight = nullptr,
                                                  Normalize normalize = Normalize::none);
LINCLASS_API std::vector<double> normalized(std::vector<double> confusion_matrix, Normalize normalize);

/// Each class against the rest.
struct Counts {
  std::vector<double> tp, fp, fn, tn;  ///< true positives, false positives, false negatives, true negatives
};
LINCLASS_API Counts counts(const Targets& y, const int* predicted, const double* sample_weight = nullptr);
LINCLASS_API Counts counts(const std::vector<double>& confusion_matrix);

/// Rates of each class, and their average; [1] is that of the positive one of two classes. Where the denominator is 0 stands `undefined`; averages
/// leave out NaN.
#define LINCLASS_RATE(name)                                                          \
  LINCLASS_API std::vector<double> name(const Counts& counts, double undefined = 0); \
  LINCLASS_API double name(const Counts& counts, Average average, double undefined = 0);
LINCLASS_RATE(precision)            ///< tp / (tp + fp)
LINCLASS_RATE(recall)               ///< tp / (tp + fn)
LINCLASS_RATE(true_positive_rate)   ///< the same as recall
LINCLASS_RATE(false_positive_rate)  ///< fp / (fp + tn)
LINCLASS_RATE(f1)                   ///< f_beta with beta = 1
#undef LINCLASS_RATE
/// (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp) (van Rijsbergen, Information Retrieval, 1979, ch. 7).
LINCLASS_API std::vector<double> f_beta(const Counts& counts, double beta, double undefined = 0);
LINCLASS_API double f_beta(const Counts& counts, double beta, Average average, double undefined = 0);

// ------------------------------------------------------------------------------------------------------------- scores
// Class `positive` against the rest, by its column of scores or by the only one. Rows of weight 0 do not count; equal scores are one threshold.

/// Point i: rows with a score of at least thresholds[i] are called positive; the first is (0, 0) at infinity. NaN where a class is absent.
struct RocCurve {
  std::vector<double> fpr, tpr, thresholds;
};
/// drop_intermediate leaves out points on a straight line between others (Fawcett, Pattern Recognition Letters 27, 2006).
LINCLASS_API RocCurve roc_curve(const Targets& y, const Matrix& scores, Index positive = 1, const double* sample_weight = nullptr,
                                bool drop_intermediate = true);
/// The area under it, by trapezia: the chance that a positive row scores above a negative one, ties counting half. NaN where a class is absent.
LINCLASS_API double roc_auc(const Targets& y, const Matrix& scores, Index positive = 1, const double* sample_weight = nullptr);
/// Of each class against the rest; micro takes every entry of the matrix as a row of its own.
LINCLASS_API double roc_auc(const Targets& y, const Matrix& scores, Average average, const double* sample_weight = nullptr);

/// Thresholds rise; the last point, (recall 0, precision 1), has none. Recall is 1 throughout where no row is positive.
struct PrecisionRecallCurve {
  std::vector<double> precision, recall, thresholds;
};
/// drop_intermediate keeps the first and the last of the points of equal recall.
LINCLASS_API PrecisionRecallCurve precision_recall_curve(const Targets& y, const Matrix& scores, Index positive = 1,
                                                         const double* sample_weight = nullptr, bool drop_intermediate = false);
/// sum_i (R_i - R_{i-1}) P_i over falling thresholds.
LINCLASS_API double average_precision(const Targets& y, const Matrix& scores, Index positive = 1, const double* sample_weight = nullptr);
LINCLASS_API double average_precision(const Targets& y, const Matrix& scores, Average average, const double* sample_weight = nullptr);

// ------------------------------------------------------------------------------------------------------ probabilities
// Error where one lies outside of [0, 1], or a row of several columns does not sum to 1.

/// The mean of -log p of the true class, p clipped to [eps, 1 - eps], eps the spacing of the type of P at 1.
LINCLASS_API double log_loss(const Targets& y, const Matrix& P, const double* sample_weight = nullptr);
/// Two classes: the mean of (y - p)^2 (Brier 1950); more: of sum_k (y_k - p_k)^2.
LINCLASS_API double brier(const Targets& y, const Matrix& P, const double* sample_weight = nullptr);

/// One entry a bin that is not empty. Two classes: how often class 1 is true against its mean probability. More: how often the most probable class
/// is true against its mean probability (Guo et al., ICML 2017).
struct CalibrationCurve {
  std::vector<double> prob_true, prob_pred, weight;
};
LINCLASS_API CalibrationCurve calibration_curve(const Targets& y, const Matrix& P, Index bins = 5, Bins strategy = Bins::uniform,
                                                const double* sample_weight = nullptr);
/// sum over bins of their share of the weight times |prob_true - prob_pred|.
LINCLASS_API double expected_calibration_error(const Targets& y, const Matrix& P, Index bins = 15, Bins strategy = Bins::uniform,
                                               const double* sample_weight = nullptr);

// ------------------------------------------------------------------------------------------------------------- report

/// Of one class or an average; NaN where there are no probabilities. A rate with denominator 0 counts as 0, and the notes say so.
struct Scores {
  double precision = 0, recall = 0, f1 = 0, false_positive_rate = 0;
  double roc_auc = std::numeric_limits<double>::quiet_NaN();
  double average_precision = std::numeric_limits<double>::quiet_NaN();
};

/// Everything at once. Prints itself with <<.
struct LINCLASS_API MetricsReport {
  std::vector<std::string> names;  ///< of the classes
  Index rows = 0;
  double accuracy = 0;
  double baseline_accuracy = 0;
  std::vector<double> priors;
  std::vector<double> confusion_matrix;
  Counts counts;
  std::vector<Scores> classes;
  Scores macro, micro, weighted;
  /// NaN where labels were given, not probabilities.
  double log_loss = std::numeric_limits<double>::quiet_NaN();
  double brier = std::numeric_limits<double>::quiet_NaN();
  double expected_calibration_error = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::string> notes;  ///< what is undefined, and why

  std::string to_string() const;
};
LINCLASS_API std::ostream& operator<<(std::ostream& out, const MetricsReport& report);

/// Of predicted codes, or of probabilities, whose largest is the prediction. `names` are those of the classes, by default their codes.
LINCLASS_API MetricsReport report(const Targets& y, const int* predicted, const double* sample_weight = nullptr,
                                  std::vector<std::string> names = {});
LINCLASS_API MetricsReport report(const Targets& y, const Matrix& P, const double* sample_weight = nullptr,
                                  std::vector<std::string> names = {});

LINCLASS_API Average average_named(const std::string& name);
LINCLASS_API Normalize normalize_named(const std::string& name);
LINCLASS_API Bins bins_named(const std::string& name);

}  // namespace linclass::metrics
