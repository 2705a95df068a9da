// SPDX-License-Identifier: ISC
// The unprivileged account that the reactor runs as.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/log.h"

namespace uvinetd {

struct ReactorAccount {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

// `name` is an account's name or a number. When it does not exist: one warning with the command
// that creates it, and an id that no account has. Never root, never nobody, whose other processes
// could kill the reactor. Meaningful for root only.
[[nodiscard]] ReactorAccount find_reactor_account(const std::string& name, Log& log);

}  // namespace uvinetd
