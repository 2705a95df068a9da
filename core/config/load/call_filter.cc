// SPDX-License-Identifier: ISC
#include "core/config/load/call_filter.h"

#include <algorithm>
#include <array>
#include <string_view>

#ifdef UVINETD_CALL_FILTERS
#include <fcntl.h>
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "core/base/unique_fd.h"
#endif

namespace uvinetd {
namespace {

constexpr std::array<std::string_view, 5> kAlwaysAllowed{"execve", "exit", "exit_group",
                                                         "restart_syscall", "rt_sigreturn"};

}  // namespace

bool is_always_allowed(const std::string& name) {
  return std::find(kAlwaysAllowed.begin(), kAlwaysAllowed.end(), name) != kAlwaysAllowed.end();
}

#ifdef UVINETD_CALL_FILTERS
namespace {

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

constexpr int kNumbersOfCalls = 1024;  // the kernel has come to about 470

int number_of(const std::string& name) {
  return seccomp_syscall_resolve_name(name.c_str());
}

// libseccomp writes to a descriptor only.
Result<std::vector<std::uint64_t>> exported(const Filter& filter) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("pipe");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  if (const int code = seccomp_export_bpf(filter.get(), writer.get()); code != 0) {
    return fail("seccomp_export_bpf", {}, -code);
  }
  writer.reset();
  std::vector<std::uint64_t> out;
  std::uint64_t instruction = 0;
  while (read(reader.get(), &instruction, sizeof instruction) == sizeof instruction) {
    out.push_back(instruction);
  }
  return out;
}

}  // namespace

bool is_system_call(const std::string& name) {
  return number_of(name) != __NR_SCMP_ERROR;
}

std::vector<std::string> system_call_names() {
  std::vector<std::string> out;
  for (int number = 0; number < kNumbersOfCalls; ++number) {
    char* const name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    if (name == nullptr) continue;
    out.emplace_back(name);
    std::free(name);
  }
  return out;
}

// Calls by another convention of the processor (32 bits) are not these: they end the process.
Result<std::vector<std::uint64_t>> compile_call_filter(const CallRules& rules) {
  const std::uint32_t forbidden =
      rules.otherwise == OnForbiddenCall::Kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM);
  const std::uint32_t named = rules.allows ? SCMP_ACT_ALLOW : forbidden;
  const Filter filter(seccomp_init(rules.allows ? forbidden : SCMP_ACT_ALLOW), seccomp_release);
  if (!filter) return fail("seccomp_init", {}, ENOMEM);
  // No new privileges is set by the step before.
  (void)seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_NNP, 0);
  (void)seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  auto names = rules.names;
  if (rules.allows) names.insert(names.end(), kAlwaysAllowed.begin(), kAlwaysAllowed.end());
  for (const auto& name : names) {
    const int number = number_of(name);
    if (number == __NR_SCMP_ERROR) return fail("system_calls", name, EINVAL);
    // A call that this processor does not have cannot be made.
    const int code = seccomp_rule_add(filter.get(), named, number, 0);
    if (code != 0 && code != -EDOM) return fail("seccomp_rule_add", name, -code);
  }
  return exported(filter);
}
#else
bool is_system_call(const std::string& /*name*/) {
  return false;
}
std::vector<std::string> system_call_names() {
  return {};
}
Result<std::vector<std::uint64_t>> compile_call_filter(const CallRules& /*rules*/) {
  return fail("system_calls", {}, ENOSYS);
}
#endif

}  // namespace uvinetd
