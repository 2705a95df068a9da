// SPDX-License-Identifier: ISC
#include "core/config/access_file.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "core/config/access_field.h"
#include "core/config/field_reader.h"
#include "core/config/quote.h"

namespace uvinetd {
namespace {

constexpr unsigned kMostId = UINT32_MAX - 1;
constexpr std::string_view kBlanks = " \t\r";

// The first word of a line that has no more than that; "" for a line without one.
Field word_of(std::string_view line, int number, Reporter& report) {
  line = line.substr(0, line.find('#'));
  Field out;
  const auto begin = line.find_first_not_of(kBlanks);
  out.at = {number, static_cast<int>(begin == std::string_view::npos ? 0 : begin) + 1};
  if (begin == std::string_view::npos) return out;
  const auto end = line.find_first_of(kBlanks, begin);
  out.text = line.substr(begin, end == std::string_view::npos ? end : end - begin);
  out.end_column = out.at.column + static_cast<int>(out.text.size());
  const auto more = end == std::string_view::npos ? end : line.find_first_not_of(kBlanks, end);
  if (more != std::string_view::npos) {
    report.error({number, static_cast<int>(more) + 1}, "access", "a line has one rule");
  }
  return out;
}

bool may_stand_in_file(const AccessRule& rule, const Field& field, Reporter& report) {
  using Kind = AccessRule::Kind;
  if (rule.kind == Kind::File) {
    return report.error(field.at, "access", "a file of rules names no other");
  }
  const bool is_id = rule.kind == Kind::User || rule.kind == Kind::Group;
  if (!is_id || parse_number(rule.name, kMostId)) return true;
  return report.error(field.at, "access",
                      fmt::format("{} must be a number in a file of rules", quoted(rule.name)));
}

}  // namespace

bool read_access_rule(const Field& field, Reporter& report, AccessRule& out) {
  auto rule = parse_access_rule(field.text);
  if (!rule) {
    return report.error(field.at, "access",
                        fmt::format("{} {}", quoted(field.text), rule.error().op),
                        rule.error().subject);
  }
  if (rule->has_stray_bits) {
    report.warning(field.at, "access",
                   quoted(field.text) + " has bits behind its prefix, which do not count",
                   "the network is " + rule->network.text());
  }
  out = std::move(*rule);
  return true;
}

AccessFile parse_access_file(std::string_view text, const std::string& name) {
  AccessFile out;
  Reporter report(std::make_shared<const std::string>(name), out.diagnostics);
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto field = word_of(text.substr(0, end), number, report);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    AccessRule rule;
    if (field.text.empty() || !read_access_rule(field, report, rule)) continue;
    if (may_stand_in_file(rule, field, report)) out.rules.push_back(std::move(rule));
  }
  report.finish();
  return out;
}

}  // namespace uvinetd
