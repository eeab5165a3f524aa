/// How to solve: plain settings with their defaults, and what a running solver tells.
#pragma once
#include <cstdint>
#include <limits>

#include "linclass/data.h"

namespace linclass {

enum class Solver : int {
  automatic,  ///< the fastest for the sizes of the data among newton_cholesky, preconditioned_lbfgs and lbfgs (Report::choice says why); sgd for losses with kinks
  lbfgs,      ///< limited-memory BFGS (Nocedal and Wright 2006, ch. 7); with l1 OWL-QN (Andrew and Gao 2007)
  newton_cholesky,       ///< Newton's method with the full Hessian: for up to some 1000 parameters, convex smooth losses, no l1
  preconditioned_lbfgs,  ///< L-BFGS from the optimum and with the curvature of samples of the rows: convex smooth losses, no l1
  gd,                    ///< batch gradient descent, proximal where there is l1
  sgd,                   ///< minibatch descent
  perceptron,            ///< Rosenblatt's rule (1958): one sample at a time, W changes on mistakes only
};

enum class Start : int { zeros, uniform, given };  ///< uniform: every parameter from [-1, 1], by `seed`

/// The step of sgd on the minibatch gradient g with rate eta.
enum class Update : int {
  plain,     ///< w -= eta g
  momentum,  ///< v = momentum v + g;  w -= eta v                  (Polyak 1964)
  nesterov,  ///< v = momentum v + g;  w -= eta (g + momentum v)   (Nesterov 1983, as in Sutskever et al. 2013)
  adam,      ///< Kingma and Ba 2015, beta1 = momentum, beta2 = beta2, epsilon 1e-8, bias-corrected
};

/// The rate over time; t counts steps from 0, e epochs from 0.
enum class Schedule : int {
  automatic,  ///< gd: adaptive; sgd: constant
  constant,   ///< eta0
  inverse,    ///< eta0 / (1 + decay t)^power
  step,       ///< eta0 * factor^floor(e / step_epochs)
  adaptive,  ///< gd: times 1.2 while the objective falls; when it rises, step back and halve. sgd: times `factor` after an epoch whose mean loss did not fall
};

/// Plain numbers; every default is the recommended value.
struct Settings {
  Solver solver = Solver::automatic;
  double tol = 1e-4;   ///< certified relative gap, or scaled gradient, to reach (see Report::certificate); 0 = never stop on it
  double epsilon = 0;  ///< stop when the objective (sgd: the epoch's mean) changes by less than epsilon * max(1, |objective|); 0 = never
  Index max_iter =
      0;  ///< iterations, or epochs of sgd and perceptron; 0 = both lbfgs 1000, newton_cholesky 100, gd 10000, sgd 20, perceptron 1000
  double time_limit = std::numeric_limits<double>::infinity();  ///< seconds
  int threads = 0;                                              ///< 0 = cpu::threads()
  std::uint64_t seed = 0;
  Start start = Start::zeros;
  int memory = 10;           ///< lbfgs: pairs kept; preconditioned_lbfgs: at least, up to 100 where rows are many
  double learning_rate = 0;  ///< gd and sgd: eta0; 0 = chosen from the data (adam: 0.001; minimize: 1)
  Schedule schedule = Schedule::automatic;
  double decay = 1e-4;
  double power = 1;
  double factor = 0.5;
  int step_epochs = 1;
  Update update = Update::plain;
  double momentum = 0.9;
  double beta2 = 0.999;
  Index batch_size = 32;
  bool shuffle = true;           ///< sgd, perceptron: a new order every epoch from `seed`, the same on every platform; false = in order
  bool track_objective = false;  ///< sgd, perceptron: history holds the full objective after each epoch (one more read of X)
};

/// What a callback sees, once an iteration or epoch.
struct State {
  Index iteration = 0;
  double objective = 0;  ///< sgd, perceptron: mean over the epoch as it ran, unless track_objective
  double measure = 0;    ///< last known figure that is compared with tol (relative gap or scaled gradient); NaN before the first
  double seconds = 0;
  double reads = 0;           ///< of X so far
  const double* w = nullptr;  ///< current parameters, K x (d+1) (K x d without intercept), valid during the call
  Index size = 0;
};

enum class Status : int {
  converged,  ///< tol, epsilon or "no mistakes" reached
  max_iter,   ///< the limit of iterations came first
  time_limit,
  stopped,      ///< the callback asked
  interrupted,  ///< poll asked (Ctrl-C)
  stalled,      ///< no step lowers the objective any more: the limit of the arithmetic
  diverged,     ///< the objective is no longer finite; the last finite parameters are returned
};

enum class Certificate : int { none, gap, estimate, stationary, mistakes };

}  // namespace linclass
