// SPDX-License-Identifier: ISC
#include "core/ctl/live/process_cpu.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>

#include "core/base/unique_fd.h"

namespace uvinetd {

// "12 (a name) S 1 ..." (proc(5)): the name may have blanks and parentheses; utime, stime, cutime
// and cstime are the fields 14 to 17.
std::optional<std::int64_t> cpu_ticks(std::string_view stat) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  std::int64_t sum = 0;
  for (int field = 3; field <= 17; ++field) {
    const auto begin = stat.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    stat.remove_prefix(begin);
    const auto word = stat.substr(0, stat.find(' '));
    stat.remove_prefix(word.size());
    if (field < 14) continue;
    std::int64_t ticks = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), ticks);
    const bool is_whole = end == word.data() + word.size();
    if (error != std::errc() || !is_whole || ticks < 0 ||
        __builtin_add_overflow(sum, ticks, &sum)) {
      return std::nullopt;
    }
  }
  return sum;
}

std::optional<std::int64_t> process_cpu_usec(pid_t pid) {
  const UniqueFd fd(open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return std::nullopt;
  std::array<char, 2048> text;
  const auto count = read(fd.get(), text.data(), text.size());
  if (count <= 0) return std::nullopt;
  const auto ticks = cpu_ticks({text.data(), static_cast<std::size_t>(count)});
  const auto per_second = sysconf(_SC_CLK_TCK);
  constexpr std::int64_t kMost = 1'000'000'000'000;
  if (!ticks || per_second <= 0 || *ticks > kMost) return std::nullopt;
  return *ticks * (1'000'000 / per_second);
}

}  // namespace uvinetd
