// SPDX-License-Identifier: ISC
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "spawn/capability.h"

namespace uvinetd {
namespace {

constexpr unsigned kMostCapabilities = 64;

struct Sets {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;

  friend bool operator==(const Sets&, const Sets&) = default;
};

std::uint64_t joined(std::uint32_t low, std::uint32_t high) {
  return low | std::uint64_t{high} << 32U;
}

bool get_sets(Sets& out) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  out.effective = joined(data[0].effective, data[1].effective);
  out.permitted = joined(data[0].permitted, data[1].permitted);
  out.inheritable = joined(data[0].inheritable, data[1].inheritable);
  return true;
}

Status set_sets(const Sets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  for (unsigned half = 0; half < 2; ++half) {
    const unsigned shift = 32 * half;
    data[half].effective = static_cast<std::uint32_t>(sets.effective >> shift);
    data[half].permitted = static_cast<std::uint32_t>(sets.permitted >> shift);
    data[half].inheritable = static_cast<std::uint32_t>(sets.inheritable >> shift);
  }
  if (syscall(SYS_capset, &header, data) != 0) return fail_errno("capset");
  Sets now;
  if (!get_sets(now) || !(now == sets)) return fail("capset", "not taken", EPERM);
  return {};
}

// 1: in the set; 0: not; -1: the kernel does not know this capability.
int is_in_bounding_set(unsigned capability) {
  return prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
}

}  // namespace

std::uint64_t effective_capabilities() {
  Sets sets;
  return get_sets(sets) ? sets.effective : 0;
}

std::uint64_t bounding_capabilities() {
  std::uint64_t out = 0;
  for (unsigned i = 0; i < kMostCapabilities && is_in_bounding_set(i) >= 0; ++i) {
    if (is_in_bounding_set(i) == 1) out |= capability_bit(i);
  }
  return out;
}

Status limit_bounding_set(std::uint64_t kept) {
  for (unsigned i = 0; i < kMostCapabilities && is_in_bounding_set(i) >= 0; ++i) {
    if ((kept & capability_bit(i)) != 0 || is_in_bounding_set(i) == 0) continue;
    if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0) return fail_errno("capability_bounding");
  }
  if ((bounding_capabilities() & ~kept) != 0) {
    return fail("capability_bounding", "not taken", EPERM);
  }
  return {};
}

Status keep_capabilities() {
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail_errno("capability_ambient");
  return {};
}

Status take_ambient_capabilities(std::uint64_t ambient) {
  if (auto status = set_sets({0, ambient, ambient}); !status) return status;
  for (unsigned i = 0; i < kMostCapabilities; ++i) {
    if ((ambient & capability_bit(i)) == 0) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) != 0) {
      return fail_errno("capability_ambient");
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) != 1) {
      return fail("capability_ambient", "not taken", EPERM);
    }
  }
  if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) return fail_errno("capability_ambient");
  return {};
}

Status limit_own_capabilities(std::uint64_t kept) {
  Sets sets;
  if (!get_sets(sets)) return fail_errno("capget");
  sets.permitted &= kept;
  sets.effective &= kept;
  sets.inheritable &= kept;
  return set_sets(sets);
}

}  // namespace uvinetd
