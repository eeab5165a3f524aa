#include "data_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "linclass/error.h"

namespace linclass {
namespace fs = std::filesystem;

DataFile::DataFile(const std::string& path) : path_(path) {
  const fs::path file = fs::u8path(path);
  std::error_code error;
  if (fs::is_directory(file, error)) throw Error("cannot read " + path + ": it is a directory");
  errno = 0;
  stream_.open(file, std::ios::binary);
  if (!stream_) throw Error("cannot read " + path + ": " + (errno ? std::strerror(errno) : "it does not open"));
  seekable_ = fs::is_regular_file(file, error);
  if (seekable_) size_ = fs::file_size(file, error);
  if (error) throw Error("cannot read " + path + ": " + error.message());
}

void DataFile::read(std::uint64_t from, char* out, std::size_t size) {
  stream_.seekg(static_cast<std::streamoff>(from));
  stream_.read(out, static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(stream_.gcount()) != size) throw Error("cannot read " + path_ + ": it ended early, or the device failed");
}

std::string DataFile::rest() {
  std::string bytes(size_, '\0');
  if (seekable_) {
    read(0, bytes.data(), bytes.size());
  } else {
    bytes.assign(std::istreambuf_iterator<char>(stream_), {});
  }
  return bytes;
}

void check_not_compressed(const char* bytes, std::size_t size, const std::string& name) {
  if (size >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b')
    throw Error(name + " is compressed by gzip: unpack it first (gunzip), or read it with linclass_cpp.datasets in Python");
}

}  // namespace linclass
