// SPDX-License-Identifier: ISC
// Rules as they are read: those with the same target share one action.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "core/config/syslog/syslog_rules.h"

namespace uvinetd {

class SyslogRuleList {
 public:
  // The first rule of a target says how it is reached. Answers where that was, if this one has
  // other options; "": they are the same, or none.
  std::string add(SyslogRule rule, SyslogAction action);

  [[nodiscard]] std::size_t size() const { return rules_.rules.size(); }
  [[nodiscard]] SyslogRules take() { return std::move(rules_); }

 private:
  SyslogRules rules_;
  std::map<std::pair<SyslogActionKind, std::string>, std::size_t> actions_;  // by their targets
};

}  // namespace uvinetd
