// SPDX-License-Identifier: ISC
#include "core/reactor/connection_lines.h"

#include <sys/wait.h>

#include <algorithm>
#include <limits>

#include "spawn/reaper.h"

namespace uvinetd {
namespace {

std::uint8_t parts_or_all(std::uint8_t parts) {
  return parts == 0 ? log_part::kAll : parts;
}

// In milliseconds; "unknown" as a status may be. A launcher may say any number.
void add_cpu_time(Event& event, const Report& report) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 2;
  if (report.user_usec < 0 || report.system_usec < 0) {
    event.add("cpu", "unknown");
    return;
  }
  const auto usec = std::min(report.user_usec, kMost) + std::min(report.system_usec, kMost);
  event.add("cpu", usec / 1000);
}

void add_status(Event& event, int status) {
  if (status != kUnknownStatus && WIFEXITED(status)) {
    event.add("status", WEXITSTATUS(status));
  } else {
    event.add("status", status_text(status));
  }
}

void add_pid(Event& event, pid_t pid) {
  if (pid != 0) {
    event.add("pid", pid);
  } else {
    event.add("pid", "-");
  }
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

Event start_event(const LogSettings& log, std::string_view id, pid_t pid, std::string_view from) {
  const auto parts = parts_or_all(log.on_success);
  Event out(LogLevel::Info, "start");
  out.add("id", id);
  if ((parts & log_part::kPid) != 0) add_pid(out, pid);
  if ((parts & log_part::kHost) != 0) out.add("from", from);
  return out;
}

Event exit_event(const LogSettings& log, std::string_view id, const Report& report,
                 std::chrono::nanoseconds ran) {
  const auto parts = parts_or_all(log.on_success);
  Event out(LogLevel::Info, "exit");
  out.add("id", id);
  if ((parts & log_part::kPid) != 0) out.add("pid", report.pid);
  if ((parts & log_part::kExit) != 0) add_status(out, report.status);
  if ((parts & log_part::kDuration) != 0) {
    out.add("ms", std::chrono::duration_cast<std::chrono::milliseconds>(ran).count());
    add_cpu_time(out, report);
  }
  return out;
}

Event relay_end_event(const LogSettings& log, std::string_view id, const RelayEnd& ended) {
  const auto parts = parts_or_all(log.on_success);
  Event out(LogLevel::Info, "exit");
  out.add("id", id);
  if ((parts & log_part::kPid) != 0) add_pid(out, 0);
  if ((parts & log_part::kExit) != 0) out.add("status", ended.unreachable == 0 ? 0 : 1);
  if ((parts & log_part::kDuration) != 0) out.add("ms", ended.lasted.count());
  if ((parts & log_part::kTraffic) != 0) {
    out.add("received", ended.received).add("sent", ended.sent);
  }
  return out;
}

Event refusal_event(const LogSettings& log, std::string_view id, std::string_view from,
                    std::string_view reason) {
  constexpr std::string_view kStep = " step=";
  constexpr std::string_view kErrno = " errno=";
  Event out(LogLevel::Warning, "refuse");
  out.add("id", id);
  if ((parts_or_all(log.on_failure) & log_part::kHost) != 0) out.add("from", from);
  const auto step = reason.find(kStep);
  const auto head = reason.substr(0, step);
  const auto code = head.find(kErrno);
  out.add("reason", head.substr(0, code));
  if (code != std::string_view::npos) out.add("errno", head.substr(code + kErrno.size()));
  if (step != std::string_view::npos) out.add("step", reason.substr(step + kStep.size()));
  return out;
}

}  // namespace uvinetd
