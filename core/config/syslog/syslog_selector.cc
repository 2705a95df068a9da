// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_selector.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/words.h"
#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/syslog/syslog_names.h"

namespace uvinetd {
namespace {

constexpr std::size_t kSendersFacilities = kMarkFacility;
constexpr std::uint8_t kAll = 0xff;

// The letters before a level.
struct Flags {
  bool is_inverted = false;  // "!"
  bool is_equal = false;     // "="
  bool is_less = false;      // "<": less severe
  bool is_greater = false;   // ">"

  [[nodiscard]] bool are_bsd() const { return is_less || is_greater; }
};

enum class LevelKind : std::uint8_t { Severity, All, None };

// One `facilities.level`, both dialects' facilities apart: a name may be two.
struct Selector {
  std::bitset<kSyslogFacilities> linux_facilities;
  std::bitset<kSyslogFacilities> bsd_facilities;
  Flags flags;
  LevelKind kind = LevelKind::Severity;
  unsigned severity = 0;
};

constexpr std::uint8_t bit_of(unsigned severity) {
  return static_cast<std::uint8_t>(1U << severity);
}
// A severity and what is more severe.
constexpr std::uint8_t bits_up_to(unsigned severity) {
  return static_cast<std::uint8_t>((2U << severity) - 1);
}

// Each selector adds to what those before it have selected, or takes away from it.
void apply_linux(const Selector& selector, std::uint8_t& bits) {
  const auto& flags = selector.flags;
  switch (selector.kind) {
    case LevelKind::None:
      bits = flags.is_inverted ? kAll : 0;
      return;
    case LevelKind::All:
      bits = flags.is_inverted ? 0 : kAll;
      return;
    case LevelKind::Severity:
      break;
  }
  const auto meant = flags.is_equal ? bit_of(selector.severity) : bits_up_to(selector.severity);
  bits = static_cast<std::uint8_t>(flags.is_inverted ? bits & ~meant : bits | meant);
}

// The last selector of a facility is the only one: a level and a comparison with it.
std::uint8_t bsd_bits(const Selector& selector) {
  auto flags = selector.flags;
  const bool is_plain = !flags.is_equal && !flags.is_less && !flags.is_greater;
  std::uint8_t out = 0;
  switch (selector.kind) {
    case LevelKind::None:
      return 0;
    case LevelKind::All:
      out = kAll;
      break;
    case LevelKind::Severity: {
      if (is_plain) flags.is_equal = flags.is_greater = true;
      const auto equal = bit_of(selector.severity);
      const auto greater = static_cast<std::uint8_t>(equal - 1U);
      if (flags.is_equal) out |= equal;
      if (flags.is_greater) out |= greater;
      if (flags.is_less) out |= static_cast<std::uint8_t>(~(equal | greater));
      break;
    }
  }
  return flags.is_inverted ? static_cast<std::uint8_t>(~out) : out;
}

SyslogMask linux_mask(const std::vector<Selector>& list) {
  SyslogMask out{};
  for (const auto& selector : list) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (selector.linux_facilities[i]) apply_linux(selector, out[i]);
    }
  }
  return out;
}

SyslogMask bsd_mask(const std::vector<Selector>& list) {
  SyslogMask out{};
  for (const auto& selector : list) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (selector.bsd_facilities[i]) out[i] = bsd_bits(selector);
    }
  }
  return out;
}

class SelectorReader {
 public:
  SelectorReader(const Field& field, SyslogDialect dialect, Reporter& report)
      : field_(field), dialect_(dialect), report_(report) {}

  std::optional<SyslogMask> run() {
    std::vector<Selector> list;
    bool is_good = true;
    for (std::size_t at = skip_separators(0); at < field_.text.size(); at = skip_separators(at)) {
      const auto end = end_of_selector(at);
      const auto selector = read(field_.part(at, end - at));
      is_good &= selector.has_value();
      if (selector) list.push_back(*selector);
      at = end;
      if (at < field_.text.size() && field_.text[at] == ',') warn_of_comma(at);
    }
    if (!is_good) return std::nullopt;
    if (list.empty()) {
      report_.error(field_.at, "selector", "the line selects nothing", "as mail.info");
      return std::nullopt;
    }
    const auto in_linux = linux_mask(list);
    const auto in_bsd = bsd_mask(list);
    const bool is_told = compare(list, in_linux, in_bsd);
    const auto& out = dialect_ == SyslogDialect::Bsd ? in_bsd : in_linux;
    const bool is_empty = std::all_of(out.begin(), out.end(), [](auto bits) { return bits == 0; });
    if (is_empty && !is_told) {
      report_.warning(field_.at, "selector-empty", quoted(field_.text) + " selects nothing");
    }
    return out;
  }

 private:
  std::size_t skip_separators(std::size_t at) const {
    while (at < field_.text.size() && (field_.text[at] == ';' || field_.text[at] == ',')) ++at;
    return at;
  }
  // Commas part facilities before the point; behind it they end the selector, as ";" does.
  std::size_t end_of_selector(std::size_t at) const {
    const auto point = field_.text.find_first_of(".;", at);
    if (point == std::string::npos || field_.text[point] == ';') {
      return std::min(point, field_.text.size());
    }
    return std::min(field_.text.find_first_of(";,", point), field_.text.size());
  }

  void warn_of_comma(std::size_t at) {
    if (at + 1 == field_.text.size()) return;
    report_.warning(field_.place_of(at), "selector-comma",
                    "a comma behind a level begins another selector, as \";\" does",
                    "facilities are listed before the point: a,b.level");
  }

  bool error(const Field& at, const char* slug, std::string message, std::string hint = {}) {
    return report_.error(at.at, slug, std::move(message), std::move(hint));
  }

  std::optional<Selector> read(const Field& word) {
    const auto point = word.text.find('.');
    if (point == std::string::npos) {
      error(word, "selector", quoted(word.text) + " has no level", "as mail.info, mail.*");
      return std::nullopt;
    }
    Selector out;
    const bool has_facilities = read_facilities(word.part(0, point), out);
    const bool has_level = read_level(word.part(point + 1), out);
    if (!has_facilities || !has_level) return std::nullopt;
    return out;
  }

  bool read_facilities(const Field& list, Selector& out) {
    bool is_good = true;
    for (std::size_t at = 0; at <= list.text.size();) {
      const auto comma = std::min(list.text.find(',', at), list.text.size());
      is_good &= read_facility(list.part(at, comma - at), out);
      at = comma + 1;
    }
    return is_good;
  }

  bool read_facility(const Field& word, Selector& out) {
    if (word.text == "*") {
      out.linux_facilities.set();
      for (std::size_t i = 0; i < kSendersFacilities; ++i) out.bsd_facilities.set(i);
      return true;
    }
    if (word.text.empty()) return error(word, "facility", "the facility is missing");
    if (word.text == "**") {
      return error(word, "facility", "\"**\" is of inetutils, and not known here",
                   "write the facilities, or * and then others with none");
    }
    if (word.text.find_first_not_of("0123456789") == std::string::npos) {
      return read_number(word, out);
    }
    const auto in_linux = syslog_facility(word.text, SyslogDialect::Linux);
    const auto in_bsd = syslog_facility(word.text, SyslogDialect::Bsd);
    if (!in_linux || !in_bsd) {
      return error(word, "facility", "unknown facility " + quoted(word.text),
                   syslog_facility_hint(word.text));
    }
    out.linux_facilities.set(*in_linux);
    out.bsd_facilities.set(*in_bsd);
    return true;
  }

  // As syslog.h has them: eight times the facility.
  bool read_number(const Field& word, Selector& out) {
    constexpr unsigned kMost = 8 * (kSendersFacilities - 1);
    const auto code = parse_number(word.text, kMost);
    if (!code || *code % 8 != 0) {
      return error(word, "facility", quoted(word.text) + " is no facility",
                   fmt::format("a number is a multiple of 8, at most {}", kMost));
    }
    const auto facility = *code / 8;
    report_.warning(word.at, "selector-number",
                    fmt::format("the facility {} is {}", *code, syslog_facility_name(facility)),
                    "write its name");
    out.linux_facilities.set(facility);
    out.bsd_facilities.set(facility);
    return true;
  }

  bool read_level(const Field& word, Selector& out) {
    std::size_t at = 0;
    auto& flags = out.flags;
    for (; at < word.text.size(); ++at) {
      const char c = word.text[at];
      bool* const flag = c == '!'   ? &flags.is_inverted
                         : c == '=' ? &flags.is_equal
                         : c == '<' ? &flags.is_less
                         : c == '>' ? &flags.is_greater
                                    : nullptr;
      if (flag == nullptr) break;
      if (*flag || (c == '!' && at != 0)) {
        return error(word, "level", quoted(word.text) + " is no level",
                     "one each of !, <, =, >, and ! first");
      }
      *flag = true;
    }
    if (flags.are_bsd() && dialect_ == SyslogDialect::Linux) {
      return error(word, "level", "comparisons with < and > are FreeBSD's: " + quoted(word.text),
                   "dialect = \"bsd\"");
    }
    return read_severity(word.part(at), out);
  }

  bool read_severity(const Field& word, Selector& out) {
    if (word.text.empty()) {
      return error(word, "level", "the level is missing", "as info, *, none");
    }
    if (word.text == "*" || is_same_word(word.text, "none")) {
      out.kind = word.text == "*" ? LevelKind::All : LevelKind::None;
      return true;
    }
    const auto number = parse_number(word.text, kSyslogSeverities - 1);
    const auto severity = number ? std::optional<std::size_t>(*number) : syslog_severity(word.text);
    if (!severity) {
      return error(word, "level", "unknown level " + quoted(word.text),
                   syslog_severity_hint(word.text));
    }
    out.severity = static_cast<unsigned>(*severity);
    return true;
  }

  // True: a warning was given.
  bool compare(const std::vector<Selector>& list, const SyslogMask& in_linux,
               const SyslogMask& in_bsd) {
    const auto has_bsd_flags = [](const Selector& each) { return each.flags.are_bsd(); };
    if (std::any_of(list.begin(), list.end(), has_bsd_flags)) return false;
    const auto* const end = in_linux.data() + kSendersFacilities;
    const auto* const first = std::mismatch(in_linux.data(), end, in_bsd.data()).first;
    if (first == end) return false;
    const auto facility = static_cast<std::size_t>(first - in_linux.data());
    report_.warning(field_.at, "selector-dialect",
                    fmt::format("of {}, Linux takes {}, FreeBSD {}", syslog_facility_name(facility),
                                severities_text(*first), severities_text(in_bsd[facility])),
                    dialect_ == SyslogDialect::Linux ? "this file is read as dialect = \"linux\""
                                                     : "this file is read as dialect = \"bsd\"");
    return true;
  }

  const Field& field_;
  SyslogDialect dialect_;
  Reporter& report_;
};

}  // namespace

std::optional<SyslogMask> read_syslog_selector(const Field& field, SyslogDialect dialect,
                                               Reporter& report) {
  return SelectorReader(field, dialect, report).run();
}

}  // namespace uvinetd
