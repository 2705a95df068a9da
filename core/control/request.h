// SPDX-License-Identifier: ISC
// What a client of the control socket asks for (README.md has the protocol). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/control/reply.h"

namespace uvinetd {

inline constexpr int kControlVersion = 1;
inline constexpr std::size_t kLongestControlRequest = 64 * 1024;  // bytes

enum class ControlVerb : std::uint8_t {
  DaemonStatus,
  List,
  Show,
  Ps,
  Match,
  Metrics,
  Tail,
  Bans,
  Reload,
  Pause,
  Resume,
  Ban,
  Unban,
  Kill,
  Stop,
  ReopenLogs,
  Upgrade,
};

struct ControlRequest {
  ControlVerb verb = ControlVerb::DaemonStatus;
  std::string id;                // of a service; "": not given
  std::string address;           // match; ban, unban: or a prefix
  bool refuse = false;           // pause: clients are refused, instead of standing in the backlog
  bool services = false;         // metrics: of each service too
  std::vector<std::string> ids;  // tail: of these only
  std::vector<std::string> events;            // tail: by their names
  std::optional<std::int64_t> seconds;        // ban: for how long
  std::optional<std::int64_t> drain_seconds;  // stop: how long servers may take
  std::int32_t pid = 0;                       // kill
  std::int32_t signal = 0;                    // kill; 0: SIGTERM

  friend bool operator==(const ControlRequest&, const ControlRequest&) = default;
};

[[nodiscard]] std::string_view verb_name(ControlVerb verb);
// It leaves everything as it is, and tells nothing that the configuration may keep to itself (the
// environment of servers).
[[nodiscard]] bool only_reads(ControlVerb verb);

struct ParsedRequest {
  ControlRequest request;
  std::optional<ControlError> error;  // then `request` means nothing
};
// One line without its end.
[[nodiscard]] ParsedRequest parse_request(std::string_view line);
// The line, with its end.
[[nodiscard]] std::string print_request(const ControlRequest& request);

}  // namespace uvinetd
