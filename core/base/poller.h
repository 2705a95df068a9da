// SPDX-License-Identifier: ISC
// Watches service sockets for readability without touching them.
//
// uv_poll_init() sets O_NONBLOCK on the open file description, which we share with the servers of
// `wait` services; a server must find its socket blocking. So these sockets stand in an epoll
// (kqueue) set of our own, and only the set's descriptor is a uv_poll handle of the loop.
// Level-triggered. A registration lives as long as any process holds the description: unwatch()
// before closing a socket.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

class Poller {
 public:
  static Result<Poller> open();

  // Readable when any watched socket is; give it to the loop.
  [[nodiscard]] int fd() const { return fd_.get(); }

  // `token` comes back from ready(). Watching a watched socket, or unwatching an unwatched one, is
  // not an error.
  Status watch(int fd, std::uint32_t token);
  Status unwatch(int fd);

  // Fills `tokens` with sockets that are readable, hung up or in error, and returns how many.
  // Never blocks.
  std::size_t ready(std::span<std::uint32_t> tokens);

 private:
  explicit Poller(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace uvinetd
