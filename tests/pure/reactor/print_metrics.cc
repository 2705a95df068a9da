// SPDX-License-Identifier: ISC
// Prints metrics in which there is one of everything, for others to judge.
#include <cstdio>

#include "tests/pure/reactor/metrics_example.h"

int main() {
  uvinetd::test::FakeView view;
  view.fill();
  const auto text = uvinetd::test::whole_text(view, true);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
