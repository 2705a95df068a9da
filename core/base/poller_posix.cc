// SPDX-License-Identifier: ISC
// kqueue(2), EVFILT_READ. EV_EOF and EV_ERROR count as ready: the owner finds out by reading.
#include <sys/types.h>
// kqueue's header needs the line above.
#include <sys/event.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/poller.h"
#include "core/base/process.h"

namespace uvinetd {

namespace {

int change(int queue, int fd, unsigned flags, std::uint32_t token) {
  struct kevent event {};
  event.ident = static_cast<decltype(event.ident)>(fd);
  event.filter = EVFILT_READ;
  event.flags = static_cast<decltype(event.flags)>(flags);
  event.udata = reinterpret_cast<decltype(event.udata)>(static_cast<std::uintptr_t>(token));
  int status = 0;
  do {
    status = ::kevent(queue, &event, 1, nullptr, 0, nullptr);
  } while (status < 0 && errno == EINTR);
  return status;
}

}  // namespace

Result<Poller> Poller::open() {
  UniqueFd fd(::kqueue());
  if (!fd.is_open()) return fail_errno("kqueue");
  if (auto status = set_cloexec(fd.get()); !status) return tl::unexpected(status.error());
  return Poller(std::move(fd));
}

Status Poller::watch(int fd, std::uint32_t token) {
  if (change(fd_.get(), fd, EV_ADD | EV_ENABLE, token) == 0) return {};
  return fail_errno("kevent");
}

Status Poller::unwatch(int fd) {
  if (change(fd_.get(), fd, EV_DELETE, 0) == 0 || errno == ENOENT) return {};
  return fail_errno("kevent");
}

std::size_t Poller::ready(std::span<std::uint32_t> tokens) {
  std::array<struct kevent, 256> events;
  const auto room = static_cast<int>(std::min(tokens.size(), events.size()));
  if (room == 0) return 0;
  const timespec at_once{};
  int count = 0;
  do {
    count = ::kevent(fd_.get(), nullptr, 0, events.data(), room, &at_once);
  } while (count < 0 && errno == EINTR);
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i)
    tokens[i] = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(events[i].udata));
  return static_cast<std::size_t>(std::max(count, 0));
}

}  // namespace uvinetd
