// SPDX-License-Identifier: ISC
// Resource limits of setrlimit(2) in TOML.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/toml/text.h"
#include "core/config/toml/values.h"

namespace uvinetd {
namespace {

enum class Measure : std::uint8_t { Bytes, Seconds, Number };

struct Resource {
  std::string_view name;
  Measure measure;
};
constexpr std::array kResources{
    Resource{"as", Measure::Bytes},          Resource{"core", Measure::Bytes},
    Resource{"cpu", Measure::Seconds},       Resource{"data", Measure::Bytes},
    Resource{"files", Measure::Number},      Resource{"fsize", Measure::Bytes},
    Resource{"locks", Measure::Number},      Resource{"memlock", Measure::Bytes},
    Resource{"msgqueue", Measure::Bytes},    Resource{"nice", Measure::Number},
    Resource{"procs", Measure::Number},      Resource{"rss", Measure::Bytes},
    Resource{"rtprio", Measure::Number},     Resource{"rttime", Measure::Number},
    Resource{"sigpending", Measure::Number}, Resource{"stack", Measure::Bytes},
};

const Resource* find_resource(std::string_view name) {
  for (const auto& resource : kResources) {
    if (resource.name == name) return &resource;
  }
  return nullptr;
}

struct Suffix {
  std::string_view word;
  std::uint64_t size;
};
constexpr std::array kSizes{Suffix{"", 1}, Suffix{"k", 1U << 10U}, Suffix{"m", 1U << 20U},
                            Suffix{"g", 1U << 30U}};
constexpr std::array kTimes{Suffix{"", 1}, Suffix{"s", 1}, Suffix{"min", 60}, Suffix{"h", 3600}};
constexpr std::array kNumbers{Suffix{"", 1}};

std::span<const Suffix> suffixes_of(Measure measure) {
  switch (measure) {
    case Measure::Bytes:
      return kSizes;
    case Measure::Seconds:
      return kTimes;
    case Measure::Number:
      return kNumbers;
  }
  return kNumbers;
}

std::optional<std::uint64_t> parse_amount(std::string_view text, Measure measure) {
  std::uint64_t count = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, count);
  if (error != std::errc()) return std::nullopt;
  const std::string_view word(end, static_cast<std::size_t>(last - end));
  for (const auto& suffix : suffixes_of(measure)) {
    if (suffix.word != word) continue;
    if (count > std::numeric_limits<std::uint64_t>::max() / suffix.size) return std::nullopt;
    return count * suffix.size;
  }
  return std::nullopt;
}

const char* hint_of(Measure measure) {
  switch (measure) {
    case Measure::Bytes:
      return "bytes, or \"64k\", \"512m\", \"2g\", \"unlimited\"";
    case Measure::Seconds:
      return "seconds, or \"30s\", \"5min\", \"1h\", \"unlimited\"";
    case Measure::Number:
      return "a number or \"unlimited\"";
  }
  return "";
}

// nullopt: reported; the inner one: unlimited.
std::optional<std::optional<std::uint64_t>> read_amount(const TomlValue& value, Measure measure) {
  using Amount = std::optional<std::uint64_t>;
  const auto& node = value.node;
  if (node.kind == TomlNode::Kind::Integer && node.integer >= 0) {
    return Amount(static_cast<std::uint64_t>(node.integer));
  }
  if (node.kind == TomlNode::Kind::String) {
    if (node.text == "unlimited") return Amount();
    if (const auto amount = parse_amount(node.text, measure)) return Amount(amount);
  }
  value.refuse("a limit", hint_of(measure));
  return std::nullopt;
}

bool read_pair(const TomlValue& value, Measure measure, ResourceLimit& out) {
  bool has_soft = false;
  bool has_hard = false;
  bool is_good = true;
  for (const auto& item : value.node.items) {
    const bool is_soft = item.key == "soft";
    if (!is_soft && item.key != "hard") {
      static constexpr std::array<std::string_view, 2> kKeys{"hard", "soft"};
      is_good = value.report.error(item.at, "key", "unknown key " + quoted(item.key),
                                   did_you_mean(item.key, kKeys));
      continue;
    }
    (is_soft ? has_soft : has_hard) = true;
    const auto amount = read_amount({item.key, item.value, value.report}, measure);
    if (amount) (is_soft ? out.soft : out.hard) = *amount;
    is_good &= amount.has_value();
  }
  if (is_good && !(has_soft && has_hard)) {
    return value.refuse("one limit or both of soft and hard");
  }
  return is_good;
}

std::string print_amount(const std::optional<std::uint64_t>& amount) {
  if (!amount) return toml_string("unlimited");
  const auto digits = std::to_string(*amount);
  const bool is_large = *amount > std::numeric_limits<std::int64_t>::max();
  return is_large ? toml_string(digits) : digits;
}

}  // namespace

std::optional<ResourceLimit> read_limit(const TomlValue& value, Place key_at) {
  const auto* resource = find_resource(value.key);
  if (resource == nullptr) {
    std::array<std::string_view, kResources.size()> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = kResources[i].name;
    value.report.error(key_at, "key", "unknown limit " + quoted(value.key),
                       did_you_mean(value.key, names));
    return std::nullopt;
  }
  ResourceLimit out;
  out.name = resource->name;
  if (value.node.kind == TomlNode::Kind::Table) {
    if (!read_pair(value, resource->measure, out)) return std::nullopt;
  } else {
    const auto amount = read_amount(value, resource->measure);
    if (!amount) return std::nullopt;
    out.soft = out.hard = *amount;
  }
  constexpr auto kUnlimited = std::numeric_limits<std::uint64_t>::max();
  if (out.soft.value_or(kUnlimited) > out.hard.value_or(kUnlimited)) {
    value.refuse("a soft limit that is no larger than the hard one");
    return std::nullopt;
  }
  return out;
}

std::optional<std::uint64_t> read_bytes(const TomlValue& value, std::uint64_t least) {
  const auto& node = value.node;
  std::optional<std::uint64_t> bytes;
  if (node.kind == TomlNode::Kind::Integer && node.integer >= 0) {
    bytes = static_cast<std::uint64_t>(node.integer);
  } else if (node.kind == TomlNode::Kind::String) {
    bytes = parse_amount(node.text, Measure::Bytes);
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (bytes && *bytes >= least && *bytes <= kMost) return bytes;
  value.refuse(fmt::format("a size of at least {} bytes", least), "as \"64m\"");
  return std::nullopt;
}

std::string print_limit(const ResourceLimit& limit) {
  if (limit.soft == limit.hard) return print_amount(limit.soft);
  return fmt::format("{{ soft = {}, hard = {} }}", print_amount(limit.soft),
                     print_amount(limit.hard));
}

}  // namespace uvinetd
