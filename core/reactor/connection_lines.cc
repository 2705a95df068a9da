// SPDX-License-Identifier: ISC
#include "core/reactor/connection_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "spawn/reaper.h"

namespace uvinetd {
namespace {

std::uint8_t parts_or_all(std::uint8_t parts) {
  return parts == 0 ? log_part::kAll : parts;
}

// In milliseconds; "unknown" as a status may be. A launcher may say any number.
std::string cpu_time(const Report& report) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 2;
  if (report.user_usec < 0 || report.system_usec < 0) return "unknown";
  const auto usec = std::min(report.user_usec, kMost) + std::min(report.system_usec, kMost);
  return std::to_string(usec / 1000);
}

}  // namespace

// To name parts is to want the lines.
bool logs_starts(const LogSettings& log, bool by_default) {
  switch (log.connections) {
    case LogChoice::Yes:
      return true;
    case LogChoice::No:
      return false;
    case LogChoice::Default:
      break;
  }
  return by_default || log.on_success != 0;
}

bool logs_exits(const LogSettings& log, bool by_default) {
  constexpr std::uint8_t kOfExits = log_part::kExit | log_part::kDuration;
  return logs_starts(log, by_default) && (parts_or_all(log.on_success) & kOfExits) != 0;
}

bool logs_relay_ends(const LogSettings& log, bool by_default) {
  const bool has_traffic = (parts_or_all(log.on_success) & log_part::kTraffic) != 0;
  return logs_exits(log, by_default) || (has_traffic && logs_starts(log, by_default));
}

std::string start_line(const LogSettings& log, std::string_view id, std::string_view pid,
                       std::string_view from) {
  const auto parts = parts_or_all(log.on_success);
  auto out = fmt::format("start id={}", id);
  if ((parts & log_part::kPid) != 0) fmt::format_to(std::back_inserter(out), " pid={}", pid);
  if ((parts & log_part::kHost) != 0) fmt::format_to(std::back_inserter(out), " from={}", from);
  return out;
}

std::string exit_line(const LogSettings& log, std::string_view id, const Report& report,
                      std::chrono::nanoseconds ran) {
  const auto parts = parts_or_all(log.on_success);
  auto out = fmt::format("exit id={}", id);
  const auto end = std::back_inserter(out);
  if ((parts & log_part::kPid) != 0) fmt::format_to(end, " pid={}", report.pid);
  if ((parts & log_part::kExit) != 0) fmt::format_to(end, " status={}", status_text(report.status));
  if ((parts & log_part::kDuration) != 0) {
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(ran);
    fmt::format_to(end, " ms={} cpu={}", time.count(), cpu_time(report));
  }
  return out;
}

std::string relay_end_line(const LogSettings& log, std::string_view id, const RelayEnd& ended) {
  const auto parts = parts_or_all(log.on_success);
  auto out = fmt::format("exit id={}", id);
  const auto end = std::back_inserter(out);
  if ((parts & log_part::kPid) != 0) out += " pid=-";
  if ((parts & log_part::kExit) != 0) {
    fmt::format_to(end, " status={}", ended.unreachable == 0 ? 0 : 1);
  }
  if ((parts & log_part::kDuration) != 0) fmt::format_to(end, " ms={}", ended.lasted.count());
  if ((parts & log_part::kTraffic) != 0) {
    fmt::format_to(end, " received={} sent={}", ended.received, ended.sent);
  }
  return out;
}

std::string refusal_line(const LogSettings& log, std::string_view id, std::string_view from,
                         std::string_view reason) {
  const bool has_host = (parts_or_all(log.on_failure) & log_part::kHost) != 0;
  return has_host ? fmt::format("refuse id={} from={} reason={}", id, from, reason)
                  : fmt::format("refuse id={} reason={}", id, reason);
}

}  // namespace uvinetd
