// SPDX-License-Identifier: ISC
// What answers: a program, a built-in, or another host; and what a program is given.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/syslog/syslog_service.h"
#include "core/config/xinetd/service.h"
#include "internal/builtin.h"

namespace uvinetd::xinetd {
namespace {

// The attribute, or an error that it is missing. nullptr also for one that could not be read.
const Attribute* required(Key key, const char* name, Making& making) {
  const auto& draft = making.draft();
  if (draft.of(key) == nullptr) {
    (void)making.missing(making.block.at, std::string(name) + " is missing");
  }
  return draft.good(key);
}

bool read_mode(Making& making, SocketKind kind) {
  const auto* wait = required(Key::Wait, "wait", making);
  if (wait == nullptr) return false;
  const auto value = read_yes_no(wait->value(), making.report());
  if (!value) return false;
  const auto& draft = making.draft();
  making.draft().spec.mode = *value ? Mode::Wait : Mode::Nowait;
  if (*value && (draft.is_mux() || draft.of(Key::Redirect) != nullptr)) {
    return making.report().error(
        wait->values_at(), "wait",
        draft.is_mux() ? "a TCPMUX service is not wait" : "a redirect is not wait");
  }
  if (!*value && is_datagram(kind) && !draft.is(Type::Internal)) {
    making.report().warning(wait->values_at(), "xinetd-differs",
                            "one server is started for each datagram, as by an inetd: xinetd "
                            "leaves a dgram service without wait out");
  }
  return true;
}

bool unknown_builtin(Making& making) {
  static constexpr std::array<std::string_view, 3> kRemoved{"services", "servers", "xadmin"};
  const auto name = making.block.name.text;
  std::string hint;
  if (std::find(kRemoved.begin(), kRemoved.end(), name) != kRemoved.end()) {
    hint = "xinetd removed it in 2003";
  } else {
    std::vector<std::string_view> known;
    for (const auto& builtin : all_builtins()) known.push_back(builtin.name);
    hint = did_you_mean(name, known);
  }
  return making.report().error(making.name_at(), "internal",
                               "there is no built-in service " + quoted(name), hint);
}

// What its server would get as arguments are its settings.
bool make_log(Place at, Making& making) {
  std::vector<Field> words;
  if (const auto* arguments = making.draft().good(Key::ServerArgs)) {
    for (const auto& word : arguments->values) words.push_back(arguments->field(word));
  }
  return make_syslog_service(at, words, making.report(), making.draft().spec);
}

bool make_builtin(Making& making, SocketKind kind) {
  auto& spec = making.draft().spec;
  if (making.block.name.text == kSyslog) {
    spec.internal = kSyslog;
    return make_log(making.name_at(), making);
  }
  const auto* builtin = find_builtin(making.block.name.text);
  if (builtin == nullptr) return unknown_builtin(making);
  const bool has_form = is_datagram(kind) ? builtin->answer != nullptr : builtin->has_stream_form();
  if (!has_form) {
    return making.report().error(
        making.name_at(), "internal",
        fmt::format("the built-in {} has no form for {}", builtin->name, kind_name(kind)));
  }
  if (const auto* server = making.draft().of(Key::Server)) {
    making.report().warning(server->at(), "internal", "a built-in service takes no server");
  }
  spec.internal = builtin->name;
  const auto needed = is_datagram(kind) ? Mode::Wait : Mode::Nowait;
  const auto* wait = making.draft().good(Key::Wait);
  if (spec.mode == needed || wait == nullptr) return true;
  making.report().warning(
      wait->values_at(), "internal-wait",
      fmt::format("the built-in {} over {} is {}", spec.internal, kind_name(kind),
                  needed == Mode::Wait ? "always wait" : "always nowait"));
  spec.mode = needed;
  return true;
}

bool make_redirect(const Attribute& redirect, Making& making, SocketKind kind) {
  const auto host = redirect.value();
  const auto port = redirect.field(redirect.values[1]);
  if (kind != SocketKind::Tcp) {
    return making.report().error(redirect.at(), "redirect", "only stream services are redirected");
  }
  auto number = parse_number(port.text, std::numeric_limits<std::uint16_t>::max());
  if (!number) number = making.around.names.port_of(port.text, "tcp");
  if (!number || *number == 0) {
    return making.report().error(port.at, "port", "bad port " + quoted(port.text), "1 to 65535");
  }
  making.draft().spec.more.edit().redirect =
      Redirect{host.text, static_cast<std::uint16_t>(*number), {}};
  return true;
}

void set_arguments(Making& making) {
  auto& draft = making.draft();
  auto& argv = draft.spec.argv;
  const auto& program = draft.spec.program;
  const auto* arguments = draft.good(Key::ServerArgs);
  const bool are_all = draft.has(Flag::Nameinargs);
  if (!are_all || arguments == nullptr || arguments->values.empty()) {
    argv.push_back(program.substr(program.rfind('/') + 1));
  }
  if (arguments == nullptr) return;
  const auto* flags = draft.of(Key::Flags);
  if (are_all && draft.is_own(Key::Flags) && flags->line > arguments->line) {
    making.report().warning(flags->at(), "xinetd-differs",
                            "NAMEINARGS holds for the server_args above it: xinetd heeds it in "
                            "those below only");
  }
  for (const auto& word : arguments->values) argv.emplace_back(word.text);
}

void set_environment(Making& making) {
  auto& draft = making.draft();
  auto& more = draft.spec.more.edit();
  const auto& defaults = making.around.defaults.draft;
  more.groups_from = draft.has_groups ? GroupsFrom::Database : GroupsFrom::None;
  const auto* pass = draft.holding(List::Passenv, Key::Passenv, defaults);
  more.pass_all_env = pass == nullptr;
  if (pass != nullptr) more.pass_env = pass->words();
  if (const auto* env = draft.holding(List::Env, Key::Env, defaults)) more.env = env->words();
}

bool make_program(Making& making) {
  const auto* server = required(Key::Server, "server", making);
  const bool has_user = required(Key::User, "user", making) != nullptr;
  if (server == nullptr) return false;
  const auto path = server->value();
  auto& spec = making.draft().spec;
  spec.program_at = making.report().position(path.at);
  if (path.text.front() != '/') {
    return making.report().error(path.at, "program",
                                 "the server must be an absolute path, not " + quoted(path.text));
  }
  if (path.text.back() == '/') {
    return making.report().error(path.at, "program", quoted(path.text) + " is a directory");
  }
  spec.program = path.text;
  if (is_syslog_service(spec)) {
    spec.argv.emplace_back(kSyslogProgram);
    set_environment(making);
    return make_log(path.at, making) && has_user;
  }
  set_arguments(making);
  set_environment(making);
  return has_user;
}

}  // namespace

bool make_server(Making& making, SocketKind kind) {
  const auto& draft = making.draft();
  const bool has_mode = read_mode(making, kind);
  if (draft.has(Flag::Sensor)) return has_mode;  // answers nobody
  if (draft.is(Type::Internal)) return make_builtin(making, kind) && has_mode;
  if (draft.of(Key::Redirect) == nullptr) return make_program(making) && has_mode;
  const auto* redirect = draft.good(Key::Redirect);
  return redirect != nullptr && make_redirect(*redirect, making, kind) && has_mode;
}

}  // namespace uvinetd::xinetd
