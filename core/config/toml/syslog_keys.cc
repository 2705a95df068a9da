// SPDX-License-Identifier: ISC
// [services.ID.syslog]
#include <fmt/format.h>

#include <utility>

#include "core/config/quote.h"
#include "core/config/syslog/syslog_service.h"
#include "core/config/syslog/syslog_settings.h"
#include "core/config/toml/special_keys.h"
#include "core/config/toml/text.h"

namespace uvinetd::toml_special {
namespace {

bool takes_boolean(const SyslogKey& key) {
  return key.type == "boolean";
}
bool takes_octal(const SyslogKey& key) {
  return key.type.find("octal") != key.type.npos;
}
bool takes_integer(const SyslogKey& key) {
  return key.type.find("integer") != key.type.npos;
}

bool has_fit_kind(const SyslogKey& key, const TomlNode& value) {
  switch (value.kind) {
    case TomlNode::Kind::String:
      return !takes_boolean(key);
    case TomlNode::Kind::Boolean:
      return takes_boolean(key);
    case TomlNode::Kind::Integer:
      return takes_integer(key);
    default:
      return false;
  }
}

// As the other languages have it. "": it has no such form.
std::string text_of(const SyslogKey& key, const TomlNode& value) {
  if (value.kind == TomlNode::Kind::Boolean) return value.boolean ? "true" : "false";
  if (value.kind != TomlNode::Kind::Integer) return value.text;
  if (!takes_octal(key)) return std::to_string(value.integer);
  if (!value.is_octal || value.integer < 0) return "";
  return fmt::format("{:o}", value.integer);
}

bool read_one(const TomlItem& item, Reporter& report, SyslogSettings& out) {
  const auto* key = find_syslog_key(item.key);
  if (key == nullptr) {
    return report.error(item.at, "key", "unknown key " + quoted(item.key),
                        syslog_key_hint(item.key));
  }
  if (!has_fit_kind(*key, item.value)) {
    return report.error(item.value.at, "type",
                        fmt::format("{} must be of the type {}, not {}", quoted(item.key),
                                    key->type, kind_text(item.value.kind)));
  }
  const auto text = text_of(*key, item.value);
  if (key->read(text, out)) return true;
  return report.error(
      item.value.at, "value",
      fmt::format("{} must be {}, not {}", quoted(item.key), key->form, quoted(text)));
}

std::string value_text(const SyslogKey& key, const std::string& value) {
  return takes_boolean(key) ? value : toml_string(value);
}

}  // namespace

bool read_syslog(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  auto settings = *spec.more->syslog;
  bool is_good = true;
  for (const auto& item : value.node.items) {
    is_good &= read_one(item, value.report, settings);
    if (item.key == "rules") {
      spec.key_at.edit().set(kSyslogRulesKey, value.report.position(item.value.at));
    }
  }
  if (is_good && settings != *spec.more->syslog) {
    spec.more.edit().syslog.edit() = std::move(settings);
  }
  return is_good;
}

std::string print_syslog(const ServiceSpec& spec) {
  std::string out;
  for (const auto& key : syslog_keys()) {
    const auto value = key.print(*spec.more->syslog);
    if (value.empty()) continue;
    out += fmt::format("{} {} = {}", out.empty() ? "{" : ",", key.name, value_text(key, value));
  }
  return out.empty() ? "" : out + " }";
}

}  // namespace uvinetd::toml_special
