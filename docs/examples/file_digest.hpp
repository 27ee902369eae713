#pragma once

// The SHA-256 of one file, in bounded memory. Plain functions: nothing here knows of tasks.

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace treesum {

using sha256 = std::array<unsigned char, 32>;

/// Why one file or directory was left out; the others go on.
struct trouble : std::runtime_error {
  using std::runtime_error::runtime_error;
  static trouble from_errno() { return trouble(std::generic_category().message(errno)); }
};

/// OpenSSL's context and the buffer that the file passes through: one per worker, however large the files are.
class hasher {
 public:
  static constexpr std::size_t chunk = 256 * 1024;  // small enough to be in the cache when it is hashed

  hasher() : context_(EVP_MD_CTX_new()), buffer_(std::make_unique<unsigned char[]>(chunk)) {
    if (!context_) throw std::bad_alloc();
  }
  void begin() { check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }
  void add(std::size_t size) { check(EVP_DigestUpdate(context_.get(), buffer_.get(), size)); }
  sha256 end() {
    sha256 sum;
    check(EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr));
    return sum;
  }
  unsigned char* buffer() { return buffer_.get(); }

 private:
  struct free_context {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  static void check(int ok) {
    if (ok != 1) throw std::runtime_error("libcrypto cannot compute SHA-256");
  }

  std::unique_ptr<EVP_MD_CTX, free_context> context_;
  std::unique_ptr<unsigned char[]> buffer_;
};

/// An open file that is closed at the end of its scope.
class open_file {
 public:
  /// O_NONBLOCK: what was a file when it was listed may be a pipe by now, and opening that would wait for a writer.
  explicit open_file(const char* path) : fd_(::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {
    if (fd_ < 0) throw trouble::from_errno();
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() { ::close(fd_); }

  struct stat status() const {
    struct stat now;
    if (::fstat(fd_, &now) != 0) throw trouble::from_errno();
    return now;
  }

  std::size_t read(unsigned char* into, std::size_t most) const {
    for (;;) {
      const ssize_t n = ::read(fd_, into, most);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) throw trouble::from_errno();
    }
  }

 private:
  int fd_;
};

/// A digest of half the old and half the new content would be of no file at all: throws trouble if somebody wrote.
inline void must_be_unchanged(const struct stat& before, const struct stat& now) {
  const auto sizes = [&] {
    return " from " + std::to_string(before.st_size) + " to " + std::to_string(now.st_size) + " bytes";
  };
  if (now.st_size < before.st_size) throw trouble("shrank while it was read," + sizes());
  if (now.st_size > before.st_size) throw trouble("grew while it was read," + sizes());
  if (now.st_mtim.tv_sec != before.st_mtim.tv_sec || now.st_mtim.tv_nsec != before.st_mtim.tv_nsec) {
    throw trouble("was written to while it was read");
  }
}

/// The SHA-256 of the file at `path`; calls on_bytes(n) as it gets on. Errors: trouble, if it cannot be read, is no
/// regular file, or changes meanwhile; whatever its size said, it is read to its end, as files in /proc have size 0.
template <class OnBytes>
sha256 digest_of_file(const char* path, OnBytes on_bytes) {
  // Safe as this is no coroutine: from here to the end, it stays on one worker.
  thread_local hasher worker_hasher;
  hasher& h = worker_hasher;

  const open_file file(path);
  const struct stat before = file.status();
  if (!S_ISREG(before.st_mode)) throw trouble("is no longer a regular file");
  h.begin();
  for (;;) {
    const std::size_t n = file.read(h.buffer(), hasher::chunk);
    must_be_unchanged(before, file.status());  // after each chunk: a large file is not read to its end for nothing
    if (n == 0) return h.end();
    h.add(n);
    on_bytes(n);
  }
}

/// A line as sha256sum writes it: it starts with a backslash if something in the name had to be escaped.
inline std::string sha256sum_line(const sha256& sum, std::string_view path) {
  std::string line;
  line.reserve(2 * sum.size() + path.size() + 4);
  if (path.find_first_of("\\\n\r") != path.npos) line += '\\';
  for (const unsigned char byte : sum) {
    line += "0123456789abcdef"[byte >> 4];
    line += "0123456789abcdef"[byte & 15];
  }
  line += "  ";
  for (const char c : path) {
    switch (c) {
      case '\\':
        line += "\\\\";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      default:
        line += c;
    }
  }
  line += '\n';
  return line;
}

}  // namespace treesum
