/// Random numbers that are the same on every platform: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). The api draws starts with it too.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "linclass/data.h"

namespace linclass::engine {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Uniform on [-1, 1).
  double symmetric() { return static_cast<double>(next() >> 11) * 0x1p-52 - 1; }
  /// Uniform on 0..n-1: the high bits of next() times n; for n below 2^32 the bias is below 2^-32.
  Index below(Index n) {
    const std::uint64_t m = static_cast<std::uint64_t>(n), high = next() >> 32;
    return static_cast<Index>(m >> 32 ? next() % m : (high * m) >> 32);
  }

 private:
  std::uint64_t state_;
};

/// Fisher and Yates: every order equally likely.
inline void shuffle(std::vector<Index>& order, Random& random) {
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(static_cast<Index>(i)))]);
}

}  // namespace linclass::engine
