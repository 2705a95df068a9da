// SPDX-License-Identifier: ISC
// kqueue(2) on Linux, as far as our portable files use it, so that they are compiled and tested
// there too: EVFILT_READ with EV_ADD, EV_DELETE, EV_ENABLE and EV_DISABLE over epoll(7).
//
// Where it differs: `udata` must fit in 32 bits (the other half of epoll's word is the ident);
// EV_DISABLE forgets `udata`; the first change that fails ends the call with -1 and errno.
#pragma once
#pragma GCC system_header  // as the real one: a function and a type share a name

#include <fcntl.h>
#include <sys/epoll.h>
#include <time.h>

#include <cerrno>
#include <cstdint>
#include <vector>

#define EVFILT_READ (-1)

#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ENABLE 0x0004
#define EV_DISABLE 0x0008
#define EV_ERROR 0x4000
#define EV_EOF 0x8000

struct kevent {
  std::uintptr_t ident;
  short filter;
  unsigned short flags;
  unsigned int fflags;
  std::intptr_t data;
  void* udata;
};

#define EV_SET(event, ident_, filter_, flags_, fflags_, data_, udata_) \
  (*(event) = {(ident_), (filter_), (flags_), (fflags_), (data_), (udata_)})

// Like the real one, not close-on-exec by itself.
inline int kqueue() {
  return ::epoll_create1(0);
}

namespace kqueue_on_epoll {

inline int apply(int queue, const struct kevent& change) {
  const auto udata = reinterpret_cast<std::uintptr_t>(change.udata);
  if (change.filter != EVFILT_READ || udata > UINT32_MAX) {
    errno = EINVAL;
    return -1;
  }
  const int fd = static_cast<int>(change.ident);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = (static_cast<std::uint64_t>(change.ident) << 32) | udata;
  if ((change.flags & (EV_DELETE | EV_DISABLE)) != 0)
    return ::epoll_ctl(queue, EPOLL_CTL_DEL, fd, &event);
  if (::epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event) == 0) return 0;
  return errno == EEXIST ? ::epoll_ctl(queue, EPOLL_CTL_MOD, fd, &event) : -1;
}

inline struct kevent translate(const epoll_event& event) {
  struct kevent out {};
  out.ident = static_cast<std::uintptr_t>(event.data.u64 >> 32);
  out.filter = EVFILT_READ;
  if ((event.events & EPOLLHUP) != 0) out.flags |= EV_EOF;
  out.udata = reinterpret_cast<void*>(static_cast<std::uintptr_t>(event.data.u64 & UINT32_MAX));
  return out;
}

}  // namespace kqueue_on_epoll

inline int kevent(int queue, const struct kevent* changes, int change_count, struct kevent* events,
                  int room, const struct timespec* timeout) {
  for (int i = 0; i < change_count; ++i)
    if (kqueue_on_epoll::apply(queue, changes[i]) != 0) return -1;
  if (room == 0) return 0;
  std::vector<epoll_event> found(static_cast<std::size_t>(room));
  const int wait =
      timeout == nullptr
          ? -1
          : static_cast<int>(timeout->tv_sec * 1000 + (timeout->tv_nsec + 999'999) / 1'000'000);
  const int count = ::epoll_wait(queue, found.data(), room, wait);
  for (int i = 0; i < count; ++i)
    events[i] = kqueue_on_epoll::translate(found[static_cast<std::size_t>(i)]);
  return count;
}
