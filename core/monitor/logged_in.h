// SPDX-License-Identifier: ISC
// Who is logged in where, as the login programs write it in utmp(5). A host without that file
// (most containers) has nobody logged in.
#pragma once

#include <string>
#include <vector>

namespace uvinetd {

struct LoggedIn {
  std::string user;
  std::string terminal;  // below /dev: "pts/3", "tty1"
};

// Reads the file; waits for no lock. What is left over of a session whose process has ended is
// left out, and so is a name of a terminal that leads elsewhere.
[[nodiscard]] std::vector<LoggedIn> who_is_logged_in();
[[nodiscard]] std::vector<LoggedIn> read_logged_in(const std::string& file);

// Whether it names a terminal below /dev and nothing else. Pure.
[[nodiscard]] bool is_terminal_name(const std::string& name);

}  // namespace uvinetd
