// SPDX-License-Identifier: ISC
// Starting the other roles: only from descriptors of our own binaries, opened when the monitor
// started, so that a package upgrade under a running daemon never mixes versions.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/base/channel.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/monitor/upgrade/upgrade_state.h"

namespace uvinetd {

// The resolver is the reactor's program under another name.
inline constexpr char kResolverTitle[] = "uvi-resolver";

class RoleBinaries {
 public:
  // Looks beside this program's own file, then in the libexec folder it was installed with.
  // Errors: ENOENT with the path that was tried last.
  static Result<RoleBinaries> open();

  // Those that the program before this one kept, as it was: they go on where the next one could
  // not.
  static RoleBinaries adopt(const UpgradeState& state);
  void save(UpgradeState& state) const;

  [[nodiscard]] int reactor() const { return reactor_.get(); }
  [[nodiscard]] int launcher() const { return launcher_.get(); }
  // Ours, and where it was started from: a newer one may be there by now.
  [[nodiscard]] int own() const { return own_.get(); }
  [[nodiscard]] const std::string& program() const { return program_; }

 private:
  std::string program_;
  UniqueFd own_;
  UniqueFd reactor_;
  UniqueFd launcher_;
};

struct RoleProcess {
  pid_t pid = 0;
  Channel channel;
};

// Starts a role in a session of its own, with `title` ("uvi-launcher: ftp") as its command line and
// its end of a new channel as descriptor 3. Standard error is ours (a fault of the role is seen
// there), or /dev/null when `is_silent`: a daemon's starter waits for the end of its stderr. The
// exec's failure shows as an immediate exit with status 127. Errors: socketpair, fork.
Result<RoleProcess> start_role(int binary, const std::string& title, bool is_silent);

}  // namespace uvinetd
