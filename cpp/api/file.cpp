#include "file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <random>
#include <system_error>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

#include "sentences.h"

namespace linclass {
namespace {

namespace fs = std::filesystem;

#if defined(_WIN32)
fs::path path_of(const std::string& path) { return fs::u8path(path); }
std::error_code last_error() { return {static_cast<int>(GetLastError()), std::system_category()}; }
#else
fs::path path_of(const std::string& path) { return path; }
std::error_code last_error() { return {errno, std::generic_category()}; }
#endif

[[noreturn]] void cannot(const char* what, const std::string& path, const std::error_code& why) {
  fail("cannot ", what, " ", path, ": ", why.message());
}

/// A file that nobody else has, gone again unless it is renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& path) : path_(path) {
#if defined(_WIN32)
    handle_ = CreateFileW(path.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr);
    open_ = handle_ != INVALID_HANDLE_VALUE;
#else
    handle_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    open_ = handle_ >= 0;
#endif
    exists_ = open_;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    close();
    std::error_code ignored;
    if (exists_) fs::remove(path_, ignored);
  }

  bool open() const { return open_; }

  bool write(const unsigned char* bytes, std::size_t size) {
    while (size > 0) {
      const std::size_t part = std::min<std::size_t>(size, std::size_t{1} << 30);
#if defined(_WIN32)
      DWORD written = 0;
      if (!WriteFile(handle_, bytes, static_cast<DWORD>(part), &written, nullptr)) return false;
      const std::size_t done = written;
#else
      const ssize_t written = ::write(handle_, bytes, part);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      const auto done = static_cast<std::size_t>(written);
#endif
      bytes += done, size -= done;
    }
    return true;
  }

  bool reach_disk() {
#if defined(_WIN32)
    return FlushFileBuffers(handle_);
#elif defined(F_FULLFSYNC)  // macOS: fsync leaves the data in the drive's cache
    return ::fcntl(handle_, F_FULLFSYNC) == 0 || ::fsync(handle_) == 0;
#else
    return ::fsync(handle_) == 0;
#endif
  }

  bool close() {
    if (!open_) return true;
    open_ = false;
#if defined(_WIN32)
    return CloseHandle(handle_);
#else
    return ::close(handle_) == 0;
#endif
  }

  bool rename(const fs::path& target) {
#if defined(_WIN32)
    exists_ = !MoveFileExW(path_.c_str(), target.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
#else
    exists_ = std::rename(path_.c_str(), target.c_str()) != 0;
    if (!exists_) {  // the new name is on the disk once the directory is; some file systems cannot promise that
      const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
      const int directory = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
      if (directory >= 0) ::fsync(directory), ::close(directory);
    }
#endif
    return !exists_;
  }

 private:
  fs::path path_;
#if defined(_WIN32)
  HANDLE handle_ = INVALID_HANDLE_VALUE;
#else
  int handle_ = -1;
#endif
  bool open_ = false;
  bool exists_ = false;
};

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  const fs::path name = path_of(path);
  std::error_code why;
  const fs::file_status status = fs::status(name, why);
  if (!fs::exists(status)) cannot("read", path, why ? why : std::make_error_code(std::errc::no_such_file_or_directory));
  if (fs::is_directory(status)) cannot("read", path, std::make_error_code(std::errc::is_a_directory));
  seekable_ = fs::is_regular_file(status);
  if (seekable_) size_ = fs::file_size(name, why);
  if (why) cannot("read", path, why);
  stream_.open(name, std::ios::binary);
  if (!stream_) cannot("read", path, last_error());
}

void InputFile::read(std::uint64_t from, char* out, std::size_t count) {
  stream_.seekg(static_cast<std::streamoff>(from));
  stream_.read(out, static_cast<std::streamsize>(count));
  require(stream_.gcount() == static_cast<std::streamsize>(count), "cannot read ", path_, ": it ended early");
}

std::string InputFile::rest() {
  std::string bytes(size_, '\0');
  if (seekable_)
    read(0, bytes.data(), bytes.size());
  else
    bytes.assign(std::istreambuf_iterator<char>(stream_), {});
  return bytes;
}

void check_not_compressed(const char* bytes, std::size_t size, const std::string& name) {
  require(size < 2 || bytes[0] != '\x1f' || bytes[1] != '\x8b', name,
          " is compressed by gzip: unpack it first (gunzip), or read it with linclass_cpp.datasets in Python");
}

void write_file(const std::string& path, const unsigned char* bytes, std::size_t size) {
  fs::path target = path_of(path);
  std::error_code ignored;
  if (fs::is_symlink(target, ignored)) target = fs::weakly_canonical(target);
  std::random_device random;
  fs::path beside = target;
  beside += "." + std::to_string(random()) + ".tmp";
  TemporaryFile file(beside);
  if (!file.open() || !file.write(bytes, size) || !file.reach_disk() || !file.close() || !file.rename(target))
    cannot("write", path, last_error());
}

}  // namespace linclass
