// SPDX-License-Identifier: ISC
// Without word of who wrote what: lines of several servers may stand in one another.
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "core/base/process.h"
#include "spawn/error_socket.h"

namespace uvinetd {

Result<ErrorSocket> make_error_socket() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return fail_errno("socketpair");
  ErrorSocket out{UniqueFd(ends[0]), UniqueFd(ends[1])};
  for (const int fd : ends) {
    if (auto status = set_cloexec(fd); !status) return tl::unexpected(status.error());
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return fail_errno("fcntl");
  }
  (void)::shutdown(out.reader.get(), SHUT_WR);
  return out;
}

ErrorBytes receive_errors(int reader, std::span<char> buffer) {
  ssize_t count = 0;
  do {
    count = ::recv(reader, buffer.data(), buffer.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) return {};
  if (count <= 0) return {ErrorBytes::Event::Closed};
  return {ErrorBytes::Event::Bytes, static_cast<std::size_t>(count), 0};
}

}  // namespace uvinetd
