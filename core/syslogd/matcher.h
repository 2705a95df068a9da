// SPDX-License-Identifier: ISC
// Which targets a message goes to. Compiled once from the rules; asking costs a look-up by PRI, and
// the names and properties of the few rules that are left.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config/syslog/syslog_rules.h"
#include "core/syslogd/line.h"

namespace uvinetd {

class SyslogMatcher {
 public:
  // `rules` is copied. `host` is this host's name. A regular expression that does not compile is
  // never matched (the front end has refused it).
  SyslogMatcher(const SyslogRules& rules, std::string host);
  ~SyslogMatcher();
  SyslogMatcher(SyslogMatcher&&) noexcept;
  SyslogMatcher& operator=(SyslogMatcher&&) noexcept;

  // The actions, each once, in the order of the rules; Discard's are left out.
  void match(const SyslogRecord& record, std::vector<std::uint32_t>& actions) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace uvinetd
