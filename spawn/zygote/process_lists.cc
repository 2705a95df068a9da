// SPDX-License-Identifier: ISC
#include "spawn/zygote/process_lists.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "spawn/zygote/raw_call.h"
#include "spawn/zygote/zygote.h"

namespace uvinetd::zygote {
namespace {

// What getdents64(2) writes.
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t next;
  unsigned short size;
  unsigned char type;
  char name[1];
};

// -1: not a number.
int number_in(const char* name) {
  if (*name == '\0') return -1;
  int number = 0;
  for (; *name != '\0'; ++name) {
    if (*name < '0' || *name > '9') return -1;
    number = number * 10 + (*name - '0');
  }
  return number;
}

const char* look_at_lines(int maps, char* buffer, std::size_t size,
                          const char* (*look)(void*, const char*), void* context) {
  std::size_t filled = 0;
  for (;;) {
    const auto room = size - filled;
    if (room == 0) return "/proc/self/maps has too long a line";
    const long got = raw_call(SYS_read, maps, number_of(buffer + filled), static_cast<long>(room));
    if (got == -EINTR) continue;
    if (got < 0) return "/proc/self/maps cannot be read";
    if (got == 0) return nullptr;
    filled += static_cast<std::size_t>(got);
    char* line = buffer;
    char* const end = buffer + filled;
    while (auto* const stop =
               static_cast<char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)))) {
      *stop = '\0';
      if (const char* const reason = look(context, line)) return reason;
      line = stop + 1;
    }
    filled = static_cast<std::size_t>(end - line);
    std::memmove(buffer, line, filled);
  }
}

}  // namespace

const char* for_each_mapping(char* buffer, std::size_t size,
                             const char* (*look)(void*, const char*), void* context) {
  const long maps =
      raw_call(SYS_openat, AT_FDCWD, number_of("/proc/self/maps"), O_RDONLY | O_CLOEXEC);
  if (maps < 0) return "/proc/self/maps cannot be read";
  const char* const reason = look_at_lines(static_cast<int>(maps), buffer, size, look, context);
  raw_close(static_cast<int>(maps));
  return reason;
}

const char* for_each_descriptor(const char* (*look)(int fd)) {
  const long list = raw_call(SYS_openat, AT_FDCWD, number_of("/proc/self/fd"),
                             O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (list < 0) return "/proc/self/fd cannot be read";
  alignas(DirectoryEntry) char buffer[2048];
  const char* reason = nullptr;
  long size = 0;
  while (reason == nullptr &&
         (size = raw_call(SYS_getdents64, list, number_of(buffer), sizeof buffer)) > 0) {
    for (long at = 0; at < size && reason == nullptr;) {
      const auto* const entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
      const int fd = number_in(entry->name);
      if (fd >= 0 && fd != list && fd != zygote.channel) reason = look(fd);
      at += entry->size;
    }
  }
  if (size < 0 && reason == nullptr) reason = "/proc/self/fd cannot be read";
  raw_close(static_cast<int>(list));
  return reason;
}

}  // namespace uvinetd::zygote
