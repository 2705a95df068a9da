// SPDX-License-Identifier: ISC
// Opening the places that the log writes to.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "core/base/log.h"

namespace uvinetd {
namespace {

// JOURNAL_STREAM holds "device:inode" of the stream that the service manager gave us
// (systemd.exec(5)). It is inherited, so it counts only when descriptor 2 is still that stream.
bool is_journal(const struct stat& about) {
  const char* const text = std::getenv("JOURNAL_STREAM");
  if (text == nullptr) return false;
  const char* const end = text + std::strlen(text);
  unsigned long long device = 0;
  unsigned long long inode = 0;
  const auto first = std::from_chars(text, end, device);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') return false;
  const auto second = std::from_chars(first.ptr + 1, end, inode);
  return second.ec == std::errc() && second.ptr == end && device == about.st_dev &&
         inode == about.st_ino;
}

int open_again(const struct stat& about) {
  if (!S_ISFIFO(about.st_mode) && !S_ISCHR(about.st_mode)) return -1;
  return ::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

// A non-blocking socket.
Result<UniqueFd> connect_to(const char* path, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) return fail("connect", path, ENAMETOOLONG);
  std::strcpy(address.sun_path, path);
  UniqueFd fd(socket(AF_UNIX, type, 0));
  if (!fd.is_open()) return fail_errno("socket", path);
  fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("connect", path);
  }
  return fd;
}

}  // namespace

LogTarget open_stderr_target() {
  LogTarget target;
  struct stat about {};
  if (fstat(STDERR_FILENO, &about) != 0) return target;
  if (isatty(STDERR_FILENO) == 1) {
    target.form = LogForm::Terminal;
  } else if (is_journal(about)) {
    target.form = LogForm::Stream;
  }
  target.fd.reset(open_again(about));
  if (!target.fd.is_open()) target.fd.reset(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  return target;
}

Result<LogTarget> open_syslog_target(const char* path) {
  auto fd = connect_to(path, SOCK_DGRAM);
  if (!fd) return tl::unexpected(fd.error());
  return LogTarget{LogForm::Syslog, std::move(*fd)};
}

Result<LogTarget> open_journal_target(const char* path) {
  auto fd = connect_to(path, SOCK_DGRAM);
  if (!fd) return tl::unexpected(fd.error());
  return LogTarget{LogForm::Journal, std::move(*fd)};
}

// The protocol of sd_journal_stream_fd(3): a header of lines (identifier, unit, priority, whether
// lines begin with a level, and three places to pass them on to), then the log.
Result<LogTarget> open_journal_stream(const char* path) {
  auto fd = connect_to(path, SOCK_STREAM);
  if (!fd) return tl::unexpected(fd.error());
  constexpr std::string_view kHeader = "uvinetd\n\n6\n1\n0\n0\n0\n";
  const auto sent = send(fd->get(), kHeader.data(), kHeader.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(kHeader.size())) return fail_errno("send", path);
  return LogTarget{LogForm::Stream, std::move(*fd)};
}

}  // namespace uvinetd
