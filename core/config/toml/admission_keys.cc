// SPDX-License-Identifier: ISC
// Who is let in, how often, and what is told of it.
#include <fmt/format.h>

#include <cmath>
#include <unordered_set>
#include <utility>

#include "core/config/access_field.h"
#include "core/config/access_time.h"
#include "core/config/quote.h"
#include "core/config/toml/special_keys.h"
#include "core/config/toml/text.h"

namespace uvinetd::toml_special {
namespace {

using PerMinute = std::optional<unsigned> ServiceSpec::*;
using Bucket = std::optional<Rate> ServiceOptions::*;

// Exactly so many per minute is one thing, a bucket another; a service may have both.
bool take_rate(const TomlValue& value, PerMinute per_minute, Bucket bucket, ServiceSpec& spec) {
  const auto written = read_rate(value);
  if (!written) return false;
  const bool is_fixed = !written->has_burst && written->rate.per == std::chrono::seconds(60);
  if (is_fixed ? (spec.*per_minute).has_value() : ((*spec.more).*bucket).has_value()) {
    return value.refuse("one rate per minute, one with a burst, or both");
  }
  if (is_fixed) {
    spec.*per_minute = written->rate.count;
  } else {
    spec.more.edit().*bucket = written->rate;
  }
  return true;
}

bool take_rates(const TomlValue& value, PerMinute per_minute, Bucket bucket, ServiceSpec& spec) {
  if (value.node.kind == TomlNode::Kind::String) return take_rate(value, per_minute, bucket, spec);
  bool is_good = true;
  for (std::size_t i = 0; i < value.node.items.size() && is_good; ++i) {
    const auto element = value.element(i, TomlNode::Kind::String);
    is_good = element && take_rate(*element, per_minute, bucket, spec);
  }
  return is_good;
}

std::string print_rates(const std::optional<unsigned>& per_minute,
                        const std::optional<Rate>& bucket) {
  std::vector<std::string> rates;
  if (per_minute) rates.push_back(*per_minute == 0 ? "none" : fmt::format("{}/min", *per_minute));
  if (bucket) rates.push_back(print_rate(*bucket));
  if (rates.empty()) return "";
  return rates.size() == 1 ? toml_string(rates.front()) : toml_strings(rates);
}

// Access rules, as they are written; each is judged at its place.
std::optional<std::vector<std::string>> read_rules(const TomlValue& value) {
  auto texts = read_texts(value);
  if (!texts) return std::nullopt;
  bool is_good = true;
  std::unordered_set<std::string> known;
  for (std::size_t i = 0; i < texts->size(); ++i) {
    Field field;
    field.text = (*texts)[i];
    field.at = value.node.items[i].value.at;
    AccessRule rule;
    if (!read_access_rule(field, value.report, rule)) {
      is_good = false;
    } else if (!known.insert(print_access_rule(rule)).second) {
      value.report.warning(field.at, "access", quoted(field.text) + " is in this list already");
    }
  }
  return is_good ? std::move(texts) : std::nullopt;
}

}  // namespace

bool read_rate_key(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  return take_rates(value, &ServiceSpec::starts_per_minute, &ServiceOptions::rate, spec);
}

std::string print_rate_key(const ServiceSpec& spec) {
  return print_rates(spec.starts_per_minute, spec.more->rate);
}

bool read_rate_per_source(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  return take_rates(value, &ServiceSpec::source_starts_per_minute, &ServiceOptions::rate_per_source,
                    spec);
}

std::string print_rate_per_source(const ServiceSpec& spec) {
  return print_rates(spec.source_starts_per_minute, spec.more->rate_per_source);
}

bool read_allow(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  auto rules = read_rules(value);
  if (rules) spec.more.edit().allow = std::move(*rules);
  return rules.has_value();
}

bool read_deny(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  auto rules = read_rules(value);
  if (rules && !rules->empty()) spec.more.edit().deny = std::move(*rules);
  return rules.has_value();
}

bool read_access_times(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  auto times = read_texts(value);
  if (!times) return false;
  if (times->empty()) {
    return value.refuse("a list of times: an empty one would serve nobody",
                        "[\"00:00-24:00\"] is always");
  }
  for (std::size_t i = 0; i < times->size(); ++i) {
    if (parse_access_time((*times)[i])) continue;
    return value.report.error(value.node.items[i].value.at, "access-time",
                              "bad time " + quoted((*times)[i]), kAccessTimeHint);
  }
  spec.more.edit().access_times = std::move(*times);
  return true;
}

bool read_max_load(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const bool is_integer = value.node.kind == TomlNode::Kind::Integer;
  const double load = is_integer ? static_cast<double>(value.node.integer) : value.node.real;
  if (!std::isfinite(load) || load <= 0) return value.refuse("a load average above 0");
  spec.more.edit().max_load = load;
  return true;
}

std::string print_max_load(const ServiceSpec& spec) {
  const auto& load = spec.more->max_load;
  if (!load) return "";
  auto out = fmt::format("{}", *load);
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

bool read_deny_time(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  using Minutes = std::chrono::minutes;
  if (value.node.text == "forever") {
    spec.more.edit().deny_time = Minutes::max();
    return true;
  }
  const auto duration = read_duration(value);
  if (!duration) return false;
  const auto whole = std::chrono::duration_cast<Minutes>(*duration);
  if (whole != *duration) return value.refuse("a number of whole minutes or \"forever\"");
  spec.more.edit().deny_time = whole;
  return true;
}

std::string print_deny_time(const ServiceSpec& spec) {
  const auto& time = spec.more->deny_time;
  if (!time) return "";
  return toml_string(*time == std::chrono::minutes::max() ? "forever" : print_duration(*time));
}

bool read_log_connections(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  spec.more.edit().log_connections = value.node.boolean;
  return true;
}

std::string print_log_connections(const ServiceSpec& spec) {
  const auto& logs = spec.more->log_connections;
  return !logs ? "" : *logs ? "true" : "false";
}

// A service that is not enabled is no spec.
bool read_enabled(const TomlValue&, TomlContext&, ServiceSpec&) {
  return true;
}

std::string print_nothing(const ServiceSpec&) {
  return "";
}

}  // namespace uvinetd::toml_special
