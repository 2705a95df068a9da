// SPDX-License-Identifier: ISC
// Names of system calls to a filter that the kernel takes (seccomp(2)), by libseccomp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/service_options.h"

namespace uvinetd {

#if defined(UVINETD_CALL_FILTERS)
inline constexpr bool kHasCallFilters = true;
#else
inline constexpr bool kHasCallFilters = false;
#endif

struct CallRules {
  bool allows = true;  // `names` and what every server needs; else all but `names`
  std::vector<std::string> names;
  OnForbiddenCall otherwise = OnForbiddenCall::Fail;  // EPERM

  friend bool operator==(const CallRules&, const CallRules&) = default;
};

[[nodiscard]] bool is_system_call(const std::string& name);
[[nodiscard]] std::vector<std::string> system_call_names();  // of this processor
// Calls that no filter may take: the server's own exec, the end of a process, of a handler.
[[nodiscard]] bool is_always_allowed(const std::string& name);

// The instructions, each as struct sock_filter has it.
// Errors: EINVAL with the name that is no system call; ENOSYS: built without libseccomp.
Result<std::vector<std::uint64_t>> compile_call_filter(const CallRules& rules);

}  // namespace uvinetd
