// SPDX-License-Identifier: ISC
#include "core/config/toml/values.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "spawn/settings/limits.h"

namespace uvinetd {
namespace {

constexpr std::int64_t kMostSeconds = 1'000'000'000'000;

struct Unit {
  std::string_view word;
  std::int64_t size;
};
// The word that is printed comes first among those of one size; the largest size last.
constexpr std::array kTimes{Unit{"s", 1},      Unit{"sec", 1},     Unit{"min", 60},
                            Unit{"h", 3600},   Unit{"hour", 3600}, Unit{"d", 86400},
                            Unit{"day", 86400}};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

const Unit* find_unit(std::string_view word) {
  for (const auto& unit : kTimes) {
    if (unit.word == word) return &unit;
  }
  return nullptr;
}

// The largest unit that divides it, for its shortest form.
const Unit& unit_of(std::int64_t seconds) {
  const Unit* best = kTimes.data();
  for (const auto& unit : kTimes) {
    if (unit.size > best->size && seconds % unit.size == 0) best = &unit;
  }
  return *best;
}

// "30s", "30 s", "30".
std::optional<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0) return std::nullopt;
  const auto rest = trimmed({end, static_cast<std::size_t>(text.data() + text.size() - end)});
  const Unit* unit = rest.empty() ? kTimes.data() : find_unit(rest);
  if (unit == nullptr || count > kMostSeconds / unit->size) return std::nullopt;
  return count * unit->size;
}

constexpr unsigned kMostCount = std::numeric_limits<int>::max();

// What stands behind the '/' of a rate: "min", "10s".
std::optional<std::int64_t> parse_period(std::string_view text) {
  if (const auto* unit = find_unit(text)) return unit->size;
  const bool has_unit = !text.empty() && std::isdigit(static_cast<unsigned char>(text.back())) == 0;
  const auto seconds = has_unit ? parse_seconds(text) : std::nullopt;
  return seconds && *seconds > 0 ? seconds : std::nullopt;
}

std::optional<WrittenRate> parse_rate(std::string_view text) {
  WrittenRate out;
  if (text == "none") return out;
  constexpr std::string_view kBurst = " burst ";
  if (const auto at = text.find(kBurst); at != std::string_view::npos) {
    const auto burst = parse_number(trimmed(text.substr(at + kBurst.size())), kMostCount);
    if (!burst || *burst == 0) return std::nullopt;
    out.has_burst = true;
    out.rate.burst = *burst;
    text = trimmed(text.substr(0, at));
  }
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto count = parse_number(trimmed(text.substr(0, slash)), kMostCount);
  const auto period = parse_period(trimmed(text.substr(slash + 1)));
  if (!count || *count == 0 || !period || *period > kLongestPeriod / 1000) return std::nullopt;
  out.rate.count = *count;
  out.rate.per = std::chrono::seconds(*period);
  if (!out.has_burst) out.rate.burst = *count;
  return out;
}

}  // namespace

bool TomlValue::refuse(const std::string& what, std::string hint) const {
  return report.error(node.at, "value", quoted(key) + " must be " + what, std::move(hint));
}

std::optional<TomlValue> TomlValue::element(std::size_t index, TomlNode::Kind kind) const {
  const auto& value = node.items[index].value;
  if (value.kind == kind) return TomlValue{key, value, report};
  report.error(value.at, "type",
               fmt::format("each part of {} must be {}, not {}", quoted(key), kind_text(kind),
                           kind_text(value.kind)));
  return std::nullopt;
}

std::optional<std::string> read_text(const TomlValue& value) {
  const auto& text = value.node.text;
  if (!text.empty() && text.find('\0') == std::string::npos) return text;
  value.refuse(text.empty() ? "a text that is not empty" : "a text without NUL bytes");
  return std::nullopt;
}

std::optional<std::string> read_absolute_path(const TomlValue& value) {
  auto text = read_text(value);
  if (!text || text->starts_with('/')) return text;
  value.refuse("an absolute path, not " + quoted(*text));
  return std::nullopt;
}

std::optional<std::vector<std::string>> read_texts(const TomlValue& value) {
  std::vector<std::string> out;
  bool is_good = true;
  for (std::size_t i = 0; i < value.node.items.size(); ++i) {
    const auto element = value.element(i, TomlNode::Kind::String);
    auto text = element ? read_text(*element) : std::nullopt;
    is_good &= text.has_value();
    if (text) out.push_back(std::move(*text));
  }
  return is_good ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<std::int64_t> read_integer(const TomlValue& value, std::int64_t least,
                                         std::int64_t most) {
  const auto number = value.node.integer;
  if (number >= least && number <= most) return number;
  value.refuse(fmt::format("{} to {}, not {}", least, most, number));
  return std::nullopt;
}

std::optional<unsigned> read_octal(const TomlValue& value) {
  constexpr unsigned kMost = 0777;
  const auto& node = value.node;
  if (node.kind == TomlNode::Kind::Integer) {
    if (node.is_octal && node.integer >= 0 && node.integer <= kMost) {
      return static_cast<unsigned>(node.integer);
    }
  } else {
    unsigned bits = 0;
    const char* last = node.text.data() + node.text.size();
    const auto [end, error] = std::from_chars(node.text.data(), last, bits, 8);
    if (error == std::errc() && end == last && bits <= kMost) return bits;
  }
  value.refuse("octal permission bits", "as \"0022\" or 0o022");
  return std::nullopt;
}

std::optional<int> read_buffer(const TomlValue& value) {
  if (value.node.kind == TomlNode::Kind::String) {
    return read_buffer_size(value.node.field(), value.report);
  }
  const auto bytes = read_integer(value, 1, std::numeric_limits<int>::max());
  return bytes ? std::optional(static_cast<int>(*bytes)) : std::nullopt;
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  const auto seconds = parse_seconds(text);
  return seconds ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
}

std::optional<std::chrono::seconds> read_duration(const TomlValue& value) {
  if (value.node.kind == TomlNode::Kind::Integer) {
    const auto number = read_integer(value, 0, kMostSeconds);
    return number ? std::optional(std::chrono::seconds(*number)) : std::nullopt;
  }
  if (const auto duration = parse_duration(value.node.text)) return duration;
  value.refuse("a duration, not " + quoted(value.node.text), "as \"30s\", \"5min\", \"1h\"");
  return std::nullopt;
}

std::string print_duration(std::chrono::seconds duration) {
  if (duration.count() == 0) return "0s";
  const auto& unit = unit_of(duration.count());
  return fmt::format("{}{}", duration.count() / unit.size, unit.word);
}

std::optional<WrittenRate> read_rate(const TomlValue& value) {
  if (auto rate = parse_rate(value.node.text)) return rate;
  value.refuse("a rate, not " + quoted(value.node.text),
               "as \"10/min\", \"5/s burst 20\", \"none\"");
  return std::nullopt;
}

std::string print_rate(const Rate& rate) {
  const auto& unit = unit_of(rate.per.count());
  const auto count = rate.per.count() / unit.size;
  auto out = count == 1 ? fmt::format("{}/{}", rate.count, unit.word)
                        : fmt::format("{}/{}{}", rate.count, count, unit.word);
  const bool is_per_minute = rate.per == std::chrono::seconds(60);
  if (rate.burst != rate.count || is_per_minute) out += fmt::format(" burst {}", rate.burst);
  return out;
}

}  // namespace uvinetd
