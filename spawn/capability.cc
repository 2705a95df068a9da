// SPDX-License-Identifier: ISC
#include "spawn/capability.h"

#include <array>
#include <string>

#include "core/base/words.h"

namespace uvinetd {
namespace {

constexpr std::string_view kPrefix = "cap_";

constexpr std::array<std::string_view, 41> kNames{"cap_chown",
                                                  "cap_dac_override",
                                                  "cap_dac_read_search",
                                                  "cap_fowner",
                                                  "cap_fsetid",
                                                  "cap_kill",
                                                  "cap_setgid",
                                                  "cap_setuid",
                                                  "cap_setpcap",
                                                  "cap_linux_immutable",
                                                  "cap_net_bind_service",
                                                  "cap_net_broadcast",
                                                  "cap_net_admin",
                                                  "cap_net_raw",
                                                  "cap_ipc_lock",
                                                  "cap_ipc_owner",
                                                  "cap_sys_module",
                                                  "cap_sys_rawio",
                                                  "cap_sys_chroot",
                                                  "cap_sys_ptrace",
                                                  "cap_sys_pacct",
                                                  "cap_sys_admin",
                                                  "cap_sys_boot",
                                                  "cap_sys_nice",
                                                  "cap_sys_resource",
                                                  "cap_sys_time",
                                                  "cap_sys_tty_config",
                                                  "cap_mknod",
                                                  "cap_lease",
                                                  "cap_audit_write",
                                                  "cap_audit_control",
                                                  "cap_setfcap",
                                                  "cap_mac_override",
                                                  "cap_mac_admin",
                                                  "cap_syslog",
                                                  "cap_wake_alarm",
                                                  "cap_block_suspend",
                                                  "cap_audit_read",
                                                  "cap_perfmon",
                                                  "cap_bpf",
                                                  "cap_checkpoint_restore"};

}  // namespace

std::span<const std::string_view> capability_names() {
  return kNames;
}

std::optional<unsigned> capability_from_name(std::string_view name) {
  auto wanted = lower(name);
  if (!wanted.starts_with(kPrefix)) wanted.insert(0, kPrefix);
  for (unsigned i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == wanted) return i;
  }
  return std::nullopt;
}

}  // namespace uvinetd
