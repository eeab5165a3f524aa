#include "load.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "linclass/error.h"

#if defined(LINCLASS_ONE_ENGINE)
#elif defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif
#if defined(_MSC_VER) && defined(_M_X64)
#include <immintrin.h>
#include <intrin.h>
#endif

namespace linclass {

Error::~Error() = default;  // the key function: one type_info for every library and program that throws or catches it

namespace {

constexpr int abi = 1;  // of engine::Table

// Only these features are asked for: every processor that has them has the rest of its level, and compilers before GCC 12 and Clang 18 know no
// names of levels. Both ways also ask whether the operating system saves the wide registers.
#if defined(_MSC_VER) && defined(_M_X64)
bool supported(const std::string& level) {
  const auto bits = [](unsigned value, std::initializer_list<int> wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](int bit) { return (value >> bit & 1u) != 0; });
  };
  int one[4], seven[4];
  __cpuidex(one, 1, 0);
  __cpuidex(seven, 7, 0);
  const auto c = static_cast<unsigned>(one[2]), b = static_cast<unsigned>(seven[1]);
  const unsigned saved = bits(c, {27}) ? static_cast<unsigned>(_xgetbv(0)) : 0;      // OSXSAVE, XCR0
  const bool v2 = bits(c, {20, 23});                                                 // SSE4.2, POPCNT
  const bool v3 = v2 && bits(c, {12}) && bits(b, {3, 5, 8}) && bits(saved, {1, 2});  // FMA; BMI, AVX2, BMI2; XMM, YMM
  const bool v4 = v3 && bits(b, {16, 17, 28, 30, 31}) && bits(saved, {5, 6, 7});     // AVX-512 F, DQ, CD, BW, VL; ZMM
  return level == "v4" ? v4 : level == "v3" ? v3 : level == "v2" ? v2 : level == "native";
}
#elif defined(__x86_64__)
bool supported(const std::string& level) {
  __builtin_cpu_init();
  const bool v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return level == "v4" ? v4 : level == "v3" ? v3 : level == "v2" ? v2 : level == "native";
}
#else
bool supported(const std::string&) { return true; }
#endif

std::vector<std::string> built_levels() {
  std::vector<std::string> levels;
  std::istringstream list(LINCLASS_LEVELS);
  for (std::string level; std::getline(list, level, ',');) levels.push_back(level);
  return levels;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string chosen_level() {
  const std::vector<std::string> built = built_levels(), usable = usable_levels();
  if (usable.empty()) {
    throw Error("this processor supports none of the CPU levels of this installation (" + joined(built) +
                "); build linclass on this machine with LINCLASS_LEVELS=native");
  }
  const char* forced = std::getenv("LINCLASS_LEVEL");
  if (!forced || !*forced) return usable.back();
  if (std::find(usable.begin(), usable.end(), forced) != usable.end()) return forced;
  const bool is_built = std::find(built.begin(), built.end(), forced) != built.end();
  throw Error(std::string("LINCLASS_LEVEL=") + forced +
              (is_built ? " is not supported by this processor" : " is not built into this installation") +
              "; set it to one of: " + joined(usable) + ", or unset it for the best");
}

using Entry = decltype(&linclass_engine_entry);

#if defined(LINCLASS_ONE_ENGINE)
Entry load(const std::string&) { return &linclass_engine_entry; }
#elif defined(_WIN32)
Entry load(const std::string& level) {
  const auto fail = [&](const char* what) {
    return Error("cannot load the engine of level " + level + ": " + what + " failed with Windows error " + std::to_string(GetLastError()));
  };
  HMODULE self = nullptr;
  if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                          reinterpret_cast<LPCWSTR>(&engine_table), &self))
    throw fail("GetModuleHandleEx");
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(self, path.data(), static_cast<DWORD>(path.size())));
  path = path.substr(0, path.find_last_of(L"\\/") + 1) + L"linclass_engine_" + std::wstring(level.begin(), level.end()) + L".dll";
  const HMODULE library = LoadLibraryExW(path.c_str(), nullptr, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
  if (!library) throw fail("LoadLibraryEx");
  const auto entry = reinterpret_cast<Entry>(GetProcAddress(library, "linclass_engine_entry"));
  if (!entry) throw fail("GetProcAddress");
  return entry;
}
#else
Entry load(const std::string& level) {
  const auto fail = [&] { return Error("cannot load the engine of level " + level + ": " + dlerror()); };
  Dl_info self;
  if (!dladdr(reinterpret_cast<const void*>(&engine_table), &self)) throw Error("cannot find the directory of liblinclass");
  const std::string path(self.dli_fname);
  const std::string file = path.substr(0, path.rfind('/') + 1) + "liblinclass_engine_" + level + ".so";
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw fail();
  const auto entry = reinterpret_cast<Entry>(dlsym(library, "linclass_engine_entry"));
  if (!entry) throw fail();
  return entry;
}
#endif

const engine::Table& load_table() {
  const std::string level = chosen_level();
  const engine::Table* table = load(level)();
  if (table->abi != abi || table->level != level) {
    throw Error("the engine of level " + level + " calls itself level " + table->level + " with interface " + std::to_string(table->abi) +
                " where " + std::to_string(abi) + " is expected: files of two versions are mixed; install linclass anew");
  }
  return *table;
}

}  // namespace

std::vector<std::string> usable_levels() {
  std::vector<std::string> levels = built_levels();
  levels.erase(std::remove_if(levels.begin(), levels.end(), [](const std::string& level) { return !supported(level); }), levels.end());
  return levels;
}

const engine::Table& engine_table() {
  static const engine::Table& table = load_table();
  return table;
}

}  // namespace linclass
