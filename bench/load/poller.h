// SPDX-License-Identifier: ISC
// Waits until sockets have something to say. Level-triggered; a socket is known by the slot of its
// client. Made for few system calls: poll(2) needs none for registration and is used for a handful
// of sockets, epoll(7) for many.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "bench/load/sample.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd::bench {

struct Ready {
  std::size_t slot = 0;
  bool has_hung_up = false;  // the other side sends no more: reading comes to an end at once
};

class Poller {
 public:
  virtual ~Poller() = default;
  // Readable, at its end, or failed. REQUIRES: slot below the number given to make_poller().
  virtual Status watch(std::size_t slot, int fd) = 0;
  // The descriptor stays open.
  virtual void unwatch(std::size_t slot, int fd) = 0;
  // The descriptor is closed next.
  virtual void forget(std::size_t slot) = 0;
  // Waits for at most `longest`; an interruption by a signal is an empty answer.
  // Blocks   until then. The answer is good until the next call.
  virtual const std::vector<Ready>& wait(nanoseconds longest) = 0;
};

// The one that suits so many slots here.
Result<std::unique_ptr<Poller>> make_poller(std::size_t slots);
// By poll(2), everywhere; each wait costs a little for each slot.
std::unique_ptr<Poller> make_poll_set(std::size_t slots);

}  // namespace uvinetd::bench
