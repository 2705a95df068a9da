// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/words.h"
#include "core/config/suggest.h"

namespace uvinetd {
namespace {

using Name = std::pair<std::string_view, std::size_t>;

// The name that is printed comes first.
constexpr std::array kFacilities{Name{"kern", 0},
                                 Name{"user", 1},
                                 Name{"mail", 2},
                                 Name{"daemon", 3},
                                 Name{"auth", 4},
                                 Name{"syslog", 5},
                                 Name{"lpr", 6},
                                 Name{"news", 7},
                                 Name{"uucp", 8},
                                 Name{"cron", 9},
                                 Name{"authpriv", 10},
                                 Name{"ftp", 11},
                                 Name{"ntp", 12},
                                 Name{"audit", 13},
                                 Name{"console", 14},
                                 Name{"cron2", 15},
                                 Name{"local0", 16},
                                 Name{"local1", 17},
                                 Name{"local2", 18},
                                 Name{"local3", 19},
                                 Name{"local4", 20},
                                 Name{"local5", 21},
                                 Name{"local6", 22},
                                 Name{"local7", 23},
                                 Name{"mark", kMarkFacility},
                                 Name{"security", 4},
                                 Name{"solaris-cron", 15}};
constexpr std::size_t kFtp = 11;
constexpr std::size_t kAudit = 13;
constexpr std::size_t kLocal0 = 16;

constexpr std::array kSeverities{Name{"emerg", 0}, Name{"alert", 1},   Name{"crit", 2},
                                 Name{"err", 3},   Name{"warning", 4}, Name{"notice", 5},
                                 Name{"info", 6},  Name{"debug", 7},   Name{"panic", 0},
                                 Name{"error", 3}, Name{"warn", 4}};

template <std::size_t N>
std::optional<std::size_t> find(const std::array<Name, N>& names, std::string_view word) {
  for (const auto& [name, number] : names) {
    if (is_same_word(word, name)) return number;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string hint(const std::array<Name, N>& names, std::string_view word) {
  std::array<std::string_view, N> words;
  std::transform(names.begin(), names.end(), words.begin(),
                 [](const Name& name) { return name.first; });
  return did_you_mean(word, words);
}

}  // namespace

std::optional<std::size_t> syslog_facility(std::string_view name, SyslogDialect dialect) {
  if (dialect == SyslogDialect::Bsd && is_same_word(name, "security")) return kAudit;
  return find(kFacilities, name);
}

std::optional<std::size_t> syslog_severity(std::string_view name) {
  return find(kSeverities, name);
}

std::string_view syslog_facility_name(std::size_t facility) {
  return facility < kSyslogFacilities ? kFacilities[facility].first : std::string_view();
}

std::string_view syslog_severity_name(std::size_t severity) {
  return severity < kSyslogSeverities ? kSeverities[severity].first : std::string_view();
}

std::optional<std::uint8_t> plain_syslog_facility(std::string_view name) {
  const auto number = find(kFacilities, name);
  const bool is_plain =
      number && (*number <= kFtp || (*number >= kLocal0 && *number < kMarkFacility));
  if (!is_plain || !is_same_word(name, syslog_facility_name(*number))) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

std::optional<std::uint8_t> plain_syslog_severity(std::string_view name) {
  const auto number = find(kSeverities, name);
  if (!number || !is_same_word(name, syslog_severity_name(*number))) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

std::string syslog_facility_hint(std::string_view name) {
  return hint(kFacilities, name);
}

std::string syslog_severity_hint(std::string_view name) {
  return hint(kSeverities, name);
}

std::string severities_text(std::uint8_t bits) {
  if (bits == 0) return "nothing";
  if (bits == 0xff) return "everything";
  std::string out;
  for (std::size_t from = 0; from < kSyslogSeverities; ++from) {
    const auto has = [bits](std::size_t bit) { return ((bits >> bit) & 1U) != 0; };
    if (!has(from)) continue;
    auto to = from;
    while (to + 1 < kSyslogSeverities && has(to + 1)) ++to;
    if (!out.empty()) out += " and ";
    out += syslog_severity_name(from);
    if (to != from) out += " to " + std::string(syslog_severity_name(to));
    from = to;
  }
  return out;
}

}  // namespace uvinetd
