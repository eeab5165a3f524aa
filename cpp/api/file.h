/// Files as wholes: read with their size known before, written whole or not at all. Paths are UTF-8 on Windows, bytes elsewhere.
#pragma once
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

namespace linclass {

/// A regular file, open for reading. Error with the system's reason where it cannot be opened or read.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  std::uintmax_t size() const { return size_; }
  void read(unsigned char* out, std::size_t count);  ///< the next `count` bytes

 private:
  std::string path_;
  std::uintmax_t size_ = 0;
  std::ifstream stream_;
};

/// Writes a temporary file in the same directory, waits until it is on the disk and renames it to `path`: whoever opens `path`, also after a crash,
/// finds the old file or the new one.
void write_file(const std::string& path, const unsigned char* bytes, std::size_t size);

}  // namespace linclass
