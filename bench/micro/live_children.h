// SPDX-License-Identifier: ISC
// Processes that only sleep, as many as wanted and as light as the system has them: what a wait
// for any child must walk over.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "core/base/result.h"
#include "core/base/shared_memory.h"

namespace uvinetd::bench {

// Owns the children: they are killed and reaped at the end, and die with this process.
class LiveChildren {
 public:
  LiveChildren() = default;
  ~LiveChildren();
  LiveChildren(const LiveChildren&) = delete;
  LiveChildren& operator=(const LiveChildren&) = delete;

  // Errors: EAGAIN "limit": this user or this system may not have as many; fork, mmap.
  Status start(std::size_t count);

 private:
  Mapping stacks_;
  std::vector<pid_t> pids_;
};

}  // namespace uvinetd::bench
