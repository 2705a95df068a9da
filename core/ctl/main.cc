// SPDX-License-Identifier: ISC
// uvinetctl: the program that people ask about uvinetd and its configuration.
#include <fcntl.h>

#include <cstdio>

#include "core/ctl/command.h"
#include "core/ctl/verbs.h"

namespace {

// What is opened later must not come to stand where the output goes. Writing to it fails.
void fill_closed_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  fill_closed_descriptors();
  const auto parsed = uvinetd::parse_command({argv, argv + argc});
  if (parsed.exit_status) {
    std::fputs(parsed.text.c_str(), *parsed.exit_status == 0 ? stdout : stderr);
    return *parsed.exit_status;
  }
  return uvinetd::run_command(parsed.command);
}
