/// How an Error is put into words.
#pragma once
#include <cstdio>
#include <string>

#include "linclass/data.h"
#include "linclass/error.h"

namespace linclass {

inline std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", value);
  return buffer;
}
inline std::string text(Index value) { return std::to_string(value); }
inline std::string text(int value) { return std::to_string(value); }
inline std::string quoted(const char* name) { return "\"" + std::string(name) + "\""; }

template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::string sentence;
  (sentence.append(parts), ...);
  throw Error(sentence);
}

/// Builds its parts even when all is good: loops over data ask first and call fail().
template <class... Parts>
void require(bool good, const Parts&... parts) {
  if (!good) fail(parts...);
}

}  // namespace linclass
