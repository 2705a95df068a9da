// SPDX-License-Identifier: ISC
#include "bench/load/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>

namespace uvinetd::bench {

Progress::Progress(bool is_wanted) : is_shown_(is_wanted && isatty(STDERR_FILENO) == 1) {}

void Progress::show(const char* phase, double share, const Tally& tally) {
  if (!is_shown_) return;
  std::fputs(("\r\033[K" + progress_line(phase, share, tally)).c_str(), stderr);
  std::fflush(stderr);
  has_line_ = true;
}

void Progress::clear() {
  if (!has_line_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  has_line_ = false;
}

std::string progress_line(const char* phase, double share, const Tally& tally) {
  constexpr std::size_t kWidth = 30;
  const auto full = static_cast<std::size_t>(share * kWidth);
  auto out = fmt::format("{} [{:<{}}] {:3.0f} %  {} connections", phase, std::string(full, '#'),
                         kWidth, share * 100, tally.samples.size());
  if (const auto failed = tally.failed(); failed > 0) out += fmt::format(", {} errors", failed);
  return out;
}

}  // namespace uvinetd::bench
