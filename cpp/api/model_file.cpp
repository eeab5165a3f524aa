/// The format of docs/model-file.md: a header, then sections at multiples of 64 bytes. Whatever is read is checked before it is believed.
#include "linclass/model_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <type_traits>

#include "file.h"
#include "sentences.h"
#include "validate.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "model files are little-endian, and numbers are written as they lie in memory"
#endif

namespace linclass {
namespace {

constexpr char magic[8] = {'L', 'I', 'N', 'C', 'L', 'A', 'S', 'S'};
constexpr std::uint32_t newest = 1;
constexpr std::size_t header_size = 64, alignment = 64, checked_from = 16;

enum Flag : std::uint32_t { has_multilabel = 1, has_feature_names = 2, has_scale = 4, has_report = 8, all_flags = 15 };

// Numbers that stand in files may not change their meaning.
static_assert(int(Loss::logistic) == 0 && int(Loss::softmax) == 1 && int(Loss::squared_sigmoid) == 2 && int(Loss::squared) == 3 &&
              int(Loss::perceptron) == 4 && int(Loss::hinge) == 5 && int(Loss::squared_hinge) == 6);
static_assert(int(Multiclass::automatic) == 0 && int(Multiclass::sum) == 1 && int(Multiclass::max) == 2 && int(Multiclass::ovr) == 3);
static_assert(int(Status::converged) == 0 && int(Status::max_iter) == 1 && int(Status::time_limit) == 2 && int(Status::stopped) == 3 &&
              int(Status::interrupted) == 4 && int(Status::stalled) == 5 && int(Status::diverged) == 6);
static_assert(int(Certificate::none) == 0 && int(Certificate::gap) == 1 && int(Certificate::estimate) == 2 &&
              int(Certificate::stationary) == 3 && int(Certificate::mistakes) == 4);

struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t checksum;  ///< CRC-32 of all that follows
  std::uint64_t size;      ///< of the file
  std::uint64_t features, outputs, classes;
  std::uint32_t loss, multiclass, label_type, flags;
};
static_assert(sizeof(Header) == header_size && std::is_trivially_copyable_v<Header> && offsetof(Header, size) == checked_from);

struct ReportNumbers {
  double objective, gap, estimate, measure, tol, reads, seconds;
  std::int64_t iterations, mistakes;
  std::uint32_t status, certificate, threads, copies;
};
static_assert(sizeof(ReportNumbers) == 88 && std::is_trivially_copyable_v<ReportNumbers>);

/// CRC-32 as of ISO 3309, Ethernet, gzip and PNG (reflected polynomial 0xEDB88320), eight bytes a step (Kounavis and Berry, 2005).
std::uint32_t crc32(const unsigned char* bytes, std::size_t size) {
  static const auto tables = [] {
    std::array<std::array<std::uint32_t, 256>, 8> out{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ (c & 1 ? 0xEDB88320u : 0u);
      out[0][i] = c;
    }
    for (std::size_t t = 1; t < 8; ++t)
      for (std::size_t i = 0; i < 256; ++i) out[t][i] = (out[t - 1][i] >> 8) ^ out[0][out[t - 1][i] & 255];
    return out;
  }();
  std::uint32_t c = ~0u;
  for (; size >= 8; bytes += 8, size -= 8) {
    std::uint32_t low = 0, high = 0;
    std::memcpy(&low, bytes, 4), std::memcpy(&high, bytes + 4, 4);
    low ^= c;
    c = tables[7][low & 255] ^ tables[6][(low >> 8) & 255] ^ tables[5][(low >> 16) & 255] ^ tables[4][low >> 24] ^ tables[3][high & 255] ^
        tables[2][(high >> 8) & 255] ^ tables[1][(high >> 16) & 255] ^ tables[0][high >> 24];
  }
  for (; size > 0; ++bytes, --size) c = (c >> 8) ^ tables[0][(c ^ *bytes) & 255];
  return ~c;
}

/// Whether text is UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(const char* text, std::size_t size) {
  const auto* s = reinterpret_cast<const unsigned char*>(text);
  for (std::size_t i = 0; i < size;) {
    const unsigned char first = s[i++];
    if (first < 0x80) continue;
    const int more = first >= 0xC2 && first <= 0xDF ? 1 : (first & 0xF0) == 0xE0 ? 2 : first >= 0xF0 && first <= 0xF4 ? 3 : 0;
    if (more == 0 || size - i < static_cast<std::size_t>(more)) return false;
    const unsigned char second = s[i];
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second > 0x8F))
      return false;
    for (int k = 0; k < more; ++k)
      if ((s[i++] & 0xC0) != 0x80) return false;
  }
  return true;
}

// ------------------------------------------------------------------------------------------------------------ writing

class Writer {
 public:
  void align(std::size_t to) { out_.resize((out_.size() + to - 1) / to * to, 0); }
  template <class T>
  void numbers(const T* values, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto* bytes = reinterpret_cast<const unsigned char*>(values);
    out_.insert(out_.end(), bytes, bytes + count * sizeof(T));
  }
  template <class T>
  void number(T value) {
    numbers(&value, 1);
  }
  /// count + 1 offsets, then the text.
  void strings(const std::vector<std::string>& values) {
    std::uint64_t end = 0;
    number(end);
    for (const std::string& value : values) number(end += value.size());
    for (const std::string& value : values) numbers(value.data(), value.size());
    align(8);
  }
  std::vector<unsigned char> finished(Header header) {
    header.size = out_.size();
    std::memcpy(out_.data(), &header, sizeof header);
    header.checksum = crc32(out_.data() + checked_from, out_.size() - checked_from);
    std::memcpy(out_.data(), &header, sizeof header);
    return std::move(out_);
  }

 private:
  std::vector<unsigned char> out_ = std::vector<unsigned char>(header_size, 0);
};

// ------------------------------------------------------------------------------------------------------------ reading

/// Never steps beyond the end, and asks for memory only for what is there.
class Reader {
 public:
  Reader(const unsigned char* bytes, std::size_t size) : begin_(bytes), at_(header_size), size_(size) {}

  void align(std::size_t to) {
    const std::size_t next = (at_ + to - 1) / to * to;
    require(next <= size_, broken);
    for (; at_ < next; ++at_) require(begin_[at_] == 0, "it holds something between its sections");
  }
  template <class T>
  void numbers(T* out, std::size_t count) {
    require(count <= (size_ - at_) / sizeof(T), broken);
    if (count > 0) std::memcpy(out, begin_ + at_, count * sizeof(T));
    at_ += count * sizeof(T);
  }
  template <class T>
  T number() {
    T value{};
    numbers(&value, 1);
    return value;
  }
  template <class T>
  std::vector<T> vector(std::uint64_t count) {
    require(count <= (size_ - at_) / sizeof(T), broken);
    std::vector<T> out(static_cast<std::size_t>(count));
    numbers(out.data(), out.size());
    return out;
  }
  std::vector<std::string> strings(std::uint64_t count) {
    require(count < (size_ - at_) / sizeof(std::uint64_t), broken);
    const std::vector<std::uint64_t> ends = vector<std::uint64_t>(count + 1);
    require(ends[0] == 0 && ends.back() <= size_ - at_, broken);
    std::vector<std::string> out;
    out.reserve(static_cast<std::size_t>(count));
    const char* text = reinterpret_cast<const char*>(begin_ + at_);
    for (std::size_t i = 0; i < count; ++i) {
      require(ends[i] <= ends[i + 1] && ends[i + 1] <= ends.back(), broken);
      out.emplace_back(text + ends[i], static_cast<std::size_t>(ends[i + 1] - ends[i]));
    }
    at_ += static_cast<std::size_t>(ends.back());
    align(8);
    return out;
  }
  bool done() const { return at_ == size_; }

 private:
  static constexpr const char* broken = "its lengths do not agree with its size";
  const unsigned char* begin_;
  std::size_t at_;
  std::size_t size_;
};

// -------------------------------------------------------------------------------------------------------- the content

std::size_t label_count(const Labels& labels) {
  return std::visit([](const auto& values) { return values.size(); }, labels);
}

void check_text(const std::string& text, const char* what) {
  require(is_utf8(text.data(), text.size()), what, " must be UTF-8, and is not");
}
void check_text(const std::vector<std::string>& texts, const char* what) {
  for (const std::string& text : texts) check_text(text, what);
}

/// That the parts fit each other; of what is to be written, and of what was read.
void check_saved(const SavedModel& saved) {
  const Model& model = saved.model;
  check_model(model);
  check_parameters(model.coef.data(), model.coef.size(), "coef");
  check_parameters(model.intercept.data(), model.intercept.size(), "intercept");
  const auto one_each = [](std::size_t size, Index wanted, const char* what, const char* of) {
    require(static_cast<Index>(size) == wanted, "there must be one ", what, " a ", of, ", got ", text(static_cast<Index>(size)), " for ",
            text(wanted));
  };
  one_each(label_count(saved.labels), model.classes, "label", "class");
  if (!saved.feature_names.empty()) one_each(saved.feature_names.size(), model.features, "name", "feature");
  if (!saved.scale.empty()) one_each(saved.scale.size(), model.features, "scale", "feature");
  for (const double scale : saved.scale)
    require(std::isfinite(scale) && scale >= 0, "scale must be finite and at least 0, got ", text(scale));
  if (const auto* numbers = std::get_if<std::vector<double>>(&saved.labels)) check_parameters(numbers->data(), numbers->size(), "labels");
  if (const auto* texts = std::get_if<std::vector<std::string>>(&saved.labels)) check_text(*texts, "labels");
  check_text(saved.feature_names, "feature names");
  check_text(saved.extra, "extra");
  if (!saved.report) return;
  const Report& r = *saved.report;
  for (const std::string* each : {&r.reason, &r.level, &r.solver, &r.choice}) check_text(*each, "the report");
  check_text(r.notes, "the report");
}

void write(Writer& out, const Report& r) {
  out.number(ReportNumbers{r.objective, r.gap, r.estimate, r.measure, r.tol, r.reads, r.seconds, r.iterations, r.mistakes,
                           static_cast<std::uint32_t>(r.status), static_cast<std::uint32_t>(r.certificate),
                           static_cast<std::uint32_t>(r.threads), static_cast<std::uint32_t>(r.copies)});
  out.number(static_cast<std::uint64_t>(r.history.size()));
  out.numbers(r.history.data(), r.history.size());
  out.strings({r.reason, r.level, r.solver, r.choice});
  out.number(static_cast<std::uint64_t>(r.notes.size()));
  out.strings(r.notes);
}

template <class Enum>
Enum enumerated(std::uint32_t value, Enum last, const char* what) {
  require(value <= static_cast<std::uint32_t>(last), "it holds the ", what, " number ", text(static_cast<Index>(value)),
          ", which does not exist");
  return static_cast<Enum>(value);
}

int small(std::uint32_t value) {
  require(value <= static_cast<std::uint32_t>(std::numeric_limits<int>::max()), "it holds a count that cannot be");
  return static_cast<int>(value);
}

Report read_report(Reader& in) {
  const auto n = in.number<ReportNumbers>();
  Report r;
  r.objective = n.objective, r.gap = n.gap, r.estimate = n.estimate, r.measure = n.measure, r.tol = n.tol, r.reads = n.reads;
  r.seconds = n.seconds, r.iterations = n.iterations, r.mistakes = n.mistakes;
  r.status = enumerated(n.status, Status::diverged, "status");
  r.certificate = enumerated(n.certificate, Certificate::mistakes, "certificate");
  r.threads = small(n.threads), r.copies = small(n.copies);
  r.history = in.vector<double>(in.number<std::uint64_t>());
  std::vector<std::string> texts = in.strings(4);
  r.reason = std::move(texts[0]), r.level = std::move(texts[1]), r.solver = std::move(texts[2]), r.choice = std::move(texts[3]);
  r.notes = in.strings(in.number<std::uint64_t>());
  return r;
}

void write(Writer& out, const Labels& labels) {
  if (const auto* integers = std::get_if<0>(&labels)) out.numbers(integers->data(), integers->size());
  if (const auto* numbers = std::get_if<1>(&labels)) out.numbers(numbers->data(), numbers->size());
  if (const auto* truths = std::get_if<2>(&labels))
    for (const bool truth : *truths) out.number(static_cast<unsigned char>(truth));
  if (const auto* texts = std::get_if<3>(&labels)) out.strings(*texts);
}

Labels read_labels(Reader& in, std::uint32_t type, std::uint64_t count) {
  switch (type) {
    case 0: return in.vector<std::int64_t>(count);
    case 1: return in.vector<double>(count);
    case 2: {
      const auto bytes = in.vector<unsigned char>(count);
      for (const unsigned char byte : bytes) require(byte <= 1, "it holds a bool that is neither 0 nor 1");
      return std::vector<bool>(bytes.begin(), bytes.end());
    }
    case 3: return in.strings(count);
    default: fail("it holds the label type number ", text(static_cast<Index>(type)), ", which does not exist");
  }
}

/// Of a file of `size` bytes, of which `present` are given.
Header checked_header(const unsigned char* bytes, std::size_t present, std::uintmax_t size) {
  require(present >= header_size && std::memcmp(bytes, magic, sizeof magic) == 0,
          "this is no model file of linclass: it does not begin with LINCLASS and a header of 64 bytes");
  Header header;
  std::memcpy(&header, bytes, sizeof header);
  require(header.version == newest, "the file is of version ", text(static_cast<Index>(header.version)), " and this library reads version ",
          text(static_cast<Index>(newest)), ": use a newer linclass, or save the model again");
  require(header.size == size, "the file is damaged: it should hold ", std::to_string(header.size), " bytes, and holds ",
          std::to_string(size));
  return header;
}

SavedModel content(const Header& header, Reader in) {
  constexpr std::uint64_t most = std::numeric_limits<std::int32_t>::max();  // of each size: products stay far below 2^63
  require(header.features <= most && header.outputs <= most && header.classes <= most, "its sizes cannot be");
  require((header.flags & ~std::uint32_t{all_flags}) == 0, "it holds flags that do not exist");
  SavedModel out;
  Model& model = out.model;
  model.loss = enumerated(header.loss, Loss::squared_hinge, "loss");
  model.multiclass = enumerated(header.multiclass, Multiclass::ovr, "multiclass form");
  model.features = static_cast<Index>(header.features), model.outputs = static_cast<Index>(header.outputs);
  model.classes = static_cast<Index>(header.classes);
  model.multilabel = (header.flags & has_multilabel) != 0;
  const auto section = [&] { in.align(alignment); };
  model.coef = in.vector<double>(header.outputs * header.features);
  section(), model.intercept = in.vector<double>(header.outputs);
  section(), out.labels = read_labels(in, header.label_type, header.classes);
  if (header.flags & has_feature_names) section(), out.feature_names = in.strings(header.features);
  if (header.flags & has_scale) section(), out.scale = in.vector<double>(header.features);
  if (header.flags & has_report) section(), out.report = read_report(in);
  section(), out.extra = std::move(in.strings(1)[0]);
  require(in.done(), "something follows its last section");
  check_saved(out);
  return out;
}

}  // namespace

std::vector<unsigned char> to_bytes(const SavedModel& given) {
  SavedModel saved = given;
  if (label_count(saved.labels) == 0) {
    std::vector<std::int64_t> codes;
    for (Index k = 0; k < saved.model.classes; ++k) codes.push_back(k);
    saved.labels = std::move(codes);
  }
  check_saved(saved);
  const Model& model = saved.model;
  Header header{};
  std::memcpy(header.magic, magic, sizeof magic);
  header.version = newest;
  header.features = static_cast<std::uint64_t>(model.features), header.outputs = static_cast<std::uint64_t>(model.outputs);
  header.classes = static_cast<std::uint64_t>(model.classes);
  header.loss = static_cast<std::uint32_t>(model.loss), header.multiclass = static_cast<std::uint32_t>(model.multiclass);
  header.label_type = static_cast<std::uint32_t>(saved.labels.index());
  header.flags = (model.multilabel ? has_multilabel : 0u) | (saved.feature_names.empty() ? 0u : has_feature_names) |
                 (saved.scale.empty() ? 0u : has_scale) | (saved.report ? has_report : 0u);
  Writer out;
  const auto section = [&] { out.align(alignment); };
  out.numbers(model.coef.data(), model.coef.size());
  section(), out.numbers(model.intercept.data(), model.intercept.size());
  section(), write(out, saved.labels);
  if (header.flags & has_feature_names) section(), out.strings(saved.feature_names);
  if (header.flags & has_scale) section(), out.numbers(saved.scale.data(), saved.scale.size());
  if (header.flags & has_report) section(), write(out, *saved.report);
  section(), out.strings({saved.extra});
  return out.finished(header);
}

SavedModel from_bytes(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  const Header header = checked_header(bytes, size, size);
  require(crc32(bytes + checked_from, size - checked_from) == header.checksum, "the file is damaged: its checksum does not agree");
  try {
    return content(header, Reader(bytes, size));
  } catch (const Error& error) {
    throw Error("the file is damaged: " + std::string(error.what()));
  }
}

void save(const std::string& path, const SavedModel& saved) {
  const std::vector<unsigned char> bytes = to_bytes(saved);
  write_file(path, bytes.data(), bytes.size());
}

SavedModel load(const std::string& path) {
  InputFile file(path);
  require(file.seekable(), "cannot read ", path, ": it is no regular file");
  try {
    unsigned char header[header_size];
    const std::size_t begin = static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), header_size));
    file.read(0, reinterpret_cast<char*>(header), begin);
    checked_header(header, begin, file.size());  // before memory is asked for
    const std::string bytes = file.rest();
    return from_bytes(bytes.data(), bytes.size());
  } catch (const Error& error) {
    throw Error(path + ": " + error.what());
  }
}

}  // namespace linclass
