// SPDX-License-Identifier: ISC
// Where the daemon is asked, and what to say when it cannot be.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/ctl/live/control_client.h"

namespace uvinetd {

// --socket, else UVINETD_CONTROL, else that of root or, under XDG_RUNTIME_DIR, of a user; "": there
// is no such folder (run_folder.h). An empty variable counts as none. Pure.
struct SocketChoice {
  std::string option;
  const char* control = nullptr;      // UVINETD_CONTROL
  const char* runtime_dir = nullptr;  // XDG_RUNTIME_DIR
  uid_t uid = 0;
};
[[nodiscard]] std::string control_socket(const SocketChoice& choice);
// By the environment and the user of this process.
[[nodiscard]] std::string control_socket(const std::string& option);

// One line: what went wrong with this socket, and what to do about it.
[[nodiscard]] std::string trouble_text(const ClientError& error, const std::string& path);
// Of --json's error: "not-running", "denied", "lost", ...
[[nodiscard]] const char* trouble_code(ClientTrouble trouble);
[[nodiscard]] int trouble_status(ClientTrouble trouble);

}  // namespace uvinetd
