// SPDX-License-Identifier: ISC
// The unprivileged account that the reactor runs as.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/config/load/helper_process.h"

namespace uvinetd {

struct ReactorAccount {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string missing;  // the account that does not exist; "": uid and gid are an account's
};

// `name` is an account's name or a number. Where it does not exist, an id that no account has:
// never root, never nobody, whose other processes could kill the reactor. Meaningful for root only.
class AccountLookup {
 public:
  // Starts to look, in a helper process: meanwhile the configuration can be read. Forks.
  explicit AccountLookup(const std::string& name);
  // Once. Blocks until there is an answer, for a few seconds at most.
  [[nodiscard]] ReactorAccount take();

 private:
  std::string name_;
  ReactorAccount known_;
  std::optional<HelperProcess> helper_;
};

}  // namespace uvinetd
