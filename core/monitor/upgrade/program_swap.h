// SPDX-License-Identifier: ISC
// Putting another program in our place: execve(2) with everything kept open that it is to have.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

// How a program learns that it takes the place of another one: by a variable. Its arguments are
// those of the daemon, so that whoever looks for that finds it.
//
//     UVINETD_RESUME=STATE,BINARY[,REASON]
//
// Two descriptors: the state, and the program before, for give_place_back().
struct ResumeOrder {
  int state = -1;
  int binary = -1;
  std::string failed;  // why the program that was to take our place could not; "": it is that one
};
// Takes it out of the environment; nullopt: this is a start like any other.
[[nodiscard]] std::optional<ResumeOrder> take_resume_order();

// `--upgrade-check=STATE`: whether this program could take the place of the one that wrote it.
[[nodiscard]] std::optional<int> upgrade_check_order(const std::vector<std::string>& argv);
[[nodiscard]] std::string upgrade_check_argument(int state);

// Ours, with these (NAME=VALUE) before it.
[[nodiscard]] std::vector<std::string> environment_with(const std::vector<std::string>& variables);
// As execve(2) wants them; valid as long as `list`.
[[nodiscard]] std::vector<char*> pointers_to(std::vector<std::string>& list);

// The place of this process goes to `program`. `kept` stay open in it, all else that is
// close-on-exec is closed; `variables` are added to the environment. All signals are blocked from
// here until the other program is ready for them: one that came between would end it. Returns only
// when it has failed, with everything as it was.
struct ProgramPlace {
  std::string program;
  std::vector<std::string> argv;
  int state = -1;
  int own_binary = -1;
  std::vector<int> kept;
  std::vector<std::string> variables;
};
[[nodiscard]] Error give_place(ProgramPlace place);

// The program before goes on: for one that has taken its place and cannot use the state. What it
// left open is open still. Returns only when it has failed.
void give_place_back(const ResumeOrder& order, std::vector<std::string> argv,
                     const std::string& reason);

// Whether these are closed at the next exec. Errors: EBADF.
Status set_close_on_exec(const std::vector<int>& descriptors, bool on);

// All that stands in it. Errors: those of read(2).
Result<std::string> read_whole(int fd);

}  // namespace uvinetd
