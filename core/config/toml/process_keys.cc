// SPDX-License-Identifier: ISC
// What is started, and as what.
#include <fmt/format.h>

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/syslog/syslog_service.h"
#include "core/config/toml/special_keys.h"
#include "core/config/toml/text.h"
#include "spawn/settings/relay.h"

namespace uvinetd::toml_special {
namespace {

constexpr std::string_view kFilePrefix = "file:";

struct StderrWord {
  std::string_view word;
  StderrTo to;
};
constexpr std::array kStderrWords{StderrWord{"log", StderrTo::Log},
                                  StderrWord{"null", StderrTo::Null},
                                  StderrWord{"socket", StderrTo::Socket}};

// Arguments may be empty, which other texts may not.
std::optional<std::string> read_argument(const TomlValue& value) {
  if (value.node.text.empty()) return "";
  return read_text(value);
}

// A name or a number.
std::optional<std::string> read_account(const TomlValue& value) {
  if (value.node.kind == TomlNode::Kind::String) return read_text(value);
  const auto number = read_integer(value, 0, UINT32_MAX);
  return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

// The arguments of a program that is the log are settings of ours.
bool take_syslog_arguments(const TomlValue& value, TomlContext& context, ServiceSpec& spec) {
  std::vector<Field> arguments;
  for (std::size_t i = 1; i < value.node.items.size(); ++i) {
    arguments.push_back(value.node.items[i].value.field());
  }
  spec.argv.resize(1);
  return make_syslog_service(value.node.at, arguments, context.fields.report, spec);
}

bool is_datagram_service(const ServiceSpec& spec) {
  return !spec.listen.empty() && is_datagram(spec.listen.front().kind);
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && name.find_first_of(std::string_view("=\0", 2)) == std::string_view::npos;
}

// { NAME = "value" }. What a variable holds is never repeated.
bool read_env_table(const TomlValue& value, std::vector<std::string>& out) {
  bool is_good = true;
  for (const auto& item : value.node.items) {
    const TomlValue variable{value.key, item.value, value.report};
    if (!is_variable_name(item.key)) {
      is_good =
          value.report.error(item.at, "value", quoted(item.key) + " is no name of a variable");
    } else if (item.value.kind != TomlNode::Kind::String) {
      is_good = value.report.error(item.value.at, "type",
                                   fmt::format("each part of {} must be a string, not {}",
                                               quoted(value.key), kind_text(item.value.kind)));
    } else if (const auto text = read_argument(variable)) {
      out.push_back(item.key + '=' + *text);
    } else {
      is_good = false;
    }
  }
  return is_good;
}

// ["NAME=value"]
bool read_env_array(const TomlValue& value, std::vector<std::string>& out) {
  bool is_good = true;
  for (std::size_t i = 0; i < value.node.items.size(); ++i) {
    const auto element = value.element(i, TomlNode::Kind::String);
    const auto text = element ? read_text(*element) : std::nullopt;
    if (!text) {
      is_good = false;
    } else if (const auto equals = text->find('='); equals == 0 || equals == std::string::npos) {
      is_good = value.report.error(element->node.at, "value",
                                   quoted(value.key) + " has a part that is not NAME=VALUE");
    } else {
      out.push_back(*text);
    }
  }
  return is_good;
}

}  // namespace

bool read_mode(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  if (value.node.text == "wait" || value.node.text == "nowait") {
    spec.mode = value.node.text == "wait" ? Mode::Wait : Mode::Nowait;
    return true;
  }
  default_mode(spec);
  static constexpr std::array<std::string_view, 2> kWords{"wait", "nowait"};
  return value.refuse("wait or nowait, not " + quoted(value.node.text),
                      did_you_mean(value.node.text, kWords));
}

std::string print_mode(const ServiceSpec& spec) {
  const auto usual = is_datagram_service(spec) ? Mode::Wait : Mode::Nowait;
  if (spec.mode == usual) return "";
  return toml_string(spec.mode == Mode::Wait ? "wait" : "nowait");
}

void default_mode(ServiceSpec& spec) {
  if (is_datagram_service(spec)) spec.mode = Mode::Wait;
}

bool read_exec(const TomlValue& value, TomlContext& context, ServiceSpec& spec) {
  const auto& node = value.node;
  const bool is_one = node.kind == TomlNode::Kind::String;
  if (!is_one && node.items.empty()) return value.refuse("a program and its arguments");
  bool is_good = true;
  std::vector<std::string> words;
  const auto take = [&](const TomlValue& word) {
    auto text = read_argument(word);
    is_good &= text.has_value();
    words.push_back(text ? std::move(*text) : std::string());
  };
  if (is_one) take(value);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const auto element = value.element(i, TomlNode::Kind::String);
    is_good &= element.has_value();
    if (element) take(*element);
  }
  if (words.empty()) return false;
  const auto program = (is_one ? node : node.items.front().value).field();
  spec.program_at = value.report.position(program.at);
  if (program.text == words.front()) is_good &= check_program(program, context.fields.report);
  if (!is_good) return false;
  spec.program = words.front();
  words.front() = basename_of(spec.program);
  spec.argv = std::move(words);
  return !is_syslog_service(spec) || take_syslog_arguments(value, context, spec);
}

std::string print_exec(const ServiceSpec& spec) {
  if (spec.program.empty()) return "";
  if (spec.argv.size() < 2) return toml_string(spec.program);
  auto words = spec.argv;
  words.front() = spec.program;
  return toml_strings(words);
}

bool read_argv0(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  auto text = read_argument(value);
  if (text && !spec.argv.empty()) spec.argv.front() = std::move(*text);
  return text.has_value();
}

std::string print_argv0(const ServiceSpec& spec) {
  if (spec.argv.empty() || spec.argv.front() == basename_of(spec.program)) return "";
  return toml_string(spec.argv.front());
}

bool read_internal(const TomlValue& value, TomlContext& context, ServiceSpec& spec) {
  if (!read_text(value)) return false;
  if (value.node.text == kHealth) {
    spec.internal = kHealth;
    return true;
  }
  if (spec.listen.empty()) {
    return value.report.error(value.node.at, "internal",
                              "a built-in service needs an address to listen on");
  }
  Field word = value.node.field();
  word.text = "internal";
  const std::array fields{word, value.node.field()};
  return read_server(fields, value.node.text, context.fields, spec);
}

bool read_user_key(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  auto name = read_account(value);
  spec.user_at = value.report.position(value.node.at);
  if (name) spec.user = std::move(*name);
  return name.has_value();
}

bool read_group(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  auto name = read_account(value);
  spec.group_at = value.report.position(value.node.at);
  if (name) spec.group = std::move(*name);
  return name.has_value();
}

bool read_groups(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto& node = value.node;
  if (node.kind == TomlNode::Kind::Boolean) {
    if (!node.boolean) spec.more.edit().groups_from = GroupsFrom::None;
    return true;
  }
  std::vector<std::string> names;
  bool is_good = true;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const bool is_number = node.items[i].value.kind == TomlNode::Kind::Integer;
    const auto element =
        value.element(i, is_number ? TomlNode::Kind::Integer : TomlNode::Kind::String);
    auto name = element ? read_account(*element) : std::nullopt;
    is_good &= name.has_value();
    if (name) names.push_back(std::move(*name));
  }
  if (!is_good) return false;
  auto& more = spec.more.edit();
  more.groups_from = GroupsFrom::List;
  more.groups = std::move(names);
  return true;
}

std::string print_groups(const ServiceSpec& spec) {
  switch (spec.more->groups_from) {
    case GroupsFrom::Database:
      return "";
    case GroupsFrom::None:
      return "false";
    case GroupsFrom::List:
      return toml_strings(spec.more->groups);
  }
  return "";
}

bool read_env(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  std::vector<std::string> variables;
  const bool is_table = value.node.kind == TomlNode::Kind::Table;
  if (!(is_table ? read_env_table(value, variables) : read_env_array(value, variables))) {
    return false;
  }
  if (!variables.empty()) spec.more.edit().env = std::move(variables);
  return true;
}

bool read_pass_env(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  if (value.node.kind == TomlNode::Kind::Boolean) {
    if (value.node.boolean) spec.more.edit().pass_all_env = true;
    return true;
  }
  auto names = read_texts(value);
  if (!names) return false;
  for (std::size_t i = 0; i < names->size(); ++i) {
    if (is_variable_name((*names)[i])) continue;
    return value.report.error(value.node.items[i].value.at, "value",
                              quoted(value.key) + " has a part that is no name of a variable");
  }
  if (!names->empty()) spec.more.edit().pass_env = std::move(*names);
  return true;
}

std::string print_pass_env(const ServiceSpec& spec) {
  if (spec.more->pass_all_env) return "true";
  return spec.more->pass_env.empty() ? "" : toml_strings(spec.more->pass_env);
}

bool read_umask(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto bits = read_octal(value);
  if (bits) spec.more.edit().umask = *bits;
  return bits.has_value();
}

std::string print_umask(const ServiceSpec& spec) {
  const auto& bits = spec.more->umask;
  return bits ? toml_string(fmt::format("{:04o}", *bits)) : "";
}

bool read_limits(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  std::vector<ResourceLimit> limits;
  bool is_good = true;
  for (const auto& item : value.node.items) {
    auto limit = read_limit({item.key, item.value, value.report}, item.at);
    is_good &= limit.has_value();
    if (limit) limits.push_back(std::move(*limit));
  }
  if (is_good && !limits.empty()) spec.more.edit().limits = std::move(limits);
  return is_good;
}

std::string print_limits(const ServiceSpec& spec) {
  std::string out;
  for (const auto& limit : spec.more->limits) {
    out += fmt::format("{} {} = {}", out.empty() ? "{" : ",", limit.name, print_limit(limit));
  }
  return out.empty() ? "" : out + " }";
}

bool read_stderr(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const std::string_view text = value.node.text;
  for (const auto& known : kStderrWords) {
    if (known.word != text) continue;
    if (known.to != StderrTo::Socket) spec.more.edit().stderr_to = known.to;
    return true;
  }
  if (!text.starts_with(kFilePrefix)) {
    std::array<std::string_view, kStderrWords.size()> words;
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = kStderrWords[i].word;
    return value.refuse("log, null, socket or file:/path, not " + quoted(text),
                        did_you_mean(text, words));
  }
  const auto path = text.substr(kFilePrefix.size());
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) {
    return value.refuse("an absolute path after file:, not " + quoted(path));
  }
  auto& more = spec.more.edit();
  more.stderr_to = StderrTo::File;
  more.stderr_file = path;
  return true;
}

std::string print_stderr(const ServiceSpec& spec) {
  if (!runs_program(spec)) return "";
  switch (spec.more->stderr_to) {
    case StderrTo::Log:
      return "";
    case StderrTo::Null:
      return toml_string("null");
    case StderrTo::Socket:
      return toml_string("socket");
    case StderrTo::File:
      return toml_string(std::string(kFilePrefix) + spec.more->stderr_file);
  }
  return "";
}

void default_stderr(ServiceSpec& spec) {
  if (runs_program(spec)) spec.more.edit().stderr_to = StderrTo::Log;
}

}  // namespace uvinetd::toml_special
