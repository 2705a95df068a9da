// SPDX-License-Identifier: ISC
// Prints every help text of uvinetctl, for the test that holds them against the manual page.
#include <cstdio>

#include "core/ctl/command.h"

int main() {
  using uvinetd::Verb;
  std::fputs(uvinetd::ctl_help_text(std::nullopt).data(), stdout);
  for (const auto verb : {Verb::Check, Verb::Show, Verb::Convert}) {
    std::fputs(uvinetd::ctl_help_text(verb).data(), stdout);
  }
  return 0;
}
