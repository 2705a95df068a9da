// SPDX-License-Identifier: ISC
// Parsing short texts in the language of xinetd, and what they give as words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/xinetd/xinetd_conf.h"
#include "tests/pure/config/conf.h"
#include "tests/pure/config/fake_includes.h"

namespace uvinetd::testing {

using Files = std::map<std::string, std::string>;

inline ParsedConfig parse_xinetd(std::string_view text, const Files& files = {},
                                 const std::string& default_host = "") {
  FakeIncludes includes(files);
  return parse_xinetd_conf(text, "f", {default_host}, FixedNames(), includes);
}

inline std::string block(const std::string& header, const std::string& lines) {
  return header + "\n{\n" + lines + "}\n";
}

// A service that runs /bin/x for a stream client; `lines` begin on its line 7.
inline std::string service(const std::string& lines = "", const std::string& name = "ftp") {
  return block("service " + name,
               "socket_type = stream\nwait = no\nuser = root\nserver = /bin/x\n" + lines);
}

// `xinetd` stands for all that an xinetd service of one's own has: "groups=none env=all".
inline std::string describe_process(const ServiceOptions& more) {
  std::string out;
  if (more.groups_from == GroupsFrom::None) out += " groups=none";
  out += more.pass_all_env ? " env=all" : "";
  for (const auto& name : more.pass_env) out += " pass=" + name;
  for (const auto& one : more.env) out += " env:" + one;
  if (more.umask) out += " umask=" + std::to_string(*more.umask);
  if (more.nice) out += " nice=" + std::to_string(*more.nice);
  for (const auto& limit : more.limits) {
    out += " limit:" + limit.name + '=' + (limit.soft ? std::to_string(*limit.soft) : "none");
    if (limit.soft != limit.hard) out += "!";
  }
  if (more.start == StartBy::Exec) out += " start=exec";
  if (more.start == StartBy::Zygote) out += " start=zygote";
  if (more.park == ParkAt::Io) out += " park=io";
  if (more.spares != 0) out += " spares=" + std::to_string(more.spares);
  if (more.park_uses) out += " uses=" + std::to_string(*more.park_uses);
  if (more.park_age) out += " age=" + std::to_string(more.park_age->count());
  if (more.nodelay) out += " nodelay";
  if (more.keepalive) out += " keepalive";
  return out;
}

inline std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& text : list) out += (out.empty() ? "" : ",") + text;
  return out;
}

inline std::string describe_admission(const ServiceOptions& more) {
  std::string out;
  if (more.at_limit == AtLimit::Refuse) out += " refuse";
  if (more.rate) {
    out += " rate=" + std::to_string(more.rate->count) + '/' +
           std::to_string(more.rate->per.count()) + '/' + std::to_string(more.rate->burst);
  }
  if (more.rate_pause) out += " pause=" + std::to_string(more.rate_pause->count());
  if (more.allow) out += " allow=" + joined(*more.allow);
  if (!more.deny.empty()) out += " deny=" + joined(more.deny);
  if (more.identify) out += " identify";
  if (more.max_load) out += " load=" + std::to_string(*more.max_load);
  for (const auto& time : more.access_times) {
    out += (&time == &more.access_times.front() ? " times=" : ",") + time;
  }
  if (!more.libwrap.empty()) out += " libwrap=" + more.libwrap;
  if (!more.tcpmux.empty()) out += (more.tcpmux_greets ? " mux=+" : " mux=") + more.tcpmux;
  if (more.redirect) {
    out += " redirect=" + more.redirect->host + ':' + std::to_string(more.redirect->port);
  }
  if (more.rpc) {
    out += " rpc=" + more.rpc->name + '/' + std::to_string(more.rpc->low_version) + '-' +
           std::to_string(more.rpc->high_version);
  }
  return out;
}

inline std::string describe_log(const ServiceOptions& more) {
  std::string out;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += std::string(" ") + name + '=' + value;
  };
  add("banner", more.banner);
  add("banner_success", more.banner_success);
  add("banner_fail", more.banner_fail);
  add("log", more.log_type);
  for (const auto& word : more.log_on_success) add("success", word);
  for (const auto& word : more.log_on_failure) add("failure", word);
  return out;
}

// What of a service differs from one with all defaults, but for its sockets.
inline std::string describe_xinetd(const ServiceSpec& spec) {
  std::string out = spec.id + (spec.mode == Mode::Wait ? " wait" : " nowait");
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += std::string(" ") + name + '=' + value;
  };
  add("user", spec.user);
  add("group", spec.group);
  add("internal", spec.internal);
  add("program", spec.program);
  for (const auto& argument : spec.argv) out += " [" + argument + ']';
  if (spec.instances) out += " instances=" + std::to_string(*spec.instances);
  if (spec.instances_per_source) {
    out += " per_source=" + std::to_string(*spec.instances_per_source);
  }
  return out + describe_process(*spec.more) + describe_admission(*spec.more) +
         describe_log(*spec.more);
}

// "error 3:9 slug" for each diagnostic of the file "f".
inline std::vector<std::string> judgements(const Diagnostics& list) {
  std::vector<std::string> out;
  for (const auto& d : list) {
    out.push_back(std::string(severity_name(d.severity)) + ' ' + std::to_string(d.at.line) + ':' +
                  std::to_string(d.at.column) + ' ' + d.slug);
  }
  return out;
}

}  // namespace uvinetd::testing
