/// Files and pipes as bytes; what is written is written whole or not at all. Paths are UTF-8 on Windows, bytes elsewhere.
#pragma once
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

namespace linclass {

/// A file or a pipe, open for reading. Error names it, with the system's reason, where it cannot be opened or read.
class InputFile {
 public:
  explicit InputFile(const std::string& path);

  bool seekable() const { return seekable_; }  ///< an ordinary file, of known size
  std::uint64_t size() const { return size_; }
  void read(std::uint64_t from, char* out, std::size_t count);  ///< of a seekable file
  std::string rest();                                           ///< everything from here on

 private:
  std::string path_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
  bool seekable_ = false;
};

/// Throws where the bytes are those of a compressed file, which the C++ readers do not take.
void check_not_compressed(const char* bytes, std::size_t size, const std::string& name);

/// Writes a temporary file in the same directory, waits until it is on the disk and renames it to `path`: whoever opens `path`, also after a crash,
/// finds the old file or the new one.
void write_file(const std::string& path, const unsigned char* bytes, std::size_t size);

}  // namespace linclass
