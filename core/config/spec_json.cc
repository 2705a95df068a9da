// SPDX-License-Identifier: ISC
#include "core/config/spec_json.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <type_traits>

#include "spawn/io_priority.h"

namespace uvinetd {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

std::string octal(unsigned mode) {
  return fmt::format("{:04o}", mode);
}

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

const char* family_name(IpFamily family) {
  switch (family) {
    case IpFamily::V4:
      return "ipv4";
    case IpFamily::V6:
      return "ipv6";
    case IpFamily::Dual:
      return "both";
  }
  return "ipv4";
}

Json listen_json(const ListenSpec& listen) {
  Json out;
  out["kind"] = kind_name(listen.kind);
  if (!listen.name.is_default()) out["name"] = *listen.name;
  if (is_ip(listen.kind)) {
    out["family"] = family_name(listen.family);
    out["host"] = or_null(listen.host);
    out["port"] = listen.port;
    out["is_optional"] = listen.is_optional;
    return out;
  }
  out["path"] = listen.path;
  out["user"] = or_null(listen.node->user);
  out["group"] = or_null(listen.node->group);
  out["mode"] = listen.node->mode ? Json(octal(*listen.node->mode)) : Json(nullptr);
  return out;
}

Json identity_json(const Identity& identity) {
  return {{"uid", identity.uid},       {"gid", identity.gid},
          {"groups", identity.groups}, {"user_name", identity.user_name},
          {"home", identity.home},     {"shell", identity.shell}};
}

// ---- one option to its value -------------------------------------------------------------------

template <typename T>
requires std::is_arithmetic_v<T> Json value_of(T value) {
  return value;
}
Json value_of(const std::string& text) {
  return text;
}
Json value_of(const std::vector<std::string>& list) {
  return list;
}
Json value_of(std::chrono::seconds time) {
  return time.count();
}
Json value_of(std::chrono::minutes time) {
  return time == std::chrono::minutes::max() ? Json("forever") : Json(time.count());
}
Json value_of(const Rate& rate) {
  return {{"count", rate.count}, {"per_seconds", rate.per.count()}, {"burst", rate.burst}};
}
Json value_of(const RpcProgram& rpc) {
  return {
      {"program", rpc.name}, {"low_version", rpc.low_version}, {"high_version", rpc.high_version}};
}
Json value_of(const Redirect& redirect) {
  return {{"host", redirect.host}, {"port", redirect.port}};
}
Json value_of(const std::vector<ResourceLimit>& limits) {
  Json out = Json::array();
  for (const auto& limit : limits) {
    out.push_back(
        {{"resource", limit.name}, {"soft", or_null(limit.soft)}, {"hard", or_null(limit.hard)}});
  }
  return out;
}
Json value_of(OnForbiddenCall what) {
  return what == OnForbiddenCall::Kill ? "kill" : "fail";
}
Json value_of(StartBy start) {
  return start == StartBy::Zygote ? "zygote" : "exec";
}
Json value_of(ParkAt park) {
  return park == ParkAt::Io ? "io" : "main";
}
Json value_of(HealthForm form) {
  return form == HealthForm::Agent ? "agent" : "http";
}
Json value_of(ProxyForm form) {
  return form == ProxyForm::V2 ? "v2" : form == ProxyForm::V1 ? "v1" : "none";
}
Json value_of(AtLimit at_limit) {
  return at_limit == AtLimit::Refuse ? "refuse" : "queue";
}
template <typename T>
Json value_of(const std::optional<T>& value) {
  return value_of(*value);
}

struct OptionKey {
  const char* key;
  void (*put)(const ServiceOptions& options, const char* key, Json& out);
};

template <auto Member>
void put(const ServiceOptions& options, const char* key, Json& out) {
  static const ServiceOptions kDefaults;
  if (options.*Member != kDefaults.*Member) out[key] = value_of(options.*Member);
}

void put_groups(const ServiceOptions& options, const char* key, Json& out) {
  if (options.groups_from == GroupsFrom::None) out[key] = false;
  if (options.groups_from == GroupsFrom::List) out[key] = options.groups;
}

void put_pass_env(const ServiceOptions& options, const char* key, Json& out) {
  if (options.pass_all_env) {
    out[key] = true;
  } else if (!options.pass_env.empty()) {
    out[key] = options.pass_env;
  }
}

void put_umask(const ServiceOptions& options, const char* key, Json& out) {
  if (options.umask) out[key] = octal(*options.umask);
}

void put_ionice(const ServiceOptions& options, const char* key, Json& out) {
  if (options.ionice) out[key] = print_io_priority(*options.ionice);
}

void put_stderr(const ServiceOptions& options, const char* key, Json& out) {
  switch (options.stderr_to) {
    case StderrTo::Socket:
      return;
    case StderrTo::Log:
      out[key] = "log";
      return;
    case StderrTo::Null:
      out[key] = "null";
      return;
    case StderrTo::File:
      out[key] = "file:" + options.stderr_file;
      return;
  }
}

Json syslog_json(const SyslogSettings& settings) {
  Json out;
  out["rules"] = settings.rules;
  out["dialect"] = settings.dialect == SyslogDialect::Bsd ? "bsd" : "linux";
  out["mark_seconds"] = settings.mark.count();
  out["fold_repeats"] = settings.folds_repeats;
  out["time"] = settings.trusts_time ? "message" : "arrival";
  out["host"] = settings.trusts_host ? "message" : "sender";
  out["relay"] = settings.relays;
  out["rotate_size_bytes"] = settings.rotate_size;
  out["rotate_count"] = settings.rotate_count;
  out["file_mode"] = octal(settings.file_mode);
  out["rate_per_second"] = settings.rate;
  out["burst"] = settings.burst;
  return out;
}

using Options = ServiceOptions;
constexpr std::array kOptionKeys{
    OptionKey{"send_buffer_bytes", put<&Options::send_buffer>},
    OptionKey{"receive_buffer_bytes", put<&Options::receive_buffer>},
    OptionKey{"accept_filter", put<&Options::accept_filter>},
    OptionKey{"nodelay", put<&Options::nodelay>},
    OptionKey{"keepalive", put<&Options::keepalive>},
    OptionKey{"freebind", put<&Options::freebind>},
    OptionKey{"reuseport", put<&Options::reuseport>},
    OptionKey{"bind_to_device", put<&Options::bind_to_device>},
    OptionKey{"mark", put<&Options::mark>},
    OptionKey{"tcpmux", put<&Options::tcpmux>},
    OptionKey{"tcpmux_greets", put<&Options::tcpmux_greets>},
    OptionKey{"rpc", put<&Options::rpc>},
    OptionKey{"redirect", put<&Options::redirect>},
    OptionKey{"redirect_from", put<&Options::redirect_from>},
    OptionKey{"redirect_proxy", put<&Options::redirect_proxy>},
    OptionKey{"health_format", put<&Options::health_format>},
    OptionKey{"health_cache_seconds", put<&Options::health_cache>},
    OptionKey{"health_timeout_seconds", put<&Options::health_timeout>},
    OptionKey{"groups", put_groups},
    OptionKey{"env", put<&Options::env>},
    OptionKey{"pass_env", put_pass_env},
    OptionKey{"umask", put_umask},
    OptionKey{"working_directory", put<&Options::working_directory>},
    OptionKey{"nice", put<&Options::nice>},
    OptionKey{"limits", put<&Options::limits>},
    OptionKey{"ionice", put_ionice},
    OptionKey{"chroot", put<&Options::chroot>},
    OptionKey{"private_tmp", put<&Options::private_tmp>},
    OptionKey{"private_network", put<&Options::private_network>},
    OptionKey{"read_only_paths", put<&Options::read_only_paths>},
    OptionKey{"inaccessible_paths", put<&Options::inaccessible_paths>},
    OptionKey{"no_new_privs", put<&Options::no_new_privs>},
    OptionKey{"capability_bounding", put<&Options::capability_bounding>},
    OptionKey{"capability_ambient", put<&Options::capability_ambient>},
    OptionKey{"landlock_read", put<&Options::landlock_read>},
    OptionKey{"landlock_write", put<&Options::landlock_write>},
    OptionKey{"landlock_execute", put<&Options::landlock_execute>},
    OptionKey{"system_calls", put<&Options::system_calls>},
    OptionKey{"system_calls_denied", put<&Options::system_calls_denied>},
    OptionKey{"on_forbidden_call", put<&Options::on_forbidden_call>},
    OptionKey{"cgroup", put<&Options::cgroup>},
    OptionKey{"memory_max_bytes", put<&Options::memory_max>},
    OptionKey{"cpu_max_percent", put<&Options::cpu_max>},
    OptionKey{"pids_max", put<&Options::pids_max>},
    OptionKey{"stderr", put_stderr},
    OptionKey{"listen_fds", put<&Options::listen_fds>},
    OptionKey{"proxy_protocol", put<&Options::proxy_protocol>},
    OptionKey{"proxy_from", put<&Options::proxy_from>},
    OptionKey{"start", put<&Options::start>},
    OptionKey{"park", put<&Options::park>},
    OptionKey{"spares", put<&Options::spares>},
    OptionKey{"park_uses", put<&Options::park_uses>},
    OptionKey{"park_age_seconds", put<&Options::park_age>},
    OptionKey{"rate", put<&Options::rate>},
    OptionKey{"rate_per_source", put<&Options::rate_per_source>},
    OptionKey{"rate_pause_seconds", put<&Options::rate_pause>},
    OptionKey{"source_prefix_v6_bits", put<&Options::source_prefix_v6>},
    OptionKey{"at_limit", put<&Options::at_limit>},
    OptionKey{"allow", put<&Options::allow>},
    OptionKey{"deny", put<&Options::deny>},
    OptionKey{"identify", put<&Options::identify>},
    OptionKey{"access_times", put<&Options::access_times>},
    OptionKey{"max_load", put<&Options::max_load>},
    OptionKey{"sensor", put<&Options::is_sensor>},
    OptionKey{"deny_time_minutes", put<&Options::deny_time>},
    OptionKey{"libwrap", put<&Options::libwrap>},
    OptionKey{"start_timeout_seconds", put<&Options::start_timeout>},
    OptionKey{"max_runtime_seconds", put<&Options::max_runtime>},
    OptionKey{"idle_timeout_seconds", put<&Options::idle_timeout>},
    OptionKey{"banner", put<&Options::banner>},
    OptionKey{"banner_success", put<&Options::banner_success>},
    OptionKey{"banner_fail", put<&Options::banner_fail>},
    OptionKey{"lingering_close", put<&Options::lingering_close>},
    OptionKey{"log_type", put<&Options::log_type>},
    OptionKey{"log_on_success", put<&Options::log_on_success>},
    OptionKey{"log_on_failure", put<&Options::log_on_failure>},
    OptionKey{"log_connections", put<&Options::log_connections>},
};

std::string source_text(SourcePosition at) {
  at.column = 0;
  return at.text();
}

}  // namespace

Json spec_json(const ServiceSpec& spec, const Identity* identity, bool is_resolved) {
  Json out;
  out["id"] = spec.id;
  out["source"] = source_text(spec.at);
  out["is_resolved"] = is_resolved;
  out["listen"] = Json::array();
  for (const auto& listen : spec.listen) out["listen"].push_back(listen_json(listen));
  out["mode"] = spec.mode == Mode::Wait ? "wait" : "nowait";
  out["user"] = or_null(spec.user);
  out["group"] = or_null(spec.group);
  out["identity"] = identity != nullptr ? identity_json(*identity) : Json(nullptr);
  out["internal"] = or_null(spec.internal);
  out["program"] = or_null(spec.program);
  out["argv"] = spec.argv;
  out["instances"] = or_null(spec.instances);
  out["instances_per_source"] = or_null(spec.instances_per_source);
  out["starts_per_minute"] = or_null(spec.starts_per_minute);
  out["source_starts_per_minute"] = or_null(spec.source_starts_per_minute);
  out["backlog"] = or_null(spec.backlog);
  if (!spec.more.is_default()) {
    for (const auto& option : kOptionKeys) option.put(*spec.more, option.key, out);
  }
  if (is_syslog_service(spec)) out["syslog"] = syslog_json(*spec.more->syslog);
  return out;
}

Json table_json(const LoadedConfig& config) {
  Json services = Json::array();
  for (const auto& loaded : config.services) {
    const bool has_identity = has_server(loaded.spec);
    services.push_back(spec_json(loaded.spec, has_identity ? &loaded.identity : nullptr, true));
  }
  for (const auto& spec : config.unresolved) services.push_back(spec_json(spec, nullptr, false));
  Json out;
  out["schema"] = kSchema;
  out["services"] = std::move(services);
  return out;
}

// The library leaves DEL and U+0080 to U+009F as they are, which some terminals obey.
std::string json_text(const Json& document, int indent) {
  const auto text = document.dump(indent, ' ', false, Json::error_handler_t::replace);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
    if (byte == 0x7f) {
      out += "\\u007f";
    } else if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", next);
      ++at;
    } else {
      out += text[at];
    }
  }
  return out + '\n';
}

}  // namespace uvinetd
