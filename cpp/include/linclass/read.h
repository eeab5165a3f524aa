/// Readers of files: LIBSVM (sparse rows), IDX and NPY (arrays). What is read belongs to the caller, as vectors.
///
///   auto train = lc::read_libsvm<float>("train.svm");
///   lc::ClassCodes<double> y = lc::class_codes(train.labels);
///   lc::Problem problem{train.matrix(), lc::classes(y.codes), lc::Loss::softmax};
///
/// Bad files are an Error that names the file, the place (line and column, or bytes) and what was found there; nothing is allocated
/// beyond a small multiple of the file's size. Paths are UTF-8. Python's linclass_cpp.datasets reads compressed files and pipes as well.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "linclass/data.h"
#include "linclass/export.h"

namespace linclass {

/// What the first feature of a LIBSVM file is called. The format's own tools count from 1.
enum class IndexBase : int {
  automatic,  ///< 0 where an index 0 occurs, else 1
  zero,
  one,
};

struct LibsvmOptions {
  Index features = 0;  ///< number of columns: a larger index is an error; 0 = as many as the largest index says
  IndexBase base = IndexBase::automatic;
  int threads = 0;               ///< 0 = cpu::threads()
  std::function<void()> poll{};  ///< called every few milliseconds by the calling thread; what it throws ends the reading
};

/// Sparse rows and their labels.
template <class T>
struct SparseData {
  Index rows = 0;
  Index columns = 0;
  bool zero_based = false;  ///< how the file counts its features
  std::vector<T> values{};
  std::vector<std::int32_t> indices{};       ///< the column of each value, from 0
  std::vector<std::int64_t> long_indices{};  ///< in place of `indices` where a column needs more than 32 bits
  std::vector<Index> row_starts{};           ///< rows + 1
  std::vector<double> labels{};              ///< one a row, as the file has them

  /// View for Problem and Model::predict, valid as long as this struct.
  Matrix matrix() const {
    return long_indices.empty() ? csr(values.data(), indices.data(), row_starts.data(), rows, columns)
                                : csr(values.data(), long_indices.data(), row_starts.data(), rows, columns);
  }
};

/// The text format of LIBSVM and SVMlight: a line a row, `label index:value index:value ... # comment`, indices increasing.
/// Chunks of the file are parsed by several threads; T is float or double, each number rounded once. Error for qid (ranking),
/// several labels a row, and anything that is no finite number.
/// Source of the format: Joachims, SVMlight (1999); Chang and Lin, LIBSVM, ACM TIST 2011.
template <class T>
LINCLASS_API SparseData<T> read_libsvm(const std::string& path, const LibsvmOptions& options = {});

/// The same from memory; `name` is what errors call it.
template <class T>
LINCLASS_API SparseData<T> parse_libsvm(std::string_view text, const std::string& name, const LibsvmOptions& options = {});

enum class NumberType : int { boolean, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, float32, float64 };

LINCLASS_API const char* name(NumberType type);  ///< as NumPy calls it
LINCLASS_API std::size_t size_of(NumberType type);

/// An array as its file has it, in the byte order of this machine.
struct LINCLASS_API NumberArray {
  NumberType type = NumberType::float64;
  std::vector<Index> shape{};
  bool column_major = false;
  std::vector<unsigned char> bytes{};

  Index size() const;  ///< how many numbers

  /// The numbers in row-major order as float, double, int or unsigned char. Integers must fit, and a fraction is no integer: Error names the
  /// number. Floats are rounded. float16 is not converted: Error.
  template <class T>
  std::vector<T> values() const;
};

/// IDX, the format of MNIST: two zero bytes, the type, the number of axes, their sizes, the numbers, all big-endian (LeCun, 1998).
LINCLASS_API NumberArray read_idx(const std::string& path);
LINCLASS_API NumberArray parse_idx(std::string_view bytes, const std::string& name);

/// NPY, the format of numpy.save, versions 1 to 3, numbers and bools (numpy.lib.format). Pickled objects are refused, never run.
LINCLASS_API NumberArray read_npy(const std::string& path);
LINCLASS_API NumberArray parse_npy(std::string_view bytes, const std::string& name);

/// Labels as `classes` takes them: codes 0, 1, ... of the distinct labels in ascending order.
template <class Label>
struct ClassCodes {
  std::vector<Label> labels{};
  std::vector<int> codes{};
};
template <class Label>
ClassCodes<Label> class_codes(const std::vector<Label>& y) {
  ClassCodes<Label> out;
  out.labels = y;
  std::sort(out.labels.begin(), out.labels.end());
  out.labels.erase(std::unique(out.labels.begin(), out.labels.end()), out.labels.end());
  out.codes.reserve(y.size());
  for (const Label& label : y)
    out.codes.push_back(static_cast<int>(std::lower_bound(out.labels.begin(), out.labels.end(), label) - out.labels.begin()));
  return out;
}

}  // namespace linclass
