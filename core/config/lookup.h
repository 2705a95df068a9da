// SPDX-License-Identifier: ISC
// Look-ups that cannot hang us: all of them run in one helper process, which is killed when the
// deadline passes. Answers that came before it count.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/unique_fd.h"
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

// The helper. Made early, while we are small: a fork copies what we have in memory, and every page
// that we write to afterwards.
class LookupHelper {
 public:
  // Forks: the caller must have one thread only. `service` is what the helper asks. A helper that
  // cannot be started leaves everything unanswered.
  explicit LookupHelper(const NameService& service);
  ~LookupHelper();
  LookupHelper(const LookupHelper&) = delete;
  LookupHelper& operator=(const LookupHelper&) = delete;

  // Once. Blocks until all is answered or the deadline has passed.
  [[nodiscard]] LookupResults ask(const LookupRequest& request, std::chrono::milliseconds deadline);

 private:
  UniqueFd channel_;
  pid_t pid_ = -1;
};

// The same in one step.
[[nodiscard]] LookupResults run_lookups(const LookupRequest& request,
                                        std::chrono::milliseconds deadline,
                                        const NameService& service);

}  // namespace uvinetd
