// SPDX-License-Identifier: ISC
#include "core/syslogd/matcher.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/base/words.h"
#include "core/syslogd/property_filter.h"

namespace uvinetd {
namespace {

constexpr std::string_view kThisHost = "@";

// As it is written, or up to its first "/": "postfix" is "postfix/smtpd" too.
bool is_program(std::string_view name, std::string_view program) {
  return name == program || name == program.substr(0, program.find('/'));
}

// What a rule asks besides the PRI.
class Conditions {
 public:
  Conditions(const SyslogRule& rule, const std::string& host)
      : programs_(rule.programs), hosts_(rule.hosts) {
    std::replace(hosts_.names.begin(), hosts_.names.end(), std::string(kThisHost), host);
    properties_.reserve(rule.properties.size());
    for (const auto& filter : rule.properties) properties_.emplace_back(filter);
  }

  [[nodiscard]] static bool has_any(const SyslogRule& rule) {
    return !rule.programs.names.empty() || !rule.hosts.names.empty() || !rule.properties.empty();
  }
  [[nodiscard]] bool hold(const SyslogRecord& record) const {
    return names(programs_, record.program, is_program) &&
           names(hosts_, record.host, is_same_word) &&
           std::all_of(properties_.begin(), properties_.end(),
                       [&](const PropertyFilter& filter) { return filter.takes(record); });
  }

 private:
  static bool names(const SyslogNames& wanted, std::string_view text,
                    bool (*is_one)(std::string_view, std::string_view)) {
    if (wanted.names.empty()) return true;
    const bool is_named = std::any_of(wanted.names.begin(), wanted.names.end(),
                                      [&](const auto& name) { return is_one(name, text); });
    return is_named != wanted.is_inverted;
  }

  SyslogNames programs_;
  SyslogNames hosts_;
  std::vector<PropertyFilter> properties_;
};

// A rule as one PRI has it.
struct Entry {
  static constexpr std::uint32_t kAlways = 0xffffffff;

  std::uint32_t conditions = kAlways;  // in Compiled::conditions
  std::uint32_t action = 0;
  bool is_discard = false;
  bool is_final = false;
};

bool has(const std::vector<std::uint32_t>& actions, std::uint32_t action) {
  return std::find(actions.begin(), actions.end(), action) != actions.end();
}

}  // namespace

struct SyslogMatcher::Compiled {
  struct Row {
    std::vector<std::uint32_t> always;  // of the first entries, as long as they ask nothing
    std::vector<Entry> rest;
  };

  // `entry` for each PRI of `mask`. What cannot be reached is left out.
  void add(const SyslogMask& mask, const Entry& entry) {
    for (std::size_t facility = 0; facility < kSyslogFacilities; ++facility) {
      for (std::size_t severity = 0; severity < kSyslogSeverities; ++severity) {
        const auto pri = facility * kSyslogSeverities + severity;
        if ((mask.at(facility) >> severity & 1) == 0 || is_closed.at(pri)) continue;
        add(rows.at(pri), entry);
        is_closed.at(pri) = entry.is_final && entry.conditions == Entry::kAlways;
      }
    }
  }

  std::array<Row, kSyslogFacilities * kSyslogSeverities> rows;
  std::array<bool, kSyslogFacilities * kSyslogSeverities> is_closed{};  // while it is compiled
  std::vector<Conditions> conditions;

 private:
  static void add(Row& row, const Entry& entry) {
    if (has(row.always, entry.action) && !entry.is_final) return;
    if (entry.conditions != Entry::kAlways || !row.rest.empty()) {
      row.rest.push_back(entry);
    } else if (!entry.is_discard && !has(row.always, entry.action)) {
      row.always.push_back(entry.action);
    }
  }
};

SyslogMatcher::SyslogMatcher(const SyslogRules& rules, std::string host)
    : compiled_(std::make_unique<Compiled>()) {
  for (const auto& rule : rules.rules) {
    if (rule.action >= rules.actions.size()) continue;
    Entry entry;
    entry.action = static_cast<std::uint32_t>(rule.action);
    entry.is_discard = rules.actions[rule.action].kind == SyslogActionKind::Discard;
    entry.is_final = rule.is_final;
    if (entry.is_discard && !entry.is_final) continue;
    if (Conditions::has_any(rule)) {
      entry.conditions = static_cast<std::uint32_t>(compiled_->conditions.size());
      compiled_->conditions.emplace_back(rule, host);
    }
    compiled_->add(rule.mask, entry);
  }
}

SyslogMatcher::~SyslogMatcher() = default;
SyslogMatcher::SyslogMatcher(SyslogMatcher&&) noexcept = default;
SyslogMatcher& SyslogMatcher::operator=(SyslogMatcher&&) noexcept = default;

void SyslogMatcher::match(const SyslogRecord& record, std::vector<std::uint32_t>& actions) const {
  const auto pri =
      std::size_t{record.facility} * kSyslogSeverities + record.severity % kSyslogSeverities;
  actions.clear();
  if (pri >= compiled_->rows.size()) return;
  const auto& row = compiled_->rows[pri];
  actions.assign(row.always.begin(), row.always.end());
  for (const auto& entry : row.rest) {
    if (entry.conditions != Entry::kAlways && !compiled_->conditions[entry.conditions].hold(record))
      continue;
    if (!entry.is_discard && !has(actions, entry.action)) actions.push_back(entry.action);
    if (entry.is_final) return;
  }
}

}  // namespace uvinetd
