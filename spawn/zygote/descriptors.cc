// SPDX-License-Identifier: ISC
#include "spawn/zygote/descriptors.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

#include "spawn/zygote/process_lists.h"
#include "spawn/zygote/raw_call.h"

namespace uvinetd::zygote {
namespace {

constexpr std::size_t kMostCopies = 16;
constexpr std::size_t kMostFiles = 32;

struct Copy {
  int fd = -1;
  int flags = 0;  // O_CLOEXEC or nothing
};
struct File {
  int fd = -1;
  int flags = 0;  // for open(2)
  long offset = 0;
};
Copy copies[kMostCopies];
std::size_t copy_count = 0;
bool is_nonblocking = false;
File files[kMostFiles];
std::size_t file_count = 0;

struct FdPath {
  char text[32] = "/proc/self/fd/";
  explicit FdPath(int fd) {
    char digits[12];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + fd % 10);
      fd /= 10;
    } while (fd != 0);
    char* at = text + sizeof "/proc/self/fd/" - 1;
    while (count != 0) *at++ = digits[--count];
    *at = '\0';
  }
};

long open_anew(const File& file) {
  return raw_call(SYS_openat, AT_FDCWD, number_of(FdPath(file.fd).text), file.flags);
}

const char* note_copy(int fd, int close_on_exec, long status) {
  if (copy_count == kMostCopies) return "it has copied its connection too often";
  copies[copy_count++] = {fd, close_on_exec};
  is_nonblocking = (status & O_NONBLOCK) != 0;
  return nullptr;
}

const char* note_file(int fd, int close_on_exec, long status) {
  if ((status & O_PATH) != 0) return nullptr;
  if (file_count == kMostFiles) return "it has too many files open";
  const long offset = raw_call(SYS_lseek, fd, 0, SEEK_CUR);
  if (offset < 0) return nullptr;
  constexpr int kAtCreation = O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY;
  const File file{fd, (static_cast<int>(status) & ~kAtCreation) | close_on_exec, offset};
  // What fails now would fail in every child, when its client is there already.
  const long tried = open_anew(file);
  if (tried < 0) return "a file that it has open cannot be opened anew";
  raw_close(static_cast<int>(tried));
  files[file_count++] = file;
  return nullptr;
}

const char* note(int fd) {
  struct stat status {};
  if (raw_call(SYS_fstat, fd, number_of(&status)) != 0)
    return "one of its descriptors cannot be looked at";
  const long flags = raw_call(SYS_fcntl, fd, F_GETFL);
  const int close_on_exec = raw_call(SYS_fcntl, fd, F_GETFD) == FD_CLOEXEC ? O_CLOEXEC : 0;
  if (S_ISSOCK(status.st_mode) && status.st_dev == zygote.placeholder_device &&
      status.st_ino == zygote.placeholder_inode) {
    return note_copy(fd, close_on_exec, flags);
  }
  const bool is_errors =  // all servers of a service add to one file
      status.st_dev == zygote.errors_device && status.st_ino == zygote.errors_inode;
  if (S_ISREG(status.st_mode) && fd > STDERR_FILENO && !is_errors)
    return note_file(fd, close_on_exec, flags);
  return nullptr;
}

}  // namespace

const char* survey_descriptors() {
  copy_count = file_count = 0;
  return for_each_descriptor(note);
}

void replace_placeholder(int connection) {
  if (is_nonblocking) {
    const long flags = raw_call(SYS_fcntl, connection, F_GETFL);
    raw_call(SYS_fcntl, connection, F_SETFL, flags | O_NONBLOCK);
  }
  for (std::size_t i = 0; i < copy_count; ++i) {
    raw_call(SYS_dup3, connection, copies[i].fd, copies[i].flags);
  }
  raw_close(connection);
}

void separate_files() {
  for (std::size_t i = 0; i < file_count; ++i) {
    const auto& file = files[i];
    const long fd = open_anew(file);
    if (fd < 0) continue;  // no descriptor is to be had: shared is better than none
    raw_call(SYS_lseek, fd, file.offset, SEEK_SET);
    raw_call(SYS_dup3, fd, file.fd, file.flags & O_CLOEXEC);
    raw_close(static_cast<int>(fd));
  }
}

}  // namespace uvinetd::zygote
