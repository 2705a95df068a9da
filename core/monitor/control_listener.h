// SPDX-License-Identifier: ISC
// The socket that uvinetctl talks to: made and kept here, served by the reactor.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/monitor/bind.h"
#include "core/monitor/options.h"
#include "spawn/wire.h"

namespace uvinetd {

class ControlListener {
 public:
  // Not open where `settings` say that there is none, or say nothing and there is no run_folder().
  // Who may connect is who may ask anything. Errors: EADDRINUSE: another daemon answers there;
  // EINVAL: an unknown group; those of mkdir(2), bind(2).
  Status open(const ControlSettings& settings);
  // Removes the path if it is still ours.
  void remove();

  [[nodiscard]] bool is_open() const { return fd_.is_open(); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const ControlSocket& rules() const { return rules_; }

 private:
  std::string path_;
  PathIdentity identity_;
  UniqueFd fd_;
  ControlSocket rules_;
};

}  // namespace uvinetd
