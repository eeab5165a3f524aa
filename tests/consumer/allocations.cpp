// Counts allocations inside of fits: from one iteration to the next there are none. One thread; for the GNU C library.
#include <linclass/linclass.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace lc = linclass;

static std::atomic<long> allocations{0};

// Every allocation of the process, operator new and Eigen's too, ends in one of these.
extern "C" {
void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;

void* malloc(std::size_t size) noexcept { return ++allocations, __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) noexcept { return ++allocations, __libc_calloc(count, size); }
void* realloc(void* old, std::size_t size) noexcept { return ++allocations, __libc_realloc(old, size); }
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return ++allocations, __libc_memalign(alignment, size); }
int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  ++allocations;
  *out = __libc_memalign(alignment, size);
  return *out ? 0 : ENOMEM;
}
}

namespace {

template <class T>
std::vector<T> numbers(lc::Index count) {
  std::uint32_t random = 1;
  std::vector<T> out;
  for (lc::Index i = 0; i < count; ++i) {
    random = random * 1664525u + 1013904223u;
    out.push_back(static_cast<T>(random / 4294967296.0 - 0.5));
  }
  return out;
}

/// Allocations between iterations `first` and `last`, from one call of the callback to the other.
long allocations_of(const lc::Problem& problem, lc::Options options, lc::Index first, lc::Index last) {
  long before = 0, after = -1;
  options.max_iter = last;
  options.callback = [&](const lc::State& state) {
    if (state.iteration == first) before = allocations;
    if (state.iteration == last) after = allocations;
    return false;
  };
  const lc::Fit fit = lc::fit(problem, options);
  if (after >= 0 && fit.report.threads == 1) return after - before;
  std::printf("%s ended early or in several threads: %s\n", fit.report.solver.c_str(), fit.report.reason.c_str());
  return -1;
}

template <class T>
int wrong(lc::Index n, lc::Index d, int classes, double l2 = 1e-3) {
  const std::vector<T> X = numbers<T>(n * d);
  std::vector<int> y;
  for (lc::Index i = 0; i < n; ++i)
    y.push_back(static_cast<int>(X[static_cast<std::size_t>(i * d)] > 0) + static_cast<int>(i % (classes - 1)));
  lc::Problem problem{lc::dense(X.data(), n, d), lc::classes(y), classes == 2 ? lc::Loss::logistic : lc::Loss::softmax};
  int found = 0;
  for (const lc::Solver solver :
       {lc::Solver::lbfgs, lc::Solver::newton_cholesky, lc::Solver::preconditioned_lbfgs, lc::Solver::gd, lc::Solver::sgd})
    for (const double l1 : {0.0, 1e-4}) {
      const bool second_order = solver == lc::Solver::newton_cholesky || solver == lc::Solver::preconditioned_lbfgs;
      if (l1 > 0 && second_order) continue;
      if (solver == lc::Solver::newton_cholesky && d * classes > 1000)
        continue;  // Eigen packs large factorisations into buffers of its own
      problem.penalty.l1 = l1, problem.penalty.l2 = l2;
      lc::Options options;
      options.solver = solver, options.threads = 1, options.tol = 0;
      // The history of objectives grows by powers of two, so both iterations lie between two of them. The second-order solvers are at their ends soon.
      const lc::Index last = second_order ? 4 : 16;
      const long made = allocations_of(problem, options, last / 2 + 1, last);
      if (made == 0) continue;
      std::printf("%s, l1 = %g, %ld x %ld, %d classes: %ld allocations in iterations %ld to %ld\n", lc::name(solver), l1,
                  static_cast<long>(n), static_cast<long>(d), classes, made, static_cast<long>(last / 2 + 2), static_cast<long>(last));
      ++found;
    }
  return found;
}

}  // namespace

int main() {
  const int found = wrong<double>(600, 5, 2) + wrong<float>(600, 5, 3) + wrong<double>(600, 5, 3) + wrong<double>(3000, 60, 4) +
                    wrong<float>(9000, 150, 2) + wrong<double>(2500, 300, 10) +
                    wrong<float>(6000, 24, 10, 0.1);  // H0 by conjugate gradients
  std::printf("%d wrong\n", found);
}
