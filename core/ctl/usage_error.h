// SPDX-License-Identifier: ISC
// What is wrong with a command line; thrown while it is parsed and caught by parse_command().
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace uvinetd {

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline std::string with_hint(std::string text, const std::string& hint) {
  return hint.empty() ? text : std::move(text) + " (" + hint + ")";
}

}  // namespace uvinetd
