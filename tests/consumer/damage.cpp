// Damaged model files: none may do anything but throw Error. Built with the address sanitizer, together with the sources that read files.
#include <linclass/error.h>
#include <linclass/model_file.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace lc = linclass;
using Bytes = std::vector<unsigned char>;

constexpr lc::Index d = 4;

lc::SavedModel sample(int kind) {
  lc::SavedModel saved;
  lc::Model& model = saved.model;
  model.loss = lc::Loss::softmax, model.features = d, model.outputs = 3, model.classes = 3;
  for (int i = 0; i < 12; ++i) model.coef.push_back(0.25 * i - 1);
  model.intercept = {0.5, -0.5, 0};
  if (kind == 0) saved.labels = std::vector<std::string>{"low", "", "h\xC3\xB6her"};
  if (kind == 1) saved.labels = std::vector<bool>{false, true, true};
  if (kind == 2) saved.labels = std::vector<double>{-1.5, 0, 1e300};
  if (kind == 3) return saved;
  saved.feature_names = {"a", "b", "c", "a longer name"};
  saved.scale = {1, 2, 3, 4};
  saved.report.emplace();
  saved.report->reason = "it was made up", saved.report->history = {3, 2, 1}, saved.report->notes = {"one", "two"};
  saved.extra = "{\"a\": 1}";
  return saved;
}

std::uint32_t crc32(const unsigned char* bytes, std::size_t size) {
  std::uint32_t c = ~0u;
  for (std::size_t i = 0; i < size; ++i) {
    c ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ (c & 1 ? 0xEDB88320u : 0u);
  }
  return ~c;
}

/// Makes size and checksum agree with what there is.
void repair(Bytes& bytes) {
  if (bytes.size() < 64) return;
  const std::uint64_t size = bytes.size();
  std::memcpy(bytes.data() + 16, &size, 8);
  const std::uint32_t sum = crc32(bytes.data() + 16, bytes.size() - 16);
  std::memcpy(bytes.data() + 12, &sum, 4);
}

/// Whether it loads; what loads can be saved and loaded again.
bool loads(const Bytes& bytes) {
  lc::SavedModel saved;
  try {
    saved = lc::from_bytes(bytes.data(), bytes.size());
  } catch (const lc::Error&) {
    return false;
  }
  const Bytes again = lc::to_bytes(saved);
  lc::from_bytes(again.data(), again.size());
  return true;
}

std::uint64_t random_state = 1;
std::size_t random_below(std::size_t limit) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<std::size_t>((random_state >> 33) % limit);
}

Bytes damaged(Bytes bytes) {
  const std::size_t at = random_below(bytes.size());
  switch (random_below(5)) {
    case 0: bytes.resize(at); break;
    case 1: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 1 + random_below(64), static_cast<unsigned char>(at)); break;
    case 2: bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at)); break;
    case 3: std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), static_cast<unsigned char>(255)); break;
    default:
      for (std::size_t i = 0; i <= random_below(4); ++i)
        bytes[random_below(bytes.size())] ^= static_cast<unsigned char>(1u << random_below(8));
  }
  return bytes;
}

int damage(int count) {
  int wrong = 0, repaired = 0, tried = 0;
  for (int kind = 0; kind < 4; ++kind) {
    const Bytes good = lc::to_bytes(sample(kind));
    if (!loads(good)) std::printf("WRONG: an undamaged file of kind %d does not load\n", kind), ++wrong;
    // every word of eight bytes as a length that cannot be, with a checksum that agrees
    for (const std::uint64_t word : {~std::uint64_t{0}, ~std::uint64_t{0} >> 1, std::uint64_t{1} << 61, std::uint64_t{1} << 32,
                                     std::uint64_t{0x7FFFFFFF}, std::uint64_t{1} << 20, std::uint64_t{0}}) {
      for (std::size_t at = 24; at + 8 <= good.size(); at += 8) {
        Bytes bytes = good;
        std::memcpy(bytes.data() + at, &word, 8);
        repair(bytes), loads(bytes), ++tried;
      }
    }
    for (int i = 0; i < count / 4; ++i) {
      Bytes bytes = damaged(good);
      if (bytes != good && loads(bytes)) std::printf("WRONG: damaged file %d of kind %d loads\n", i, kind), ++wrong;
      repair(bytes), repaired += loads(bytes), tried += 2;
    }
  }
  std::printf("%d tried, %d harmless once the checksum agreed, %d wrong\n", tried, repaired, wrong);
  return wrong;
}

int main(int, char** arguments) { return damage(std::stoi(arguments[1])); }
