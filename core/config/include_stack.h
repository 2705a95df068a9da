// SPDX-License-Identifier: ISC
// The files that are being read, outermost first: what a relative path is relative to, and whether
// a file may be included. Pure: compares names, not files; a loop of links ends at the depth.
#pragma once

#include <string>
#include <vector>

namespace uvinetd {

class IncludeStack {
 public:
  void push(const std::string& file);
  void pop() { open_.pop_back(); }

  // `path`, relative to the folder of the file that is being read.
  [[nodiscard]] std::string resolve(const std::string& path) const;
  // Why a resolved path must not be read now; "": it may.
  [[nodiscard]] std::string objection(const std::string& path) const;

 private:
  std::vector<std::string> open_;  // normalised
};

}  // namespace uvinetd
