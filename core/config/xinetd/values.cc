// SPDX-License-Identifier: ISC
// Readers of attributes that are words and numbers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/xinetd/access.h"
#include "core/config/xinetd/attributes.h"
#include "spawn/zygote_choice.h"

namespace uvinetd::xinetd {
namespace {

constexpr unsigned kMost = std::numeric_limits<int>::max();

template <typename Enum>
struct Name {
  std::string_view text;
  Enum value;
};

constexpr std::array kTypes{Name<Type>{"RPC", Type::Rpc},
                            Name<Type>{"INTERNAL", Type::Internal},
                            Name<Type>{"UNLISTED", Type::Unlisted},
                            Name<Type>{"TCPMUX", Type::Tcpmux},
                            Name<Type>{"TCPMUXPLUS", Type::TcpmuxPlus},
                            Name<Type>{"SPECIAL", Type::Special}};

constexpr std::array kFlags{Name<Flag>{"REUSE", Flag::Reuse},
                            Name<Flag>{"INTERCEPT", Flag::Intercept},
                            Name<Flag>{"NORETRY", Flag::Noretry},
                            Name<Flag>{"IDONLY", Flag::Idonly},
                            Name<Flag>{"NAMEINARGS", Flag::Nameinargs},
                            Name<Flag>{"NODELAY", Flag::Nodelay},
                            Name<Flag>{"KEEPALIVE", Flag::Keepalive},
                            Name<Flag>{"NOLIBWRAP", Flag::Nolibwrap},
                            Name<Flag>{"SENSOR", Flag::Sensor},
                            Name<Flag>{"IPv4", Flag::Ipv4},
                            Name<Flag>{"IPv6", Flag::Ipv6},
                            Name<Flag>{"LABELED", Flag::Labeled}};

// What the words of a table stand for; nullptr: reported as an unknown `what`.
template <typename Enum, std::size_t kSize>
const Enum* find_word(const std::array<Name<Enum>, kSize>& table, const Field& field,
                      const char* slug, const char* what, Reporter& report) {
  for (const auto& row : table) {
    if (is_same_word(row.text, field.text)) return &row.value;
  }
  std::array<std::string_view, kSize> words;
  std::transform(table.begin(), table.end(), words.begin(),
                 [](const auto& row) { return row.text; });
  report.error(field.at, slug, fmt::format("unknown {} {}", what, quoted(field.text)),
               did_you_mean(field.text, words));
  return nullptr;
}

bool is_unlimited(const Field& field) {
  return is_same_word(field.text, "UNLIMITED");
}

std::optional<unsigned> read_number(const Field& field, Reporter& report, unsigned most = kMost,
                                    unsigned least = 0) {
  auto number = parse_number(field.text, most);
  if (number && *number >= least) return number;
  report.error(field.at, "number", "bad number " + quoted(field.text),
               most == kMost ? "" : fmt::format("{} to {}", least, most));
  return std::nullopt;
}

// A number of servers, or UNLIMITED: 0.
std::optional<unsigned> read_limit(const Attribute& attribute, Reporter& report) {
  const auto field = attribute.value();
  if (is_unlimited(field)) return 0U;
  const auto number = read_number(field, report);
  if (!number || *number > 0) return number;
  report.error(field.at, "number", quoted(attribute.name.text) + " of 0 would serve nobody",
               "UNLIMITED is no limit");
  return std::nullopt;
}

std::optional<std::uint64_t> scale(std::string_view digits, std::uint64_t unit) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_number = !digits.empty() && error == std::errc() && end == digits.end();
  if (!is_number || number > std::numeric_limits<std::int64_t>::max() / unit) return std::nullopt;
  return number * unit;
}

}  // namespace

std::optional<bool> read_yes_no(const Field& field, Reporter& report) {
  if (is_same_word(field.text, "yes")) return true;
  if (is_same_word(field.text, "no")) return false;
  report.error(field.at, "value", "expected yes or no, not " + quoted(field.text));
  return std::nullopt;
}

std::optional<std::uint64_t> read_amount(const Field& field, bool is_bytes, Reporter& report) {
  std::string_view text = field.text;
  std::uint64_t unit = 1;
  if (is_bytes && !text.empty()) {
    const auto last = lower(text.substr(text.size() - 1));
    if (last == "k") unit = 1024;
    if (last == "m") unit = 1024 * 1024;
    if (unit != 1) text.remove_suffix(1);
  }
  const auto amount = scale(text, unit);
  if (!amount) {
    report.error(field.at, "number", "bad limit " + quoted(field.text),
                 is_bytes ? "a number, with K or M, or UNLIMITED" : "a number, or UNLIMITED");
  }
  return amount;
}

namespace read {

bool access_times(const Attribute& attribute, Reading& reading) {
  bool is_good = true;
  for (const auto& word : attribute.values) {
    const auto field = attribute.field(word);
    is_good &= check_access_time(field, reading.report);
    reading.draft.spec.more.edit().access_times.push_back(field.text);
  }
  return is_good;
}

bool bind(const Attribute& attribute, Reading& reading) {
  const auto field = attribute.value();
  const auto comma = field.text.find(',');
  if (comma != std::string::npos) {
    return reading.report.error(field.place_of(comma), "address", "one address may be given");
  }
  reading.draft.addresses = read_addresses(field, reading.report);
  return reading.draft.addresses.has_value();
}

bool cps(const Attribute& attribute, Reading& reading) {
  const auto count = read_number(attribute.value(), reading.report);
  const auto pause = read_number(attribute.field(attribute.values[1]), reading.report);
  if (!count || !pause) return false;
  if (*count == 0) return true;
  auto& more = reading.draft.spec.more.edit();
  more.rate = Rate{*count, std::chrono::seconds(1), *count};
  more.rate_pause = std::chrono::seconds(*pause);
  if (*count > 1) {
    reading.report.note(attribute.at(), "xinetd-differs",
                        fmt::format("{} starts in one second are meant: xinetd counts them over "
                                    "{} seconds",
                                    *count, *count));
  }
  return true;
}

bool deny_time(const Attribute& attribute, Reading& reading) {
  constexpr unsigned kMostMinutes = 100U * 366 * 24 * 60;
  const auto field = attribute.value();
  auto& out = reading.draft.spec.more.edit().deny_time;
  if (is_same_word(field.text, "FOREVER")) {
    out = std::chrono::minutes::max();
  } else if (is_same_word(field.text, "NEVER")) {
    out = std::chrono::minutes(0);
  } else if (const auto number = parse_number(field.text, kMostMinutes)) {
    out = std::chrono::minutes(*number);
  } else {
    return reading.report.error(field.at, "number", "bad time " + quoted(field.text),
                                "minutes, FOREVER or NEVER");
  }
  return true;  // it restricts nobody but through a sensor, and that is judged as a whole
}

bool disable(const Attribute& attribute, Reading& reading) {
  const auto value = read_yes_no(attribute.value(), reading.report);
  reading.draft.is_disabled = value == true;
  return value.has_value();
}

bool flags(const Attribute& attribute, Reading& reading) {
  bool is_good = true;
  for (const auto& word : attribute.values) {
    const auto field = attribute.field(word);
    const auto* flag = find_word(kFlags, field, "flag", "flag", reading.report);
    is_good &= flag != nullptr;
    if (flag == nullptr) continue;
    reading.draft.flags.set(static_cast<std::size_t>(*flag));
    if (*flag == Flag::Intercept || *flag == Flag::Labeled) {
      is_good &= reading.report.error(field.at, "flag", quoted(field.text) + " is not supported");
    }
  }
  return is_good;
}

bool group(const Attribute& attribute, Reading& reading) {
  reading.draft.spec.group = attribute.value().text;
  reading.draft.spec.group_at = reading.report.position(attribute.values_at());
  return true;
}

bool groups(const Attribute& attribute, Reading& reading) {
  const auto value = read_yes_no(attribute.value(), reading.report);
  reading.draft.has_groups = value == true;
  return value.has_value();
}

bool id(const Attribute& attribute, Reading& reading) {
  reading.draft.id = attribute.value().text;
  return true;
}

bool instances(const Attribute& attribute, Reading& reading) {
  auto& out = reading.draft.spec.instances;
  out = read_limit(attribute, reading.report);
  return out.has_value();
}

bool libwrap(const Attribute& attribute, Reading& reading) {
  reading.draft.spec.more.edit().libwrap = attribute.value().text;
  return true;
}

bool max_load(const Attribute& attribute, Reading& reading) {
  const auto field = attribute.value();
  double load = 0;
  const auto* last = field.text.data() + field.text.size();
  const auto [end, error] = std::from_chars(field.text.data(), last, load);
  if (error != std::errc() || end != last || !std::isfinite(load) || load <= 0) {
    return reading.report.error(field.at, "number", "bad load " + quoted(field.text),
                                "a number above 0");
  }
  reading.draft.spec.more.edit().max_load = load;
  return true;
}

bool mdns(const Attribute& attribute, Reading& reading) {
  const auto value = read_yes_no(attribute.value(), reading.report);
  if (value == true) {
    reading.report.warning(attribute.at(), "mdns", "services are not announced by multicast DNS");
  }
  return value.has_value();
}

bool nice(const Attribute& attribute, Reading& reading) {
  const auto field = attribute.value();
  int value = 0;
  const auto* last = field.text.data() + field.text.size();
  const auto [end, error] = std::from_chars(field.text.data(), last, value);
  if (error != std::errc() || end != last || value < -20 || value > 19) {
    return reading.report.error(field.at, "number", "bad nice value " + quoted(field.text),
                                "-20 to 19");
  }
  if (value == 0) return true;
  reading.draft.spec.more.edit().nice = value;
  reading.draft.spec.key_at.edit().set("nice", reading.report.position(attribute.values_at()));
  return true;
}

bool park(const Attribute& attribute, Reading& reading) {
  static constexpr std::array kWords{Name<ParkAt>{"main", ParkAt::Main},
                                     Name<ParkAt>{"io", ParkAt::Io}};
  const auto* value = find_word(kWords, attribute.value(), "value", "place", reading.report);
  if (value == nullptr) return false;
  reading.draft.spec.more.edit().park = *value;
  return true;
}

bool park_age(const Attribute& attribute, Reading& reading) {
  const auto age = read_number(attribute.value(), reading.report);
  if (age) reading.draft.spec.more.edit().park_age = std::chrono::seconds(*age);
  return age.has_value();
}

bool park_uses(const Attribute& attribute, Reading& reading) {
  const auto uses = read_number(attribute.value(), reading.report, kMostParkUses, 1);
  if (uses) reading.draft.spec.more.edit().park_uses = *uses;
  return uses.has_value();
}

bool per_source(const Attribute& attribute, Reading& reading) {
  auto& out = reading.draft.spec.instances_per_source;
  out = read_limit(attribute, reading.report);
  return out.has_value();
}

bool resource_limit(const Attribute& attribute, Reading& reading) {
  ResourceLimit limit;
  limit.name = lower(attribute.name.text).substr(std::string_view("rlimit_").size());
  const auto field = attribute.value();
  if (!is_unlimited(field)) {
    const bool is_bytes = limit.name != "cpu" && limit.name != "files";
    limit.soft = read_amount(field, is_bytes, reading.report);
    if (!limit.soft) return false;
    limit.hard = limit.soft;
  }
  auto& limits = reading.draft.spec.more.edit().limits;
  const auto after = std::find_if(limits.begin(), limits.end(), [&](const ResourceLimit& other) {
    return other.name > limit.name;
  });
  limits.insert(after, std::move(limit));
  reading.draft.spec.key_at.edit().set("limits", reading.report.position(attribute.values_at()));
  return true;
}

bool spares(const Attribute& attribute, Reading& reading) {
  const auto count = read_number(attribute.value(), reading.report, kMostSpares);
  if (count && *count > 0) reading.draft.spec.more.edit().spares = *count;
  return count.has_value();
}

bool start(const Attribute& attribute, Reading& reading) {
  static constexpr std::array kWords{Name<StartBy>{"exec", StartBy::Exec},
                                     Name<StartBy>{"zygote", StartBy::Zygote}};
  const auto* value = find_word(kWords, attribute.value(), "value", "way to start", reading.report);
  if (value == nullptr) return false;
  reading.draft.spec.more.edit().start = *value;
  reading.draft.spec.start_at.edit() = reading.report.position(attribute.values_at());
  return true;
}

bool type(const Attribute& attribute, Reading& reading) {
  bool is_good = true;
  for (const auto& word : attribute.values) {
    const auto* type = find_word(kTypes, attribute.field(word), "flag", "type", reading.report);
    is_good &= type != nullptr;
    if (type != nullptr) reading.draft.types.set(static_cast<std::size_t>(*type));
  }
  return is_good;
}

bool umask(const Attribute& attribute, Reading& reading) {
  const auto field = attribute.value();
  unsigned mask = 0;
  const auto* last = field.text.data() + field.text.size();
  const auto [end, error] = std::from_chars(field.text.data(), last, mask, 8);
  if (error != std::errc() || end != last || mask > 0777) {
    return reading.report.error(field.at, "number", "bad umask " + quoted(field.text),
                                "octal, at most 0777");
  }
  reading.draft.spec.more.edit().umask = mask;
  return true;
}

bool user(const Attribute& attribute, Reading& reading) {
  auto& spec = reading.draft.spec;
  spec.user = attribute.value().text;
  spec.user_at = reading.report.position(attribute.values_at());
  if (spec.group.empty()) spec.group_at = spec.user_at;
  return true;
}

bool v6only(const Attribute& attribute, Reading& reading) {
  const auto value = read_yes_no(attribute.value(), reading.report);
  if (!value) return false;
  reading.draft.is_v6_only = *value;
  const bool is_defaults = reading.defaults == nullptr;
  if (!*value && !is_defaults) {
    reading.report.warning(attribute.at(), "xinetd-differs",
                           "IPv4 is served too: xinetd takes \"v6only = no\" for yes");
  } else if (*value && is_defaults) {
    reading.report.warning(attribute.at(), "xinetd-differs",
                           "\"v6only\" holds for every service here: xinetd does not apply it "
                           "in defaults");
  }
  return true;
}

}  // namespace read
}  // namespace uvinetd::xinetd
