// SPDX-License-Identifier: ISC
// uvinetctl: the program that people ask about uvinetd and its configuration.
#include <cstdio>

#include "core/ctl/command.h"
#include "core/ctl/verbs.h"

int main(int argc, char** argv) {
  const auto parsed = uvinetd::parse_command({argv, argv + argc});
  if (parsed.exit_status) {
    std::fputs(parsed.text.c_str(), *parsed.exit_status == 0 ? stdout : stderr);
    return *parsed.exit_status;
  }
  return uvinetd::run_command(parsed.command);
}
