// SPDX-License-Identifier: ISC
#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

#include "core/base/unique_fd.h"
#include "core/monitor/socket_filter.h"

namespace uvinetd {

static_assert(sizeof(FilterStep) == sizeof(sock_filter) &&
              offsetof(FilterStep, operand) == offsetof(sock_filter, k));
static_assert(kMostFilterSteps == BPF_MAXINSNS);

Status attach_filter(int fd, const AddressFilter& filter) {
  if (filter.size() > kMostFilterSteps) return fail("SO_ATTACH_FILTER", "too long", EINVAL);
  sock_fprog program{};
  program.len = static_cast<unsigned short>(filter.size());
  program.filter = const_cast<sock_filter*>(reinterpret_cast<const sock_filter*>(filter.data()));
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0) return {};
  return fail_errno("SO_ATTACH_FILTER");
}

Status detach_filter(int fd) {
  int unused = 0;
  if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) == 0) return {};
  if (errno == ENOENT) return {};
  return fail_errno("SO_DETACH_FILTER");
}

bool can_filter(int type) {
  const UniqueFd trial(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  // Without IPv4 nothing is known: the bind tells.
  return !trial.is_open() || attach_filter(trial.get(), closed_filter()).has_value();
}

}  // namespace uvinetd
