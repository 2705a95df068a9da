// SPDX-License-Identifier: ISC
// epoll(7).
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/poller.h"

namespace uvinetd {

Result<Poller> Poller::open() {
  UniqueFd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd.is_open()) return fail_errno("epoll_create1");
  return Poller(std::move(fd));
}

Status Poller::watch(int fd, std::uint32_t token) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = token;
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return {};
  if (errno == EEXIST && ::epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event) == 0) return {};
  return fail_errno("epoll_ctl");
}

Status Poller::unwatch(int fd) {
  epoll_event unused{};
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, &unused) == 0 || errno == ENOENT) return {};
  return fail_errno("epoll_ctl");
}

std::size_t Poller::ready(std::span<std::uint32_t> tokens) {
  std::array<epoll_event, 256> events;
  const auto room = static_cast<int>(std::min(tokens.size(), events.size()));
  if (room == 0) return 0;
  int count = 0;
  do {
    count = ::epoll_wait(fd_.get(), events.data(), room, 0);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; ++i)
    tokens[static_cast<std::size_t>(i)] = events[static_cast<std::size_t>(i)].data.u32;
  return static_cast<std::size_t>(std::max(count, 0));
}

}  // namespace uvinetd
