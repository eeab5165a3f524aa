#include "linclass/cpu.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "load.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace linclass::cpu {
namespace {

#if defined(__linux__)
int affinity() {
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {  // EINVAL: the kernel knows more CPUs than the set has room for
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
    if (!set) break;
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    const int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return static_cast<int>(std::thread::hardware_concurrency());
}

// CPU time per period that one control group grants. Version 2: "max 100000" or "150000 100000" in one file; version 1: two files, -1 = no limit.
double granted(const std::string& directory) {
  double quota = 0, period = 0;
  if (std::ifstream file(directory + "/cpu.max"); file >> quota >> period) return quota / period;
  std::ifstream quota_file(directory + "/cpu.cfs_quota_us"), period_file(directory + "/cpu.cfs_period_us");
  if (quota_file >> quota && period_file >> period && quota > 0) return quota / period;
  return std::numeric_limits<double>::infinity();
}

// The smallest grant among the process's control group and those above it, rounded up to whole CPUs (see cgroups(7)).
int quota() {
  double cpus = std::numeric_limits<double>::infinity();
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // hierarchy:controllers:path, in version 2 "0::path"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool version_2 = controllers == ",,";
    if (!version_2 && controllers.find(",cpu,") == std::string::npos) continue;
    const std::string mount = version_2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    for (std::string path = line.substr(second + 1);; path.resize(path.rfind('/'))) {
      if (path == "/") path.clear();
      cpus = std::min(cpus, granted(mount + path));
      if (path.empty() || path.front() != '/') break;
    }
  }
  return cpus < std::numeric_limits<int>::max() ? static_cast<int>(std::ceil(cpus)) : std::numeric_limits<int>::max();
}
#else
int affinity() { return static_cast<int>(std::thread::hardware_concurrency()); }
int quota() { return std::numeric_limits<int>::max(); }
#endif

}  // namespace

std::string level() { return engine_table().level; }

std::vector<std::string> levels() { return usable_levels(); }

int threads() {
  if (const char* text = std::getenv("OMP_NUM_THREADS")) {  // "4" or, a number for each nesting depth, "4,2"
    const long number = std::strtol(text, nullptr, 10);
    if (number > 0 && number <= std::numeric_limits<int>::max()) return static_cast<int>(number);
  }
  static const int cpu_quota = quota();  // files: read once
  return std::max(1, std::min(affinity(), cpu_quota));
}

}  // namespace linclass::cpu
