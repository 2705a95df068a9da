// SPDX-License-Identifier: ISC
// The socket that uvinetctl talks to: made and kept here, served by the reactor.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/monitor/bind.h"
#include "core/monitor/options.h"
#include "core/monitor/upgrade/upgrade_state.h"
#include "spawn/wire.h"

namespace uvinetd {

class ControlListener {
 public:
  // Not open where `settings` say that there is none, or say nothing and there is no run_folder().
  // Who may connect is who may ask anything. Errors: EADDRINUSE: another daemon answers there;
  // EINVAL: an unknown group; those of mkdir(2), bind(2).
  // `kept` (see save()) is taken where it is the socket of that path still.
  Status open(const ControlSettings& settings, const UpgradeState* kept = nullptr);
  // For the program that takes our place in this process.
  void save(UpgradeState& state) const;
  // Removes the path if it is still ours.
  void remove();

  [[nodiscard]] bool is_open() const { return fd_.is_open(); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const ControlSocket& rules() const { return rules_; }

 private:
  Status open_wanted(const ControlSettings& settings, const UpgradeState* kept);
  Status take(const UpgradeState& kept, const ListenSpec& spec, const BindOptions& options);

  std::string path_;
  PathIdentity identity_;
  UniqueFd fd_;
  ControlSocket rules_;
};

}  // namespace uvinetd
