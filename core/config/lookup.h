// SPDX-License-Identifier: ISC
// Look-ups that cannot hang us: all of them run in one helper process, which is killed when the
// deadline passes. Answers that came before it count.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/config/name_service.h"

namespace uvinetd {

struct LookupRequest {
  std::set<std::string> users;  // names, or decimal uids
  std::set<std::string> groups;
  std::set<std::string> hosts;

  [[nodiscard]] bool is_empty() const { return users.empty() && groups.empty() && hosts.empty(); }
};

// What is not in a map has not been answered in time.
struct LookupResults {
  std::unordered_map<std::string, Answer<UserRecord>> users;
  std::unordered_map<std::string, Answer<std::uint32_t>> groups;
  std::unordered_map<std::string, Answer<std::vector<std::string>>> hosts;
};

// Blocks until all is answered or the deadline has passed. The caller must have one thread only
// (fork). A helper that cannot be started leaves everything unanswered.
[[nodiscard]] LookupResults run_lookups(const LookupRequest& request,
                                        std::chrono::milliseconds deadline,
                                        const NameService& service);

}  // namespace uvinetd
