/// LIBSVM files: cut into pieces at line ends, parsed by several threads, put together in order.
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <sstream>
#include <system_error>
#include <thread>

#include "file.h"
#include "linclass/error.h"
#include "linclass/read.h"
#include "validate.h"

namespace linclass {
namespace {

constexpr std::uint64_t piece_size = 1 << 20;  // stays in the cache while it is parsed

// ------------------------------------------------------------------------------------------------------- numbers

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }
bool ends_token(char c) { return is_blank(c) || c == '\n' || c == '#'; }

/// Too small for T where it is out of range, as opposed to too large.
bool is_tiny(std::string_view token) {
  const std::size_t exponent = token.find_first_of("eE");
  if (exponent != token.npos) return token.substr(exponent + 1, 1) == "-";
  return token.find_first_of("123456789") > token.find('.');
}

/// Any decimal number, rounded once; returns its end, or null where there is none. Infinite where it is too large for T.
template <class T>
const char* any_number(const char* at, const char* end, T& out) {
#if defined(__cpp_lib_to_chars)
  const auto [last, error] = std::from_chars(at, end, out);
  if (error == std::errc::invalid_argument) return nullptr;
  const bool outside = error == std::errc::result_out_of_range;
#else  // a standard library whose from_chars knows integers only
  const char* last = at;
  while (last != end && (is_digit(*last) || std::strchr("+-.eE", *last))) ++last;
  if (last == at) return nullptr;
  std::istringstream stream(std::string(at, last));
  stream.imbue(std::locale::classic());
  stream >> out;
  if (stream.rdbuf()->in_avail() > 0) return nullptr;
  const bool outside = stream.fail();
#endif
  if (outside) out = is_tiny({at, static_cast<std::size_t>(last - at)}) ? T{0} : std::numeric_limits<T>::infinity();
  return last;
}

/// Decimal number at `at`, which a line end follows somewhere; returns its end, or null where there is none.
/// With few digits the digits and the power of ten are exact in T, so that one product or quotient rounds correctly (Clinger, PLDI 1990).
template <class T>
const char* number(const char* at, const char* end, T& out) {
  static constexpr T powers[] = {T(1e0),  T(1e1),  T(1e2),  T(1e3),  T(1e4),  T(1e5),  T(1e6),  T(1e7),  T(1e8),  T(1e9),  T(1e10), T(1e11),
                                 T(1e12), T(1e13), T(1e14), T(1e15), T(1e16), T(1e17), T(1e18), T(1e19), T(1e20), T(1e21), T(1e22)};
  static constexpr std::ptrdiff_t exact_powers = std::is_same_v<T, float> ? 10 : 22;
  const bool negative = *at == '-';
  const char* first = at + (negative || *at == '+');
  if (!is_digit(*first) && *first != '.') return *at == '+' ? nullptr : any_number(at, end, out);  // from_chars knows no +
  const char* p = first;
  std::uint64_t digits = 0;
  while (is_digit(*p)) digits = 10 * digits + static_cast<std::uint64_t>(*p++ - '0');
  std::ptrdiff_t length = p - first, decimals = 0;
  if (*p == '.') {
    const char* point = p++;
    while (is_digit(*p)) digits = 10 * digits + static_cast<std::uint64_t>(*p++ - '0');
    decimals = p - point - 1;
    length += decimals;
  }
  if (length > 0 && length <= std::numeric_limits<T>::digits10 && decimals <= exact_powers && *p != 'e' && *p != 'E') {
    const T size = static_cast<T>(digits) / powers[decimals];
    out = negative ? -size : size;
    return p;
  }
  return any_number(negative ? at : first, end, out);
}

// --------------------------------------------------------------------------------------------------- one piece of text

/// What was found, as an error shows it.
std::string shown(const char* at) {
  std::string out;
  for (; !ends_token(*at); ++at) {
    if (out.size() >= 40) return "'" + out + "...'";
    const bool printable = *at >= ' ' && *at <= '~';
    std::array<char, 8> code{};
    std::snprintf(code.data(), code.size(), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(*at)));
    out += printable ? std::string(1, *at) : std::string(code.data());
  }
  return out.empty() ? "the end of the line" : "'" + out + "'";
}

struct Broken {
  const char* at;
  std::string what;
};

/// The rows of a piece of text; its row starts count from 0, its lines too.
template <class T, class I>
struct Part {
  std::vector<T> values{};
  std::vector<I> indices{};
  std::vector<Index> row_ends{};
  std::vector<double> labels{};
  Index lines = 0;
  Index smallest = std::numeric_limits<Index>::max(), largest = -1, line_of_largest = 0;
  bool too_wide = false;  // an index does not fit I
  std::string error{};
  Index column_of_error = 0;

  /// `text` ends with a line end.
  void parse(std::string_view text, const LibsvmOptions& options) {
    const char* at = text.data();
    const char* end = at + text.size();
    const auto pairs = static_cast<std::size_t>(std::count(at, end, ':'));
    values.reserve(pairs), indices.reserve(pairs);
    const char* line = at;
    try {
      for (; at != end; line = at, ++lines) at = row(at, end, options);
    } catch (const Broken& broken) {
      error = broken.what, column_of_error = broken.at - line + 1;
    }
  }

 private:
  static const char* skip_blanks(const char* at) {
    while (is_blank(*at)) ++at;
    return at;
  }

  /// One line; returns the start of the next.
  const char* row(const char* at, const char* end, const LibsvmOptions& options) {
    at = skip_blanks(at);
    if (*at != '\n' && *at != '#') {
      double label = 0;
      const char* last = number(at, end, label);
      if (last && *last == ',') throw Broken{at, "several labels " + shown(at) + ": one label a row is read, not multi-label data"};
      if (last && *last == ':') throw Broken{at, "expected a label before " + shown(at)};
      if (!last || !ends_token(*last) || !std::isfinite(label)) throw Broken{at, "expected a label, a finite number, got " + shown(at)};
      labels.push_back(label);
      Index before = -1;
      for (at = skip_blanks(last); *at != '\n' && *at != '#'; at = skip_blanks(at)) at = pair(at, end, options, before);
      row_ends.push_back(static_cast<Index>(values.size()));
    }
    return static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at))) + 1;
  }

  /// One `index:value`; returns its end. `before` is the index before it in the row.
  const char* pair(const char* at, const char* end, const LibsvmOptions& options, Index& before) {
    Index index = 0;
    const char* p = at;
    while (is_digit(*p) && p - at < 18) index = 10 * index + (*p++ - '0');
    if (*p != ':' || p == at) {
      if (std::string_view(at, static_cast<std::size_t>(end - at)).substr(0, 4) == "qid:")
        throw Broken{at, shown(at) + " groups rows for ranking, which is not classification: remove it from the file"};
      throw Broken{at, "expected index:value with a whole index of up to 18 digits, got " + shown(at)};
    }
    if (index <= before)
      throw Broken{at, "index " + std::to_string(index) + " after " + std::to_string(before) + ": indices must increase within a row"};
    if (index == 0 && options.base == IndexBase::one) throw Broken{at, "index 0, but features are to be counted from 1"};
    if (options.features > 0 && index > options.features - (options.base == IndexBase::zero))
      throw Broken{at, "index " + std::to_string(index) + ", but there are " + std::to_string(options.features) + " features"};
    T value = 0;
    const char* last = number(p + 1, end, value);
    if (!last || !ends_token(*last) || std::isnan(value)) throw Broken{p + 1, "expected a finite number, got " + shown(p + 1)};
    if (std::isinf(value))
      throw Broken{p + 1, shown(p + 1) + " is beyond the range of " + (std::is_same_v<T, float> ? "float32" : "float64")};
    before = index;
    smallest = std::min(smallest, index);
    if (index > largest) largest = index, line_of_largest = lines;
    too_wide = too_wide || index > std::numeric_limits<I>::max();
    indices.push_back(static_cast<I>(index)), values.push_back(value);
    return last;
  }
};

// ------------------------------------------------------------------------------------------------ the text in pieces

/// Text in memory or in a file that threads read at once.
struct Text {
  std::string name;
  std::string path{};  // where it is read from; empty: `memory`
  std::string_view memory{};
  std::uint64_t size = 0;
};

/// A thread's own view of a text.
class Pieces {
 public:
  explicit Pieces(const Text& text) : text_(text) {
    if (!text.path.empty()) file_ = std::make_unique<InputFile>(text.path);
  }

  /// The lines that begin in the k-th stretch of `piece_size` bytes, each with its end.
  std::string_view operator[](std::uint64_t k) {
    length_ = 0;
    const std::uint64_t from = k * piece_size - (k > 0), to = std::min((k + 1) * piece_size, text_.size);
    read(from, to);
    std::size_t begin = 0;
    if (k > 0) {
      const std::size_t newline = lines().find('\n');
      if (newline == std::string_view::npos || newline + 1 == length_) return {};  // what begins there is the next piece's
      begin = newline + 1;
    }
    for (std::uint64_t next = to; buffer_[length_ - 1] != '\n';) {  // the last line goes on
      if (next == text_.size) {
        put(1);
        buffer_[length_ - 1] = '\n';
        break;
      }
      const std::size_t searched = length_;
      const std::uint64_t further = std::min<std::uint64_t>(next + (length_ > piece_size + 1 ? length_ : 4096), text_.size);
      read(next, further);
      next = further;
      const std::size_t newline = lines().find('\n', searched);
      if (newline != std::string_view::npos) length_ = newline + 1;
    }
    return lines().substr(begin);
  }

 private:
  std::string_view lines() const { return {buffer_.data(), length_}; }
  char* put(std::size_t size) {
    if (buffer_.size() < length_ + size) buffer_.resize(std::max(length_ + size, 2 * buffer_.size()));
    length_ += size;
    return buffer_.data() + (length_ - size);
  }
  void read(std::uint64_t from, std::uint64_t to) {
    const auto size = static_cast<std::size_t>(to - from);
    char* out = put(size);
    if (file_) {
      file_->read(from, out, size);
    } else {
      std::memcpy(out, text_.memory.data() + from, size);
    }
  }

  const Text& text_;
  std::unique_ptr<InputFile> file_{};
  std::vector<char> buffer_{};
  std::size_t length_ = 0;
};

/// Calls body(worker) in `threads` threads, the calling one among them; the first exception is thrown when all have ended.
template <class Body>
void in_threads(int threads, Body&& body) {
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(threads));
  const auto guarded = [&](std::size_t worker) {
    try {
      body(worker);
    } catch (...) {
      thrown[worker] = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  try {
    for (std::size_t worker = 1; worker < thrown.size(); ++worker) others.emplace_back(guarded, worker);
  } catch (const std::system_error&) {  // the process may have no more threads: those that run do the work
  }
  guarded(0);
  for (std::thread& other : others) other.join();
  for (const std::exception_ptr& exception : thrown)
    if (exception) std::rethrow_exception(exception);
}

template <class T, class I>
std::vector<Part<T, I>> parse(const Text& text, const LibsvmOptions& options, int threads) {
  const std::uint64_t pieces = (text.size + piece_size - 1) / piece_size;
  std::vector<Part<T, I>> parts(pieces);
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stop{false};
  in_threads(static_cast<int>(std::min<std::uint64_t>(static_cast<std::uint64_t>(threads), std::max<std::uint64_t>(pieces, 1))),
             [&](std::size_t worker) {
               try {
                 Pieces pieces_of(text);
                 for (std::uint64_t k; !stop && (k = next++) < pieces;) {
                   parts[k].parse(pieces_of[k], options);
                   if (!parts[k].error.empty() || parts[k].too_wide) stop = true;  // pieces before this one are under way, and end
                   if (worker == 0 && options.poll) options.poll();
                 }
               } catch (...) {
                 stop = true;
                 throw;
               }
             });
  return parts;
}

[[noreturn]] void broken(const Text& text, Index line, Index column, const std::string& what) {
  throw Error(text.name + ", line " + std::to_string(line) + (column > 0 ? ", column " + std::to_string(column) : "") + ": " + what);
}

/// Puts the parts together; false where I is too narrow.
template <class T, class I>
bool read(const Text& text, const LibsvmOptions& options, int threads, SparseData<T>& out, std::vector<I>& indices) {
  std::vector<Part<T, I>> parts = parse<T, I>(text, options, threads);
  Index lines = 0, smallest = std::numeric_limits<Index>::max(), largest = -1, line_of_largest = 0;
  std::vector<std::size_t> values{0}, rows{0};
  for (const Part<T, I>& part : parts) {
    if (!part.error.empty()) broken(text, lines + part.lines + 1, part.column_of_error, part.error);
    if (part.too_wide) return false;
    if (part.largest > largest) largest = part.largest, line_of_largest = lines + part.line_of_largest + 1;
    smallest = std::min(smallest, part.smallest), lines += part.lines;
    values.push_back(values.back() + part.values.size()), rows.push_back(rows.back() + part.labels.size());
  }
  if (rows.back() == 0) throw Error(text.name + " holds no rows: a row is a line such as '1 3:0.5 7:2'");
  out.zero_based = options.base == IndexBase::zero || (options.base == IndexBase::automatic && smallest == 0);
  out.rows = static_cast<Index>(rows.back());
  out.columns = options.features > 0 ? options.features : std::max<Index>(largest + out.zero_based, 0);
  if (largest + out.zero_based > out.columns)
    broken(text, line_of_largest, 0,
           "index " + std::to_string(largest) + ", but there are " + std::to_string(options.features) +
               " features, counted from 0 as an index 0 occurs");
  std::atomic<int> array{0};
  in_threads(std::min(threads, 2), [&](std::size_t) {  // new memory is slow when it is touched first
    for (int k; (k = array++) < 2;) k == 0 ? out.values.resize(values.back()) : indices.resize(values.back());
  });
  out.labels.resize(rows.back()), out.row_starts.resize(rows.back() + 1);
  std::atomic<std::size_t> next{0};
  in_threads(threads, [&](std::size_t) {
    for (std::size_t k; (k = next++) < parts.size();) {
      Part<T, I> part = std::move(parts[k]);  // its memory is free afterwards
      std::copy(part.values.begin(), part.values.end(), out.values.begin() + static_cast<std::ptrdiff_t>(values[k]));
      std::transform(part.indices.begin(), part.indices.end(), indices.begin() + static_cast<std::ptrdiff_t>(values[k]),
                     [shift = static_cast<I>(out.zero_based ? 0 : 1)](I index) { return static_cast<I>(index - shift); });
      std::copy(part.labels.begin(), part.labels.end(), out.labels.begin() + static_cast<std::ptrdiff_t>(rows[k]));
      std::transform(part.row_ends.begin(), part.row_ends.end(), out.row_starts.begin() + static_cast<std::ptrdiff_t>(rows[k]) + 1,
                     [before = static_cast<Index>(values[k])](Index end) { return before + end; });
    }
  });
  return true;
}

template <class T>
SparseData<T> read(const Text& text, const LibsvmOptions& options) {
  if (options.features < 0)
    throw Error("features must be at least 1, or 0 for as many as the file has, got " + std::to_string(options.features));
  const int threads = checked_threads(options.threads);
  SparseData<T> out;
  if (!read(text, options, threads, out, out.indices)) read(text, options, threads, out, out.long_indices);
  return out;
}

}  // namespace

template <class T>
SparseData<T> parse_libsvm(std::string_view text, const std::string& name, const LibsvmOptions& options) {
  check_not_compressed(text.data(), text.size(), name);
  return read<T>({name, {}, text, text.size()}, options);
}

template <class T>
SparseData<T> read_libsvm(const std::string& path, const LibsvmOptions& options) {
  InputFile file(path);
  if (!file.seekable()) return parse_libsvm<T>(file.rest(), path, options);
  std::array<char, 2> start{};
  const std::size_t size = std::min<std::uint64_t>(file.size(), start.size());
  file.read(0, start.data(), size);
  check_not_compressed(start.data(), size, path);
  return read<T>({path, path, {}, file.size()}, options);
}

template SparseData<float> read_libsvm(const std::string&, const LibsvmOptions&);
template SparseData<double> read_libsvm(const std::string&, const LibsvmOptions&);
template SparseData<float> parse_libsvm(std::string_view, const std::string&, const LibsvmOptions&);
template SparseData<double> parse_libsvm(std::string_view, const std::string&, const LibsvmOptions&);

}  // namespace linclass
