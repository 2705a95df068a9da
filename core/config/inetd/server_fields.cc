// SPDX-License-Identifier: ISC
// Fields 5 and on: as whom, and what runs.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/syslog/syslog_service.h"
#include "internal/builtin.h"

namespace uvinetd {
namespace {

// The built-in called `word`, or the one whose port `word` is another name of (sink: discard).
const Builtin* builtin_for(const std::string& word, SocketKind kind, const ServiceNames& names) {
  if (const auto* exact = find_builtin(word)) return exact;
  if (!is_ip(kind)) return nullptr;
  const char* protocol = kind_name(kind);
  const auto number = parse_number(word, UINT16_MAX);
  const auto port = number ? static_cast<std::uint16_t>(*number) : names.port_of(word, protocol);
  if (!port || *port == 0) return nullptr;
  for (const auto& builtin : all_builtins()) {
    if (names.port_of(builtin.name, protocol) == port) return &builtin;
  }
  return nullptr;
}

bool unknown_builtin(const Field& field, const std::string& word, bool is_named, Reporter& report) {
  std::vector<std::string_view> known{kSyslog};
  for (const auto& builtin : all_builtins()) known.push_back(builtin.name);
  auto hint = did_you_mean(word, known);
  if (hint.empty() && !is_named) hint = "name one after the word internal: echo, discard, ...";
  return report.error(field.at, "internal", "there is no built-in service " + quoted(word), hint);
}

// A built-in's mode follows from its socket, whatever is written.
void settle_mode(SocketKind kind, const Field& field, Reporter& report, ServiceSpec& spec) {
  const Mode needed = is_datagram(kind) ? Mode::Wait : Mode::Nowait;
  if (spec.mode == needed) return;
  report.warning(field.at, "internal-wait",
                 fmt::format("the built-in {} over {} is {}", spec.internal, kind_name(kind),
                             needed == Mode::Wait ? "always wait" : "always nowait"));
  spec.mode = needed;
}

bool begins_comment(const Field& field) {
  return !field.is_quoted && field.text.starts_with('#');
}

bool read_internal(std::span<const Field> fields, const std::string& service, FieldContext& context,
                   ServiceSpec& spec) {
  const bool has_comment = fields.size() > 1 && begins_comment(fields[1]);
  if (has_comment) {
    context.report.warning(fields[1].at, "trailing-comment", "a comment begins in column 1 only",
                           "put the comment on a line of its own");
  }
  const bool is_named = fields.size() > 1 && !has_comment;
  const Field& field = is_named ? fields[1] : fields[0];
  const bool is_muxed = spec.listen.empty();
  const SocketKind kind = is_muxed ? SocketKind::Tcp : spec.listen.front().kind;
  const auto word = is_named ? field.text : is_ip(kind) ? service : basename_of(service);
  if (word == kSyslog) {
    const auto arguments = fields.subspan(is_named ? 2 : fields.size());
    spec.internal = kSyslog;
    return make_syslog_service(field.at, arguments, context.report, spec);
  }
  const auto* builtin = builtin_for(word, kind, context.names);
  if (builtin == nullptr) return unknown_builtin(field, word, is_named, context.report);
  const bool has_form = is_datagram(kind) ? builtin->answer != nullptr : builtin->has_stream_form();
  if (!has_form) {
    return context.report.error(
        field.at, "internal",
        fmt::format("the built-in {} has no form for {}", builtin->name, kind_name(kind)));
  }
  if (is_muxed && builtin->name == "tcpmux") {
    return context.report.error(field.at, "tcpmux", "tcpmux cannot be reached through itself");
  }
  if (is_named && fields.size() > 2) {
    context.report.warning(fields[2].at, "internal", "a built-in service takes no arguments");
  }
  spec.internal = builtin->name;
  settle_mode(kind, fields[0], context.report, spec);
  return true;
}

}  // namespace

std::string basename_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool read_user(const Field& field, Reporter& report, ServiceSpec& spec) {
  const auto slash = field.text.find('/');
  const Field identity = field.part(0, slash);
  const auto colon = identity.text.find(':');
  const Field user = identity.part(0, colon);
  spec.user = user.text;
  spec.user_at = report.position(user.at);
  spec.group_at = spec.user_at;
  if (user.text.empty()) return report.error(user.at, "user", "the user is empty");
  if (colon != std::string::npos) {
    const Field group = identity.part(colon + 1);
    if (group.text.empty() || group.text.find(':') != std::string::npos) {
      return report.error(group.at, "group", "bad group " + quoted(group.text));
    }
    spec.group = group.text;
    spec.group_at = report.position(group.at);
  }
  if (slash == std::string::npos) return true;
  const Field login_class = field.part(slash + 1);
  if (login_class.text.empty()) {
    return report.error(login_class.at, "login-class", "the login class is empty");
  }
  report.warning(login_class.at, "login-class",
                 "login classes do not exist here; " + quoted(login_class.text) + " is ignored");
  return true;
}

bool check_program(const Field& program, Reporter& report, std::string hint) {
  if (program.text.empty() || program.text.front() != '/') {
    return report.error(program.at, "program",
                        "the program must be an absolute path, not " + quoted(program.text),
                        std::move(hint));
  }
  if (program.text.back() != '/') return true;
  return report.error(program.at, "program", quoted(program.text) + " is a directory");
}

bool read_server(std::span<const Field> fields, const std::string& service, FieldContext& context,
                 ServiceSpec& spec) {
  const Field& program = fields.front();
  spec.program_at = context.report.position(program.at);
  if (program.text == "internal") return read_internal(fields, service, context, spec);
  const auto hint = did_you_mean(program.text, std::vector<std::string>{"internal"});
  if (!check_program(program, context.report, hint)) return false;
  spec.program = program.text;
  if (is_syslog_service(spec)) {
    spec.argv.emplace_back(kSyslogProgram);
    const auto arguments = fields.subspan(std::min<std::size_t>(fields.size(), 2));
    return make_syslog_service(program.at, arguments, context.report, spec);
  }
  bool is_told = false;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    const Field& argument = fields[i];
    if (!is_told && begins_comment(argument)) {
      is_told = true;
      context.report.warning(argument.at, "trailing-comment",
                             "\"#\" begins no comment here: the rest of the line goes to the "
                             "program as arguments",
                             "put the comment on a line of its own");
    }
    spec.argv.push_back(argument.text);
  }
  if (spec.argv.empty()) spec.argv.push_back(basename_of(spec.program));
  return true;
}

}  // namespace uvinetd
