// SPDX-License-Identifier: ISC
// One `:property, operation, "value"` of a rule, made ready.
#pragma once

#include <regex.h>

#include <memory>
#include <string>

#include "core/config/syslog/syslog_rules.h"
#include "core/syslogd/line.h"

namespace uvinetd {

class PropertyFilter {
 public:
  explicit PropertyFilter(const SyslogPropertyFilter& filter);

  // Of a regular expression that does not compile: never, also where it is inverted.
  [[nodiscard]] bool takes(const SyslogRecord& record) const;

 private:
  struct Free {
    void operator()(regex_t* regex) const;
  };

  [[nodiscard]] bool holds(const char* text, std::size_t size) const;

  SyslogPropertyFilter filter_;  // `value` in small letters where it ignores case
  std::unique_ptr<regex_t, Free> regex_;
};

}  // namespace uvinetd
