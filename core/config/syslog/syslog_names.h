// SPDX-License-Identifier: ISC
// Facilities and severities by name. Letter case is free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/config/syslog/syslog_rules.h"

namespace uvinetd {

// "security" is auth, but in FreeBSD a facility of its own. nullopt: unknown.
[[nodiscard]] std::optional<std::size_t> syslog_facility(std::string_view name,
                                                         SyslogDialect dialect);
[[nodiscard]] std::optional<std::size_t> syslog_severity(std::string_view name);
[[nodiscard]] std::string_view syslog_facility_name(std::size_t facility);
[[nodiscard]] std::string_view syslog_severity_name(std::size_t severity);

// What programs say to syslog(3), by the one name of each: neither ntp nor warn. nullopt: unknown.
[[nodiscard]] std::optional<std::uint8_t> plain_syslog_facility(std::string_view name);
[[nodiscard]] std::optional<std::uint8_t> plain_syslog_severity(std::string_view name);

[[nodiscard]] std::string syslog_facility_hint(std::string_view name);
[[nodiscard]] std::string syslog_severity_hint(std::string_view name);

// The severities of bits: "nothing", "info", "emerg to err", "warning to notice and debug".
[[nodiscard]] std::string severities_text(std::uint8_t bits);

}  // namespace uvinetd
