// SPDX-License-Identifier: ISC
// Prints every help text of uvinetctl, for the test that holds them against the manual page.
#include <cstdio>

#include "core/ctl/command.h"

int main() {
  using uvinetd::Verb;
  std::fputs(uvinetd::ctl_help_text(std::nullopt).c_str(), stdout);
  for (int verb = 0; verb <= static_cast<int>(uvinetd::kLastVerb); ++verb) {
    std::fputs(uvinetd::ctl_help_text(static_cast<Verb>(verb)).c_str(), stdout);
  }
  return 0;
}
