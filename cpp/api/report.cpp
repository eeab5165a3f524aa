#include "report.h"

#include <cmath>
#include <cstdio>
#include <ostream>

#include "load.h"

namespace linclass {
namespace {

std::string text(double value, const char* format = "%.3g") {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}
std::string count(Index number, const char* noun) { return std::to_string(number) + " " + noun + (number == 1 ? "" : "s"); }

bool counts_epochs(const Report& report) { return report.solver == "sgd" || report.solver == "perceptron"; }
std::string rounds(const Report& report) { return count(report.iterations, counts_epochs(report) ? "epoch" : "iteration"); }

/// The figure that tol bounds, or nothing.
std::string measured(const Report& report) {
  if (report.certificate == Certificate::mistakes) return count(report.mistakes, "mistake") + " in the last epoch";
  if (!std::isfinite(report.measure)) return "";
  const char* noun = report.certificate == Certificate::gap        ? "relative gap "
                     : report.certificate == Certificate::estimate ? "estimated relative suboptimality "
                                                                   : "scaled gradient ";
  return noun + text(report.measure);
}

std::string against_tol(const Report& report) {
  const std::string figure = measured(report);
  if (figure.empty() || report.certificate == Certificate::mistakes || report.tol == 0) return figure;
  return figure + (report.measure <= report.tol ? " <= tol " : " > tol ") + text(report.tol);
}

std::string reason_of(const Report& report, double epsilon, Subject subject) {
  const std::string scale = subject == Subject::data ? "columns of X of similar scale" : "variables of similar scale";
  const std::string larger_l2 = subject == Subject::data ? ", or a larger l2" : "";
  const std::string figure = against_tol(report);
  const std::string where = figure.empty() ? "" : ": " + figure;
  const std::string after = " after " + rounds(report);
  switch (report.status) {
    case Status::converged:
      if (report.certificate == Certificate::mistakes) return "an epoch without mistakes" + after;
      if (!figure.empty() && report.measure <= report.tol) return figure + after;
      return "the objective changed by less than epsilon " + text(epsilon) + " * max(1, |objective|)" + after + where;
    case Status::max_iter:
      if (report.certificate == Certificate::mistakes) {
        return "no epoch was free of mistakes in " + rounds(report) + where +
               ". The classes may not be separable by a plane: try loss \"hinge\" or \"logistic\"";
      }
      if (figure.empty() || report.tol == 0) {
        return rounds(report) + " done, as asked" + where +
               (epsilon > 0 ? "; the objective still changes by more than epsilon " + text(epsilon) : "");
      }
      return rounds(report) + " did not suffice" + where + ". Try a larger max_iter or tol, " + scale + larger_l2;
    case Status::time_limit:
      return "the time limit came" + after + where + ". Try a larger time_limit" + (figure.empty() ? "" : " or tol, or " + scale);
    case Status::stopped: return "the callback asked to stop" + after + where;
    case Status::interrupted: return "interrupted" + after + where;
    case Status::stalled:
      return "no step lowers the objective any more" + after + where + ". This is the limit of the arithmetic: try float64 data, " + scale +
             ", or a larger tol";
    case Status::diverged:
      return "the objective is no longer finite" + after + "; these are the last finite parameters. Try a smaller learning_rate, or " +
             scale;
  }
  return "";
}

}  // namespace

Report report_of(const engine::Outcome& outcome, const Options& options, Subject subject, std::vector<double> history, double seconds) {
  Report report;
  report.status = outcome.status;
  report.objective = outcome.objective;
  report.certificate = outcome.certificate;
  report.gap = outcome.gap;
  report.estimate = outcome.estimate;
  report.measure = outcome.measure;
  report.tol = options.tol;
  report.iterations = outcome.iterations;
  report.reads = outcome.reads;
  report.seconds = seconds;
  report.history = std::move(history);
  report.mistakes = outcome.mistakes;
  report.level = engine_table().level;
  report.threads = outcome.threads;
  report.solver = name(outcome.solver);
  report.choice = outcome.choice;
  report.reason = reason_of(report, options.epsilon, subject);
  return report;
}

std::string Report::to_string() const {
  std::string out;
  const auto line = [&](const char* key, const std::string& value) {
    out += (out.empty() ? "" : "\n") + std::string(key) + std::string(13 - std::string(key).size(), ' ') + value;
  };
  line("status", std::string(name(status)) + ": " + reason);
  line("objective", text(objective, "%.10g"));
  const std::string figure = against_tol(*this);
  std::string bound = certificate == Certificate::gap ? ": P - min P <= " + text(gap) : std::string();
  if (certificate == Certificate::gap && std::isfinite(estimate)) bound += " (estimate " + text(estimate) + ")";
  line("certificate", name(certificate) + bound + (figure.empty() ? "" : ", " + figure));
  line("solver", solver + ", " + rounds(*this) + ", " + text(reads, "%.4g") + " reads of X");
  if (!choice.empty()) line("choice", choice);
  line("time", text(seconds) + " s, " + count(threads, "thread") + ", level " + level);
  if (copies > 0) line("copies", count(copies, "array") + " had to be copied");
  for (const std::string& note : notes) line("note", note);
  return out;
}

std::ostream& operator<<(std::ostream& out, const Report& report) { return out << report.to_string(); }

}  // namespace linclass
