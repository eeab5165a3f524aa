# The CPU levels of this processor family, lowest first, and the compiler flags of each. cpp/api/load.cpp knows which of them a machine supports.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$" AND NOT CMAKE_OSX_ARCHITECTURES STREQUAL "arm64")
  set(LINCLASS_ALL_LEVELS v2 v3 v4)
else()
  set(LINCLASS_ALL_LEVELS arm64)
endif()

if(MSVC)
  set(LINCLASS_FLAGS_v2 "")  # MSVC's baseline is SSE2; it has no flag for SSE4.2 alone
  set(LINCLASS_FLAGS_v3 /arch:AVX2)
  set(LINCLASS_FLAGS_v4 /arch:AVX512)
  set(LINCLASS_FLAGS_native "")
else()
  set(LINCLASS_FLAGS_v2 -march=x86-64-v2)
  set(LINCLASS_FLAGS_v3 -march=x86-64-v3)
  set(LINCLASS_FLAGS_v4 -march=x86-64-v4 -mprefer-vector-width=512)
  set(LINCLASS_FLAGS_native -march=native)
endif()
set(LINCLASS_FLAGS_arm64 "")  # NEON is the baseline
