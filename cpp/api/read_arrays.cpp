/// IDX and NPY files.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "file.h"
#include "linclass/error.h"
#include "linclass/read.h"

namespace linclass {
namespace {

struct NumberKind {
  NumberType type;
  const char* name;
  char kind;  // as NPY calls it: b, i, u or f
  std::size_t size;
  int idx;  // its code in IDX, or -1
};
constexpr NumberKind kinds[] = {
    {NumberType::boolean, "bool", 'b', 1, -1},      {NumberType::int8, "int8", 'i', 1, 0x09},
    {NumberType::uint8, "uint8", 'u', 1, 0x08},     {NumberType::int16, "int16", 'i', 2, 0x0B},
    {NumberType::uint16, "uint16", 'u', 2, -1},     {NumberType::int32, "int32", 'i', 4, 0x0C},
    {NumberType::uint32, "uint32", 'u', 4, -1},     {NumberType::int64, "int64", 'i', 8, -1},
    {NumberType::uint64, "uint64", 'u', 8, -1},     {NumberType::float16, "float16", 'f', 2, -1},
    {NumberType::float32, "float32", 'f', 4, 0x0D}, {NumberType::float64, "float64", 'f', 8, 0x0E},
};
const NumberKind& kind_of(NumberType type) { return kinds[static_cast<int>(type)]; }

bool little_endian() {
  const int one = 1;
  return *reinterpret_cast<const unsigned char*>(&one) == 1;
}

std::string shape_text(const std::vector<Index>& shape) {
  std::string out = "(";
  for (const Index size : shape) out += (out.size() > 1 ? ", " : "") + std::to_string(size);
  return out + (shape.size() == 1 ? ",)" : ")");
}

/// The numbers behind a header, in this machine's byte order; there must be as many as the shape says.
NumberArray array_of(std::string_view bytes, std::size_t header, const NumberKind& kind, std::vector<Index> shape, bool column_major,
                     bool swapped, const std::string& name) {
  const std::size_t there = bytes.size() - header;
  std::size_t wanted = kind.size;
  for (const Index size : shape) {
    const auto factor = static_cast<std::size_t>(size);
    if (factor > 0 && wanted > std::numeric_limits<std::size_t>::max() / factor)
      throw Error(name + ": the shape " + shape_text(shape) + " is beyond any memory");
    wanted *= factor;
  }
  if (there != wanted)
    throw Error(name + ": " + std::to_string(wanted) + " bytes of " + kind.name + " should follow the header for the shape " +
                shape_text(shape) + ", but " + std::to_string(there) + " do: the file is " +
                (there < wanted ? "cut off" : "longer than its array"));
  NumberArray out;
  out.type = kind.type, out.shape = std::move(shape), out.column_major = column_major;
  const auto* first = reinterpret_cast<const unsigned char*>(bytes.data()) + header;
  out.bytes.assign(first, first + wanted);
  if (swapped && kind.size > 1) {
    for (std::size_t i = 0; i < wanted; i += kind.size) std::reverse(out.bytes.data() + i, out.bytes.data() + i + kind.size);
  }
  return out;
}

// ---------------------------------------------------------------------------------------- the header of an NPY file

/// Reads the dictionary that Python's numpy.lib.format writes: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
class Header {
 public:
  Header(std::string_view text, const std::string& name) : text_(text), name_(name) {
    take('{');
    while (!next_is('}')) {
      const std::string key = quoted();
      take(':');
      if (key == "descr") {
        if (next_is('[')) refuse("it holds records (several fields a row), not numbers");
        descr = quoted();
      } else if (key == "fortran_order") {
        const std::string value = word();
        if (value != "True" && value != "False") refuse("fortran_order is '" + value + "'");
        fortran_order = value == "True";
      } else if (key == "shape") {
        tuple();
      } else {
        refuse("unknown key '" + key + "'");
      }
      ++keys_;
      if (!next_is('}')) take(',');
    }
    if (descr.empty() || !has_shape_ || keys_ != 3) refuse("descr, fortran_order and shape must be there once each");
  }

  std::string descr{};
  bool fortran_order = false;
  std::vector<Index> shape{};

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw Error(name_ + " has a broken NPY header: " + what); }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool next_is(char c) {
    skip();
    return at_ < text_.size() && text_[at_] == c;
  }
  void take(char c) {
    if (!next_is(c)) refuse(std::string("expected '") + c + "' at byte " + std::to_string(at_));
    ++at_;
  }
  std::string quoted() {
    const char quote = next_is('"') ? '"' : '\'';
    take(quote);
    const std::size_t end = text_.find(quote, at_);
    if (end == text_.npos || end - at_ > 40) refuse("a name does not end");
    std::string out(text_.substr(at_, end - at_));
    if (!std::all_of(out.begin(), out.end(), [](char c) { return c >= ' ' && c <= '~'; })) refuse("a name is not ASCII text");
    at_ = end + 1;
    return out;
  }
  std::string word() {
    skip();
    std::string out;
    while (at_ < text_.size() && out.size() < 20 && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '-'))
      out += text_[at_++];
    return out;
  }
  void tuple() {
    take('(');
    shape.clear(), has_shape_ = true;
    while (!next_is(')')) {
      const std::string size = word();
      if (size.empty() || size.size() > 18 || size.find_first_not_of("0123456789") != size.npos || shape.size() == 32)
        refuse("'" + size + "' is no size of an axis");
      shape.push_back(std::stoll(size));
      if (!next_is(')')) take(',');
    }
    take(')');
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  int keys_ = 0;
  bool has_shape_ = false;
};

// ------------------------------------------------------------------------------------------------------ conversion

/// Calls body(null pointer of the C++ type of the numbers).
template <class Body>
void by_number(NumberType type, Body&& body) {
  switch (type) {
    case NumberType::boolean:
    case NumberType::uint8: return body(static_cast<const std::uint8_t*>(nullptr));
    case NumberType::int8: return body(static_cast<const std::int8_t*>(nullptr));
    case NumberType::int16: return body(static_cast<const std::int16_t*>(nullptr));
    case NumberType::uint16: return body(static_cast<const std::uint16_t*>(nullptr));
    case NumberType::int32: return body(static_cast<const std::int32_t*>(nullptr));
    case NumberType::uint32: return body(static_cast<const std::uint32_t*>(nullptr));
    case NumberType::int64: return body(static_cast<const std::int64_t*>(nullptr));
    case NumberType::uint64: return body(static_cast<const std::uint64_t*>(nullptr));
    case NumberType::float32: return body(static_cast<const float*>(nullptr));
    case NumberType::float64: return body(static_cast<const double*>(nullptr));
    case NumberType::float16: break;
  }
  throw Error("float16 numbers are not converted: write the file as float32");
}

/// Whether a number is a whole number that T holds.
template <class T, class From>
bool fits(From value) {
  if constexpr (std::is_floating_point_v<T>) {
    return true;
  } else if constexpr (std::is_floating_point_v<From>) {  // the limits of T are exact as double
    return static_cast<double>(value) >= std::numeric_limits<T>::min() && static_cast<double>(value) <= std::numeric_limits<T>::max() &&
           std::floor(value) == value;
  } else if constexpr (std::is_signed_v<From>) {
    return static_cast<std::int64_t>(value) >= std::numeric_limits<T>::min() &&
           static_cast<std::int64_t>(value) <= std::numeric_limits<T>::max();
  } else {
    return static_cast<std::uint64_t>(value) <= static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  }
}

}  // namespace

const char* name(NumberType type) { return kind_of(type).name; }
std::size_t size_of(NumberType type) { return kind_of(type).size; }

Index NumberArray::size() const { return static_cast<Index>(bytes.size() / size_of(type)); }

template <class T>
std::vector<T> NumberArray::values() const {
  std::vector<T> out(static_cast<std::size_t>(size()));
  by_number(type, [&](auto* kind) {
    using From = std::remove_const_t<std::remove_pointer_t<decltype(kind)>>;
    // Column-major numbers are met in order while the place in the row-major result counts its first axis fastest.
    std::vector<Index> place(shape.size(), 0);
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::size_t to = i;
      if (column_major) {
        Index flat = 0;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) flat = flat * shape[axis] + place[axis];
        to = static_cast<std::size_t>(flat);
        for (std::size_t axis = 0; axis < shape.size() && ++place[axis] == shape[axis]; ++axis) place[axis] = 0;
      }
      From value;
      std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
      if (!fits<T>(value))
        throw Error("the number " + std::to_string(value) + " is no " + (sizeof(T) == 1 ? "whole number in 0..255" : "32-bit integer"));
      out[to] = static_cast<T>(value);
    }
  });
  return out;
}
template std::vector<float> NumberArray::values() const;
template std::vector<double> NumberArray::values() const;
template std::vector<int> NumberArray::values() const;
template std::vector<unsigned char> NumberArray::values() const;

NumberArray parse_idx(std::string_view bytes, const std::string& name) {
  check_not_compressed(bytes.data(), bytes.size(), name);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 4 || byte(0) != 0 || byte(1) != 0)
    throw Error(name + " is no IDX file: it should begin with two zero bytes, the type and the number of axes");
  const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const NumberKind& known) { return known.idx == byte(2); });
  if (kind == std::end(kinds))
    throw Error(name + " is no IDX file: byte 3 is " + std::to_string(byte(2)) +
                ", but types are 8 (uint8), 9 (int8), 11 (int16), 12 (int32), 13 (float32) and 14 (float64)");
  const std::size_t axes = byte(3), header = 4 + 4 * axes;
  if (bytes.size() < header)
    throw Error(name + " is cut off: " + std::to_string(axes) + " axes need a header of " + std::to_string(header) + " bytes, it has " +
                std::to_string(bytes.size()));
  std::vector<Index> shape;
  for (std::size_t i = 4; i < header; i += 4)
    shape.push_back(Index{byte(i)} << 24 | Index{byte(i + 1)} << 16 | Index{byte(i + 2)} << 8 | Index{byte(i + 3)});
  return array_of(bytes, header, *kind, std::move(shape), false, little_endian(), name);
}

NumberArray parse_npy(std::string_view bytes, const std::string& name) {
  check_not_compressed(bytes.data(), bytes.size(), name);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 10 || bytes.substr(0, 6) != "\x93NUMPY") throw Error(name + " is no NPY file: it should begin with \\x93NUMPY");
  const int version = byte(6);
  if (version < 1 || version > 3)
    throw Error(name + " is an NPY file of version " + std::to_string(version) + ": versions 1 to 3 are read");
  const std::size_t start = version == 1 ? 10 : 12;
  std::size_t length = 0;
  for (std::size_t i = std::min(start, bytes.size()); i-- > 8;) length = length << 8 | byte(i);
  if (bytes.size() < start || bytes.size() - start < length) throw Error(name + " is cut off within its NPY header");
  Header header(bytes.substr(start, length), name);
  const char order = header.descr[0];
  const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const NumberKind& known) {
    return header.descr.substr(1) == known.kind + std::to_string(known.size);
  });
  if (kind == std::end(kinds) || std::string_view("<>|=").find(order) == std::string_view::npos)
    throw Error(name + " holds '" + header.descr + "'" + (header.descr == "|O" ? " (pickled objects)" : "") +
                ": only bools, integers and floats are read");
  const bool swapped = order == (little_endian() ? '>' : '<');
  return array_of(bytes, start + length, *kind, std::move(header.shape), header.fortran_order, swapped, name);
}

NumberArray read_idx(const std::string& path) { return parse_idx(InputFile(path).rest(), path); }
NumberArray read_npy(const std::string& path) { return parse_npy(InputFile(path).rest(), path); }

}  // namespace linclass
