// SPDX-License-Identifier: ISC
#include "bench/load/process_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "core/base/unique_fd.h"

namespace uvinetd::bench {
namespace {

// "" when it cannot be read.
std::string read_file(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string out;
  std::array<char, 4096> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  for (;;) {
    const ssize_t count = file.is_open() ? read(file.get(), piece.data(), piece.size()) : 0;
    if (count <= 0) return out;
    out.append(piece.data(), static_cast<std::size_t>(count));
  }
}

// The names in a directory that are numbers.
std::vector<pid_t> numbers_in(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), &closedir);
  std::vector<pid_t> out;
  while (const dirent* entry = folder ? readdir(folder.get()) : nullptr) {
    const std::string_view name(entry->d_name);
    pid_t number = 0;
    const auto end = name.data() + name.size();
    if (const auto read = std::from_chars(name.data(), end, number);
        read.ec == std::errc() && read.ptr == end)
      out.push_back(number);
  }
  return out;
}

nanoseconds from_ticks(std::uint64_t ticks) {
  static const long per_second = sysconf(_SC_CLK_TCK);
  return nanoseconds(static_cast<std::int64_t>(ticks) * (1'000'000'000 / per_second));
}

// The number after "name:" in a file of such lines; 0 when there is none.
std::uint64_t field(std::string_view text, std::string_view name) {
  for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    const auto digits = text.find_first_not_of(" \t", at + name.size());
    if (digits == std::string_view::npos) return 0;
    std::uint64_t value = 0;
    std::from_chars(text.data() + digits, text.data() + text.size(), value);
    return value;
  }
  return 0;
}

}  // namespace

std::optional<ProcessStat> read_stat(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid));
  const auto name_end = text.rfind(')');  // the name before it may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  ProcessStat out;
  out.pid = pid;
  rest >> out.state >> out.parent;
  std::array<std::uint64_t, 23> fields{};  // by their number in proc(5), the first being 1
  std::string word;
  for (std::size_t number = 5; number < fields.size() && rest >> word; ++number)
    std::from_chars(word.data(), word.data() + word.size(), fields[number]);
  if (!rest) return std::nullopt;
  out.cpu = from_ticks(fields[14] + fields[15]);
  out.children_cpu = from_ticks(fields[16] + fields[17]);
  out.start_time = fields[22];
  return out;
}

std::vector<ProcessStat> read_all_stats() {
  std::vector<ProcessStat> out;
  for (const auto pid : numbers_in("/proc"))
    if (auto stat = read_stat(pid)) out.push_back(*stat);
  return out;
}

std::optional<Usage> read_usage(pid_t pid) {
  const auto stat = read_stat(pid);
  if (!stat) return std::nullopt;
  Usage out;
  out.children_cpu = stat->children_cpu;
  const auto tasks = fmt::format("/proc/{}/task", pid);
  for (const auto task : numbers_in(tasks)) {
    const auto status = read_file(fmt::format("{}/{}/status", tasks, task));
    out.context_switches +=
        field(status, "voluntary_ctxt_switches:") + field(status, "nonvoluntary_ctxt_switches:");
    std::int64_t on_cpu = 0;
    std::istringstream(read_file(fmt::format("{}/{}/schedstat", tasks, task))) >> on_cpu;
    out.cpu += nanoseconds(on_cpu);
  }
  if (out.cpu.count() == 0) out.cpu = stat->cpu;
  return out;
}

std::optional<std::uint64_t> read_pss_kib(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/smaps_rollup", pid));
  if (text.empty()) return std::nullopt;
  return field(text, "Pss:");
}

}  // namespace uvinetd::bench
