// SPDX-License-Identifier: ISC
#include "spawn/zygote/leftovers.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "spawn/zygote/process_lists.h"
#include "spawn/zygote/raw_call.h"
#include "spawn/zygote/zygote.h"

namespace uvinetd::zygote {
namespace {

long option_of(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  raw_call(SYS_getsockopt, fd, SOL_SOCKET, option, number_of(&value), number_of(&size));
  return value;
}

const char* look_at_socket(int fd, const struct stat& status) {
  if (status.st_dev == zygote.placeholder_device && status.st_ino == zygote.placeholder_inode) {
    return nullptr;
  }
  // Nothing ever comes back by the one that goes to our log.
  if (status.st_dev == zygote.errors_device && status.st_ino == zygote.errors_inode) return nullptr;
  // What goes to syslog is whole messages, and nothing comes back.
  if (option_of(fd, SO_DOMAIN) == AF_UNIX && option_of(fd, SO_TYPE) == SOCK_DGRAM) return nullptr;
  return "it has left a socket open";
}

const char* look_at_descriptor(int fd) {
  struct stat status {};
  if (raw_call(SYS_fstat, fd, number_of(&status)) != 0) {
    return "one of its descriptors cannot be looked at";
  }
  switch (status.st_mode & S_IFMT) {
    case S_IFSOCK:
      return look_at_socket(fd, status);
    case S_IFIFO:
      return "it has left a pipe open";
    case S_IFDIR:
      return raw_call(SYS_lseek, fd, 0, SEEK_CUR) > 0 ? "it is reading a directory" : nullptr;
    case 0:
      return "it has left an epoll, an eventfd, a timer or the like open";  // anonymous
    default:
      return nullptr;
  }
}

// START-END FLAGS ...: rwxp, or rwxs where it is shared
const char* look_at_mapping(void*, const char* line) {
  const char* const flags = std::strchr(line, ' ');
  if (flags == nullptr || std::strlen(flags) < 5) return nullptr;
  return flags[2] == 'w' && flags[4] == 's' ? "it has memory that it shares" : nullptr;
}

}  // namespace

const char* leftover_hindrance() {
  if (const char* const reason = for_each_descriptor(look_at_descriptor)) return reason;
  static char lines[4096 + 256];
  return for_each_mapping(lines, sizeof lines, look_at_mapping, nullptr);
}

}  // namespace uvinetd::zygote
