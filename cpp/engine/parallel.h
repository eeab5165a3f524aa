/// The only place that knows of OpenMP. A Team runs numbered tasks on its threads; which thread runs a task never changes a result,
/// because a task writes only what is its own and sums are taken over tasks in a fixed order.
#pragma once
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "entry.h"

namespace linclass::engine {

/// Thrown out of a computation that was asked to end; never crosses the entry.
struct Stopped {
  Status status;
};

using Clock = std::chrono::steady_clock;
inline double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class Team {
 public:
  /// Belongs to the thread that makes it: that thread alone asks the host.
  Team(int threads, const Host* host) : threads_(threads), host_(host) {}

  /// body(task, worker) for each task in [0, tasks), worker < threads(). The first exception of any task ends the others and arrives here after the region.
  /// Worker i begins with task i, where its caches may still hold what it met there before. One task or one thread opens no region.
  template <class Body>
  void run(Index tasks, Body&& body) {
    const int wanted = tasks < threads_ ? static_cast<int>(tasks) : threads_;
    if (wanted <= 1) {
      for (Index task = 0; task < tasks; ++task) check(), body(task, 0);
      return;
    }
    tasks_ = tasks;
    next_.store(0, std::memory_order_relaxed);
    failed_.store(false, std::memory_order_relaxed);
    first_ = nullptr;
    const auto work = [](Team& team, void* b, int worker, int workers) {
      team.work(*static_cast<std::remove_reference_t<Body>*>(b), worker, workers);
    };
    region(wanted, work, &body);
    if (first_) std::rethrow_exception(std::exchange(first_, nullptr));
  }

  /// Called between blocks of rows: throws Stopped when the time is over or the host asks; any thread ends early when another has failed.
  void check() {
    if (failed_.load(std::memory_order_relaxed)) throw Stopped{Status::stopped};
    if (std::this_thread::get_id() == caller_) look();
  }

  void stop_at(Clock::time_point deadline) { deadline_ = deadline; }
  int threads() const { return threads_; }
  int used() const { return used_; }
  const Host* host() const { return host_; }

 private:
  template <class Body>
  void work(Body& body, int worker, int workers) {
    try {
      const Index tasks = tasks_;
      for (Index task = worker; task < tasks; task = workers + next_.fetch_add(1, std::memory_order_relaxed)) check(), body(task, worker);
    } catch (...) {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!first_) first_ = std::current_exception();
      failed_.store(true, std::memory_order_relaxed);
    }
  }
  void region(int wanted, void (*work)(Team&, void*, int, int), void* body);
  void look();

  int threads_;
  const Host* host_;
  std::thread::id caller_ = std::this_thread::get_id();
  int used_ = 1;
  Index tasks_ = 0;
  std::atomic<Index> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr first_;
  Clock::time_point last_look_ = Clock::now();
  Clock::time_point deadline_ = Clock::time_point::max();
};

}  // namespace linclass::engine
