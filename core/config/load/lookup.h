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

#include "core/config/load/helper_process.h"
#include "core/config/load/name_service.h"

namespace uvinetd {

struct LookupRequest {
  std::set<std::string> users;  // names, or decimal uids
  std::set<std::string> groups;
  std::set<std::string> hosts;

  [[nodiscard]] bool is_empty() const { return users.empty() && groups.empty() && hosts.empty(); }
};

// What is not in a map has not been answered in time.
struct LookupResults {
  std::unordered_map<std::string, NameAnswer<UserRecord>> users;
  std::unordered_map<std::string, NameAnswer<std::uint32_t>> groups;
  std::unordered_map<std::string, NameAnswer<std::vector<std::string>>> hosts;
};

class LookupHelper {
 public:
  // Forks: see helper_process.h. `service` is what the helper asks. A helper that cannot be started
  // leaves everything unanswered.
  explicit LookupHelper(const NameService& service);

  // Once. Blocks until all is answered or the deadline has passed.
  [[nodiscard]] LookupResults ask(const LookupRequest& request, std::chrono::milliseconds deadline);

 private:
  HelperProcess process_;
};

}  // namespace uvinetd
