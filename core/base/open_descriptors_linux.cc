// SPDX-License-Identifier: ISC
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>

#include "core/base/open_descriptors.h"

namespace uvinetd {
namespace {

// As the kernel lays an entry out (getdents64(2)).
struct Entry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t size;
  std::uint8_t type;
};
constexpr std::size_t kNameAt = offsetof(Entry, type) + 1;

std::uint64_t count_entries(const std::byte* bytes, std::size_t size) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at + kNameAt < size;) {
    std::uint16_t length = 0;
    __builtin_memcpy(&length, bytes + at + offsetof(Entry, size), sizeof length);
    if (length == 0) break;
    if (bytes[at + kNameAt] != std::byte{'.'}) ++count;
    at += length;
  }
  return count;
}

// About a microsecond for each entry: a loop is not held up for more of them.
std::optional<std::uint64_t> read_folder(int fd) {
  constexpr std::uint64_t kMostRead = 4'096;
  alignas(Entry) std::array<std::byte, 32 * 1024> buffer;
  if (lseek(fd, 0, SEEK_SET) != 0) return std::nullopt;
  std::uint64_t count = 0;
  while (count <= kMostRead) {
    const auto got = syscall(SYS_getdents64, fd, buffer.data(), buffer.size());
    if (got < 0) return std::nullopt;
    if (got == 0) return count;
    count += count_entries(buffer.data(), static_cast<std::size_t>(got));
  }
  return std::nullopt;
}

// The size of such a folder is the number of its descriptors, since Linux 6.2; it was 0 before.
std::optional<std::uint64_t> count_in(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return std::nullopt;
  if (status.st_size > 0) return static_cast<std::uint64_t>(status.st_size);
  return read_folder(fd);
}

UniqueFd open_folder(const char* path) {
  return UniqueFd(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

OpenDescriptors OpenDescriptors::of_self() {
  return OpenDescriptors(open_folder("/proc/self/fd"));
}

std::optional<std::uint64_t> OpenDescriptors::count() const {
  return folder_.is_open() ? count_in(folder_.get()) : std::nullopt;
}

std::optional<std::uint64_t> OpenDescriptors::count_of(pid_t pid) {
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/%d/fd", static_cast<int>(pid));
  const auto folder = open_folder(path.data());
  return folder.is_open() ? count_in(folder.get()) : std::nullopt;
}

}  // namespace uvinetd
