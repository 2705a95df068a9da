// SPDX-License-Identifier: ISC
// Prints what `uvinetd --help` prints, for man_page_test.py.
#include <cstdio>

#include "core/monitor/options.h"

int main() {
  const auto text = uvinetd::help_text();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
