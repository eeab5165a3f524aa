#include "parallel.h"

#include <omp.h>
#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace linclass::engine {
namespace {

std::atomic<bool> pool_lost{false};  // in a child whose pool of workers could not be released before the fork

#if defined(__GLIBC__) && !defined(__clang__)
// GNU libgomp keeps a pool of workers for each thread that opened a region. fork() copies its bookkeeping but not the workers, and the
// child would wait for them for ever. Releasing the forking thread's pool before the fork cures it: the child then starts its own.
// OpenMP 5.0, so absent from libgomp before GCC 9: weak, with one thread in the child as the way out.
extern "C" int omp_pause_resource_all(omp_pause_resource_t) noexcept __attribute__((weak));

bool released = false;  // written and read by the forking thread alone
void before_fork() { released = omp_pause_resource_all != nullptr && omp_pause_resource_all(omp_pause_soft) == 0; }
void in_child() {
  if (!released) pool_lost.store(true, std::memory_order_relaxed);
}
const int registered = pthread_atfork(before_fork, nullptr, in_child);
#endif

constexpr auto look_every = std::chrono::milliseconds(50);

}  // namespace

void Team::region(int wanted, void (*work)(Team&, void*, int, int), void* body) {
  if (pool_lost.load(std::memory_order_relaxed)) wanted = 1;
  int got = 1;
#pragma omp parallel num_threads(wanted)
  {
    const int worker = omp_get_thread_num(), workers = omp_get_num_threads();
    if (worker == 0) got = workers;
    work(*this, body, worker, workers);
  }
  used_ = got > used_ ? got : used_;
}

void Team::look() {
  const auto now = Clock::now();
  if (now >= deadline_) throw Stopped{Status::time_limit};
  if (host_ && host_->poll && now - last_look_ >= look_every) {
    last_look_ = now;
    if (host_->poll(host_->self)) throw Stopped{Status::interrupted};
  }
}

}  // namespace linclass::engine
