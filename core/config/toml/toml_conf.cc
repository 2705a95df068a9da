// SPDX-License-Identifier: ISC
#include "core/config/toml/toml_conf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <utility>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/toml/document.h"
#include "core/config/toml/service.h"
#include "core/config/toml/values.h"

namespace uvinetd {
namespace {

constexpr std::array<std::string_view, 4> kTables{"include", "daemon", "defaults", "services"};

struct DaemonKey {
  std::string_view name;
  std::optional<std::string> DaemonSettings::*member;
  // Whether it can be meant; the words for a hint stand in `words`.
  bool (*is_good)(std::string_view text);
  std::string_view words;

  [[nodiscard]] bool takes_number() const {
    return name == "user" || name == "control_group" || name == "drain_time";
  }
};

bool is_path(std::string_view text) {
  return text.starts_with('/');
}
bool is_path_or_none(std::string_view text) {
  return is_path(text) || text == "none";
}
bool is_readers(std::string_view text) {
  return text == "all" || text == "group";
}
bool is_any(std::string_view) {
  return true;
}
bool is_log(std::string_view text) {
  return text == "auto" || text == "syslog" || text == "stderr" || text == "journal" ||
         text.starts_with("file:/");
}
bool is_spawner(std::string_view text) {
  return text == "posix_spawn" || text == "clone";
}
bool is_log_format(std::string_view text) {
  return text == "text" || text == "json" || text == "xinetd";
}
bool is_privacy(std::string_view text) {
  return text == "full" || text == "truncate" || text == "hash";
}
bool is_stop(std::string_view text) {
  return text == "leave" || text == "drain";
}
bool is_duration(std::string_view text) {
  return parse_duration(text).has_value();
}

constexpr std::array kDaemonKeys{
    DaemonKey{"user", &DaemonSettings::user, is_any, "a name or a number"},
    DaemonKey{"control", &DaemonSettings::control, is_path_or_none, "an absolute path or none"},
    DaemonKey{"control_group", &DaemonSettings::control_group, is_any, "a name or a number"},
    DaemonKey{"control_read", &DaemonSettings::control_read, is_readers, "all or group"},
    DaemonKey{"log", &DaemonSettings::log, is_log, "auto, syslog, journal, stderr or file:/path"},
    DaemonKey{"log_format", &DaemonSettings::log_format, is_log_format, "text, json or xinetd"},
    DaemonKey{"log_addresses", &DaemonSettings::log_addresses, is_privacy,
              "full, truncate or hash"},
    DaemonKey{"spawner", &DaemonSettings::spawner, is_spawner, "posix_spawn or clone"},
    DaemonKey{"stop", &DaemonSettings::stop, is_stop, "leave or drain"},
    DaemonKey{"drain_time", &DaemonSettings::drain_time, is_duration,
              "a duration, as \"30s\" or 30"},
};

class Parser {
 public:
  Parser(const std::string& file_name, const TomlOptions& options, const ServiceNames& names)
      : report_(std::make_shared<const std::string>(file_name), out_.diagnostics),
        services_(options, names, report_, out_.diagnostics) {
    out_.files.push_back(file_name);
  }

  ParsedConfig run(std::string_view text) {
    const auto document = read_toml(text, report_);
    if (document) {
      take(*document);
    } else {
      out_.services_written = 1;
    }
    drop_duplicates(out_.services, out_.diagnostics);
    report_.finish();
    sort_by_place(out_.diagnostics, out_.files);
    return std::move(out_);
  }

 private:
  void take(const TomlNode& document) {
    std::array<const TomlItem*, kTables.size()> found{};
    for (const auto& item : document.items) {
      const auto known = std::find(kTables.begin(), kTables.end(), item.key);
      if (known == kTables.end()) {
        refuse_key(item, kTables);
        // It may have been meant for services: a file with nothing else is not an empty one.
        ++out_.services_written;
      } else {
        found[static_cast<std::size_t>(known - kTables.begin())] = &item;
      }
    }
    const auto [include, daemon, defaults, services] = found;
    if (include != nullptr) take_include(*include);
    if (daemon != nullptr) take_daemon(*daemon);
    if (defaults != nullptr) services_.read_defaults(defaults->value);
    if (services != nullptr) take_services(*services);
  }

  void refuse_key(const TomlItem& item, std::span<const std::string_view> known) {
    constexpr std::size_t kMostHints = 200;
    std::string hint;
    if (hints_++ < kMostHints) hint = did_you_mean(item.key, known);
    report_.error(item.at, "key", "unknown key " + quoted(item.key), std::move(hint));
  }

  bool is_table(const TomlItem& item) {
    if (item.value.kind == TomlNode::Kind::Table) return true;
    return report_.error(
        item.value.at, "type",
        fmt::format("{} must be a table, not {}", quoted(item.key), kind_text(item.value.kind)));
  }

  void take_include(const TomlItem& item) {
    const TomlValue value{item.key, item.value, report_};
    if (item.value.kind == TomlNode::Kind::String) return take_path(value);
    if (item.value.kind != TomlNode::Kind::Array) {
      report_.error(
          item.value.at, "type",
          fmt::format("\"include\" must be an array of paths, not {}", kind_text(item.value.kind)));
      return;
    }
    for (std::size_t i = 0; i < item.value.items.size(); ++i) {
      if (const auto path = value.element(i, TomlNode::Kind::String)) take_path(*path);
    }
  }

  void take_path(const TomlValue& value) {
    auto text = read_text(value);
    if (!text) return;
    IncludedPath out;
    out.may_be_absent = text->starts_with('-');
    out.path = out.may_be_absent ? text->substr(1) : std::move(*text);
    out.at = report_.position(value.node.at);
    if (out.path.empty()) {
      value.refuse("a path behind the \"-\"");
      return;
    }
    out_.includes.push_back(std::move(out));
  }

  void take_daemon(const TomlItem& table) {
    if (!is_table(table)) return;
    for (const auto& item : table.value.items) {
      const auto key = std::find_if(kDaemonKeys.begin(), kDaemonKeys.end(),
                                    [&](const DaemonKey& each) { return each.name == item.key; });
      if (key == kDaemonKeys.end()) {
        std::array<std::string_view, kDaemonKeys.size()> names;
        for (std::size_t i = 0; i < names.size(); ++i) names[i] = kDaemonKeys[i].name;
        refuse_key(item, names);
      } else {
        take_setting(*key, item);
      }
    }
  }

  void take_setting(const DaemonKey& key, const TomlItem& item) {
    const TomlValue value{item.key, item.value, report_};
    std::optional<std::string> text;
    if (item.value.kind == TomlNode::Kind::String) {
      text = read_text(value);
    } else if (item.value.kind == TomlNode::Kind::Integer && key.takes_number()) {
      const auto number = read_integer(value, 0, UINT32_MAX);
      if (number) text = std::to_string(*number);
    } else {
      report_.error(item.value.at, "type",
                    fmt::format("{} must be {}, not {}", quoted(item.key), key.words,
                                kind_text(item.value.kind)));
    }
    if (!text) return;
    if (!key.is_good(*text)) {
      value.refuse(fmt::format("{}, not {}", key.words, quoted(*text)));
      return;
    }
    out_.daemon.*key.member = std::move(*text);
  }

  void take_services(const TomlItem& table) {
    if (!is_table(table)) {
      ++out_.services_written;
      return;
    }
    out_.services.reserve(table.value.items.size());
    for (const auto& item : table.value.items) {
      auto read = services_.read(item);
      if (!read.is_enabled) continue;
      ++out_.services_written;
      if (read.spec) out_.services.push_back(std::move(*read.spec));
    }
  }

  ParsedConfig out_;
  Reporter report_;
  TomlServices services_;
  std::size_t hints_ = 0;
};

}  // namespace

ParsedConfig parse_toml_conf(std::string_view text, const std::string& file_name,
                             const TomlOptions& options, const ServiceNames& names) {
  return Parser(file_name, options, names).run(text);
}

}  // namespace uvinetd
