// SPDX-License-Identifier: ISC
// The files that servers have as standard error (`stderr = "file:/path"`), opened by the monitor.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

class ErrorFileStore {
 public:
  using Wanted = std::map<std::uint32_t, std::set<std::string>>;  // paths by identity
  using Files = std::vector<std::pair<std::string, int>>;         // descriptors are borrowed

  explicit ErrorFileStore(Log& log) : log_(log) {}

  // Opens what is wanted, anew where another file has the name by now, and closes the rest. A file
  // that cannot be opened is an error in the log, once; its services then start no server.
  void want(const Wanted& wanted);
  // Tries those again that could not be opened. True: one is there now, and of() has it.
  bool retry() { return has_failed_ && open_missing(); }
  [[nodiscard]] Files of(std::uint32_t identity) const;
  [[nodiscard]] bool is_empty() const { return wanted_.empty(); }
  [[nodiscard]] bool has_failed() const { return has_failed_; }

 private:
  [[nodiscard]] bool is_wanted(const std::string& path) const;
  bool open_missing();

  Log& log_;
  Wanted wanted_;
  std::map<std::string, UniqueFd> files_;
  std::set<std::string> told_;  // that they cannot be opened
  bool has_failed_ = false;
};

}  // namespace uvinetd
