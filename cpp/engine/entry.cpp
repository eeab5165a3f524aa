/// The engine's table. Every function catches everything: nothing but codes and texts leaves.
#include "entry.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <new>

#include "data/scan.h"
#include "data/visit.h"
#include "functions.h"
#include "predict.h"
#include "solver/gd.h"
#include "solver/lbfgs.h"
#include "solver/newton.h"
#include "solver/perceptron.h"
#include "solver/preconditioned_lbfgs.h"
#include "solver/sgd.h"

namespace linclass::engine {

/// Minibatch descent kept between passes.
class Trainer {
 public:
  Trainer(const Problem& shape, const Settings& settings, const double* w)
      : shape_(shape),
        settings_(settings),
        sgd_(outputs_of(shape), shape.X.columns, shape.fit_intercept, PenaltyTerms(shape.penalty, shape.X.columns, shape.fit_intercept),
             settings, w) {
    shape_.penalty.scale = nullptr;  // sgd_ has its own copy
  }

  /// All or nothing: data that break the pass leave the parameters as they were.
  double pass(const Matrix& X, const Targets& y, const double* sample_weight, const Host* host) {
    Problem problem = shape_;
    problem.X = X, problem.y = y, problem.sample_weight = sample_weight;
    Team team(settings_.threads, host);
    const auto data = make_objective(problem, outputs_of(problem), 1);
    data->work_with(team);
    Sgd next = sgd_;
    next.adopt(*data);
    if (!next.has_rate()) next.set_rate(default_rate(*data, settings_));
    const double mean = next.epoch(*data);
    std::vector<double> w(static_cast<std::size_t>(data->size()));
    next.read(w.data());
    const double value = mean + data->penalty.value(w.data(), data->outputs);
    if (!std::isfinite(value)) throw NotFinite();
    sgd_ = std::move(next);
    used_ = std::max(used_, team.used());
    return value;
  }
  int read(double* w) {
    sgd_.read(w);
    return used_;
  }

 private:
  Problem shape_;
  Settings settings_;
  Sgd sgd_;
  int used_ = 1;
};

namespace {

// Fixed sizes, so that Eigen cuts its products alike on every machine of a level.
const bool cache_sizes_set = (Eigen::setCpuCacheSizes(32 << 10, 512 << 10, 4 << 20), true);

Code fail(Message* message, Code code, const char* text) {
  std::snprintf(message->text, sizeof(message->text), "%s", text);
  return code;
}

template <class F>
Code guarded(Message* message, F&& f) noexcept {
  try {
    message->text[0] = 0;
    f();
    return Code::ok;
  } catch (const Stopped&) {
    return fail(message, Code::stopped, "stopped");
  } catch (const NotFinite& e) {
    return fail(message, Code::invalid, e.what());
  } catch (const ScoreNotFinite& e) {
    return fail(message, Code::invalid, e.what());
  } catch (const std::bad_alloc&) {
    return fail(message, Code::out_of_memory, "out of memory");
  } catch (const std::exception& e) {
    return fail(message, Code::internal, e.what());
  } catch (...) {
    return fail(message, Code::internal, "unknown exception");
  }
}

/// Runs a solver to its end, or to where it was stopped with the last accepted w.
template <class Solve>
void run(Monitor& monitor, Objective& objective, const Team& team, Outcome* outcome, Solve&& solve) {
  try {
    solve();
  } catch (const Stopped& stop) {
    monitor.finish(stop.status);
  }
  *outcome = monitor.outcome;
  outcome->reads = objective.reads;
  outcome->threads = team.used();
}

/// One solver on one objective. `before`: what an earlier solver did on the way to w, or null.
void fit_from(DataObjective& data, double* w, const Settings& settings, Team& team, Clock::time_point started, const Outcome* before,
              Outcome* outcome) {
  Choice choice;
  choice.solver = settings.solver;
  if (choice.solver == Solver::automatic || choice.solver == Solver::preconditioned_lbfgs)
    choice = choose(data, choice.solver, settings.start == Start::zeros);
  const auto solve = [&](Index iterations, auto&& solver) {
    Monitor monitor(settings, team, data, &data, iterations, started);
    monitor.outcome.solver = choice.solver;
    monitor.chose(choice.reason);
    if (before) monitor.continues(*before);
    run(monitor, data, team, outcome, [&] { solver(data, w, settings, monitor); });
  };
  const bool epochs = choice.solver == Solver::sgd || choice.solver == Solver::perceptron;
  if (data.has_gap() && data.has_intercept() && !epochs) data.keep_scores();
  const auto preconditioned = [&](DataObjective& objective, double* start, const Settings& s, Monitor& monitor) {
    preconditioned_lbfgs(objective, start, s, choice, monitor);
  };
  switch (choice.solver) {
    case Solver::lbfgs: return solve(1000, lbfgs);
    case Solver::preconditioned_lbfgs: return solve(1000, preconditioned);
    case Solver::newton_cholesky: return solve(100, newton_cholesky);
    case Solver::gd: return solve(10000, gd);
    case Solver::sgd: return solve(20, sgd);
    case Solver::perceptron: return solve(1000, perceptron);
    case Solver::automatic: break;  // resolved by choose
  }
}

Code fit(const Problem* problem, const Settings* settings, double* w, const Host* host, Outcome* outcome, Message* message) noexcept {
  return guarded(message, [&] {
    const Clock::time_point started = Clock::now();
    Team team(settings->threads, host);
    auto data = make_objective(*problem, outputs_of(*problem), mean_weight(*problem));
    data->work_with(team);
    fit_from(*data, w, *settings, team, started, nullptr, outcome);
    if (outcome->status != Status::stalled) return;
    // What float32 arithmetic cannot tell any more, double may.
    data = make_widened(*problem, outputs_of(*problem), mean_weight(*problem));
    if (!data) return;
    data->work_with(team);
    Settings rest = *settings;
    rest.start = Start::given;
    const Outcome before = *outcome;
    fit_from(*data, w, rest, team, started, &before, outcome);
  });
}

/// A user's function as an objective without penalty.
class UserObjective final : public Objective {
 public:
  UserObjective(Index size, const Host* host) : Objective(1, size, free_columns(size)), host_(host) {}
  double evaluate(const double* w, double* gradient) override {
    int failed = 0;
    const double value = host_->function(host_->self, w, gradient, &failed);
    if (failed) throw Stopped{Status::interrupted};
    reads += 1;
    return value;
  }

 private:
  static PenaltyTerms free_columns(Index size) {
    PenaltyTerms none;
    none.c.assign(static_cast<std::size_t>(size), 0.0);
    return none;
  }
  const Host* host_;
};

Code minimize(Index size, const Settings* settings, double* w, const Host* host, Outcome* outcome, Message* message) noexcept {
  return guarded(message, [&] {
    Team team(1, host);
    UserObjective objective(size, host);
    const auto solve = [&](Index iterations, auto&& solver) {
      Monitor monitor(*settings, team, objective, nullptr, iterations, Clock::now());
      monitor.outcome.solver = settings->solver;
      run(monitor, objective, team, outcome, [&] { solver(objective, w, *settings, monitor); });
    };
    settings->solver == Solver::gd ? solve(10000, gd) : solve(1000, lbfgs);
  });
}

Code check_csr(const Matrix* X, int threads, Index* bad_row, Message* message) noexcept {
  return guarded(message, [&] {
    Team team(threads, nullptr);
    *bad_row = first_bad_row(*X, team);
  });
}

Code find_nonfinite(const Matrix* X, Index* row, Index* column, Message* message) noexcept {
  return guarded(message, [&] {
    const Place place = first_nonfinite(*X);
    *row = place.row, *column = place.column;
  });
}

Code objective_create(const Problem* problem, int threads, Objective** out, Message* message) noexcept {
  return guarded(message, [&] {
    auto objective = make_objective(*problem, outputs_of(*problem), mean_weight(*problem));
    objective->threads = threads;
    *out = objective.release();
  });
}

void objective_destroy(Objective* objective) noexcept { delete objective; }

/// f on an objective made by objective_create, with a team for this call.
template <class F>
Code with_data(Objective* objective, const Host* host, Message* message, F&& f) noexcept {
  return guarded(message, [&] {
    auto& data = static_cast<DataObjective&>(*objective);
    Team team(data.threads, host);
    data.work_with(team);
    f(data);
  });
}

Code evaluate(Objective* objective, const double* w, const Host* host, double* value, double* gradient, Message* message) noexcept {
  return with_data(objective, host, message, [&](DataObjective& data) {
    const PenaltyTerms& penalty = data.penalty;
    *value = data.evaluate(w, gradient) + penalty.l1_value(w, data.outputs);
    if (gradient) penalty.add_l1_sign(w, data.outputs, gradient);
  });
}

Code curvature_times(Objective* objective, const double* w, const double* v, const Host* host, double* out, Message* message) noexcept {
  return with_data(objective, host, message, [&](DataObjective& data) { data.curvature_times(w, v, out); });
}

Code hessian(Objective* objective, const double* w, const Host* host, double* out, Message* message) noexcept {
  return with_data(objective, host, message, [&](DataObjective& data) {
    std::vector<double> gradient(static_cast<std::size_t>(data.size()));
    data.evaluate_with_hessian(w, gradient.data(), out);
  });
}

Code gap(Objective* objective, const double* w, const Host* host, double* gap, Message* message) noexcept {
  return with_data(objective, host, message, [&](DataObjective& data) {
    std::vector<double> at(w, w + data.size()), gradient(at.size());
    const auto objective_at = [&](double smooth) { return smooth + data.penalty.l1_value(at.data(), data.outputs); };
    if (data.has_intercept()) data.keep_scores();
    double smooth = data.evaluate(w, gradient.data());
    const double before = objective_at(smooth);
    if (data.has_intercept())
      *gap = gap_at_best_intercept(data, at.data(), &smooth, gradient.data());
    else
      *gap = data.penalty.gap(w, gradient.data(), data.outputs);
    const double gained = before - objective_at(smooth);
    *gap += gained < 0 ? 0.0 : gained;  // by rounding alone: the intercept is at its optimum; NaN stays
  });
}

Code trainer_create(const Problem* shape, const Settings* settings, const double* w, Trainer** out, Message* message) noexcept {
  return guarded(message, [&] { *out = new Trainer(*shape, *settings, w); });
}

void trainer_destroy(Trainer* trainer) noexcept { delete trainer; }

Code trainer_pass(Trainer* trainer, const Matrix* X, const Targets* y, const double* sample_weight, const Host* host, double* mean_loss,
                  Message* message) noexcept {
  return guarded(message, [&] { *mean_loss = trainer->pass(*X, *y, sample_weight, host); });
}

Code trainer_read(Trainer* trainer, double* w, int* threads, Message* message) noexcept {
  return guarded(message, [&] { *threads = trainer->read(w); });
}

Code predict_entry(const Matrix* X, const LinearModel* model, Prediction what, void* out, Index stride, int threads, const Host* host,
                   Message* message) noexcept {
  return guarded(message, [&] {
    Team team(threads, host);
    visit(*X, [&](const auto& x) { predict(x, *model, what, out, stride, team); });
  });
}

Code function(FunctionName name, Type type, const void* a, const void* second, const functions::Vectors* layout, void* out,
              Message* message) noexcept {
  return guarded(message, [&] { compute(name, type, a, second, *layout, out); });
}

const Table table{1,
                  LINCLASS_LEVEL_NAME,
                  check_csr,
                  find_nonfinite,
                  fit,
                  minimize,
                  objective_create,
                  objective_destroy,
                  evaluate,
                  curvature_times,
                  hessian,
                  gap,
                  trainer_create,
                  trainer_destroy,
                  trainer_pass,
                  trainer_read,
                  predict_entry,
                  function};

}  // namespace
}  // namespace linclass::engine

extern "C" const linclass::engine::Table* linclass_engine_entry() noexcept { return &linclass::engine::table; }
