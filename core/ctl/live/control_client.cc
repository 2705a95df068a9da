// SPDX-License-Identifier: ISC
#include "core/ctl/live/control_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace uvinetd {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

tl::unexpected<ClientError> fail_as(ClientTrouble trouble, std::string reason) {
  return tl::unexpected<ClientError>(ClientError{trouble, std::move(reason)});
}

tl::unexpected<ClientError> lost(int code) {
  return fail_as(ClientTrouble::Lost, std::strerror(code));
}

ClientTrouble trouble_of_connect(int code) {
  switch (code) {
    case ENOENT:
    case ECONNREFUSED:
    case ENOTDIR:
      return ClientTrouble::NotRunning;
    case EACCES:
    case EPERM:
      return ClientTrouble::NotAllowed;
    case EAGAIN:  // its queue is full
    case ETIMEDOUT:
      return ClientTrouble::Silent;
    default:
      return ClientTrouble::NoSocket;
  }
}

timeval time_value(milliseconds time) {
  constexpr int kMilli = 1'000;
  timeval out{};
  out.tv_sec = static_cast<time_t>(time.count() / kMilli);
  out.tv_usec = static_cast<suseconds_t>(time.count() % kMilli * kMilli);
  return out;
}

}  // namespace

Asked<ControlClient> ControlClient::connect(const std::string& path, milliseconds patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) {
    return fail_as(ClientTrouble::NotRunning, "neither UVINETD_CONTROL nor XDG_RUNTIME_DIR is set");
  }
  if (path.size() >= sizeof address.sun_path) {
    return fail_as(ClientTrouble::NoSocket, std::strerror(ENAMETOOLONG));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return fail_as(ClientTrouble::NoSocket, std::strerror(errno));
  // Bounds a connect(2) that waits for room in the queue of the listener.
  const auto limit = time_value(patience);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int code = errno;
    if (code == EINTR) continue;
    return fail_as(trouble_of_connect(code), std::strerror(code));
  }
  if (fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) {
    return fail_as(ClientTrouble::NoSocket, std::strerror(errno));
  }
  return ControlClient(std::move(fd), patience);
}

Asked<void> ControlClient::await(short events, Deadline deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    const auto timeout =
        static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
    pollfd entry{fd_.get(), events, 0};
    const int count = poll(&entry, 1, timeout);
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) return lost(errno);
    if (count == 0) {
      return fail_as(
          ClientTrouble::Silent,
          fmt::format("not a word for {:g} s", static_cast<double>(patience_.count()) / 1e3));
    }
  }
}

Asked<void> ControlClient::send(const ControlRequest& request) {
  const auto line = print_request(request);
  std::string_view rest = line;
  const auto deadline = steady_clock::now() + patience_;
  while (!rest.empty()) {
    const auto count = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (auto ready = await(POLLOUT, deadline); !ready) return ready;
    } else if (errno == EPIPE) {
      return {};  // what the daemon has said before it closed is still to be read
    } else if (errno != EINTR) {
      return lost(errno);
    }
  }
  return {};
}

Asked<bool> ControlClient::take_input() {
  constexpr std::size_t kPiece = 64 * 1024;
  std::array<char, kPiece> piece;
  const auto count = recv(fd_.get(), piece.data(), piece.size(), 0);
  if (count > 0) buffer_.add({piece.data(), static_cast<std::size_t>(count)});
  if (count == 0 || (count < 0 && errno == ECONNRESET)) return false;
  if (count < 0 && errno != EINTR && errno != EAGAIN) return lost(errno);
  return true;
}

Asked<std::optional<std::string>> ControlClient::next_line() {
  auto line = buffer_.next();
  if (!line && buffer_.is_too_long()) {
    return fail_as(ClientTrouble::Nonsense, "a line that does not end");
  }
  return line;
}

Asked<std::optional<std::string>> ControlClient::read_line() {
  const auto deadline = steady_clock::now() + patience_;
  for (;;) {
    auto line = next_line();
    if (!line || *line) return line;
    if (auto ready = await(POLLIN, deadline); !ready) return tl::unexpected(ready.error());
    const auto is_open = take_input();
    if (!is_open) return tl::unexpected(is_open.error());
    if (!*is_open) return std::optional<std::string>();
  }
}

}  // namespace uvinetd
