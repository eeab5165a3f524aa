/// Files as bytes. Paths are UTF-8.
#pragma once
#include <cstdint>
#include <fstream>
#include <string>

namespace linclass {

/// A file or a pipe that is open for reading; Error names it and says why not.
class DataFile {
 public:
  explicit DataFile(const std::string& path);

  bool seekable() const { return seekable_; }  ///< an ordinary file, of known size
  std::uint64_t size() const { return size_; }
  void read(std::uint64_t from, char* out, std::size_t size);  ///< of a seekable file
  std::string rest();                                          ///< everything from here on

 private:
  std::string path_;
  std::ifstream stream_;
  std::uint64_t size_ = 0;
  bool seekable_ = false;
};

/// Throws where the bytes are those of a compressed file, which the C++ readers do not take.
void check_not_compressed(const char* bytes, std::size_t size, const std::string& name);

}  // namespace linclass
