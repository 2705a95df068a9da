// SPDX-License-Identifier: ISC
// A UDP `wait` server: descriptor 0 is the bound socket. It answers every datagram with the
// CLOCK_MONOTONIC time of its own start (8 bytes, host byte order, nanoseconds), so that a client
// sees whether it was started or found running, and leaves after one second without a datagram.
//
// Exits 0 then, 1 when the socket cannot be used.
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

int main() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t started = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  const timeval patience{1, 0};
  if (setsockopt(0, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) return 1;
  for (;;) {
    char ignored[64];
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    if (recvfrom(0, ignored, sizeof ignored, 0, reinterpret_cast<sockaddr*>(&from), &size) < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
      if (errno == EINTR || errno == ECONNREFUSED) continue;  // that of an earlier answer
      return 1;
    }
    sendto(0, &started, sizeof started, 0, reinterpret_cast<const sockaddr*>(&from), size);
  }
}
