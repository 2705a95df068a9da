// SPDX-License-Identifier: ISC
#include "core/config/toml/keys.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/config/toml/members.h"
#include "core/config/toml/special_keys.h"
#include "spawn/zygote_choice.h"

namespace uvinetd {
namespace {

using namespace toml_member;
using namespace toml_special;
using Options = ServiceOptions;
using To = AppliesTo;

constexpr unsigned kText = kind_bit(TomlNode::Kind::String);
constexpr unsigned kInteger = kind_bit(TomlNode::Kind::Integer);
constexpr unsigned kNumber = kInteger | kind_bit(TomlNode::Kind::Float);
constexpr unsigned kBoolean = kind_bit(TomlNode::Kind::Boolean);
constexpr unsigned kArray = kind_bit(TomlNode::Kind::Array);
constexpr unsigned kTable = kind_bit(TomlNode::Kind::Table);

constexpr std::int64_t kMostInt = std::numeric_limits<int>::max();
constexpr std::int64_t kMostMark = std::numeric_limits<std::uint32_t>::max();
constexpr bool kInherited = true;
constexpr bool kOwn = false;

constexpr std::array<std::pair<std::string_view, AtLimit>, 2> kAtLimit{
    {{"queue", AtLimit::Queue}, {"refuse", AtLimit::Refuse}}};
constexpr std::array<std::pair<std::string_view, OnForbiddenCall>, 2> kOnForbiddenCall{
    {{"fail", OnForbiddenCall::Fail}, {"kill", OnForbiddenCall::Kill}}};
constexpr std::string_view kCostOfBox = "a launcher per user and box";
constexpr std::string_view kCostOfSteps = "system calls per start; no warm start";
constexpr std::array<std::pair<std::string_view, ProxyForm>, 3> kProxyForms{
    {{"none", ProxyForm::None}, {"v1", ProxyForm::V1}, {"v2", ProxyForm::V2}}};
constexpr std::array<std::pair<std::string_view, HealthForm>, 2> kHealthForms{
    {{"http", HealthForm::Http}, {"agent", HealthForm::Agent}}};
constexpr std::array<std::pair<std::string_view, StartBy>, 2> kStart{
    {{"exec", StartBy::Exec}, {"zygote", StartBy::Zygote}}};
constexpr std::array<std::pair<std::string_view, ParkAt>, 2> kPark{
    {{"main", ParkAt::Main}, {"io", ParkAt::Io}}};

bool read_start(const TomlValue& value, TomlContext& context, ServiceSpec& spec) {
  spec.start_at.edit() = value.report.position(value.node.at);
  return read_word<&Options::start, kStart>(value, context, spec);
}

template <auto kMember>
bool read_path_list(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  std::vector<std::string> out;
  if (!read_paths(value, out)) return false;
  if (!out.empty()) edit(spec, kMember) = std::move(out);
  return true;
}

template <auto kMember>
constexpr TomlKey flag(std::string_view name, To to, std::string_view cost = {}) {
  return {name,
          "boolean",
          "false",
          "",
          cost,
          to,
          kInherited,
          kBoolean,
          read_flag<kMember>,
          print_flag<kMember>,
          nullptr};
}
template <auto kMember>
constexpr TomlKey text(std::string_view name, To to, std::string_view initial,
                       std::string_view cost = {}) {
  return {name,
          "string",
          initial,
          "",
          cost,
          to,
          kInherited,
          kText,
          read_string<kMember>,
          print_string<kMember>,
          nullptr};
}
template <auto kMember>
constexpr TomlKey path_key(std::string_view name, To to, std::string_view initial,
                           std::string_view cost = {}) {
  return {name,
          "absolute path",
          initial,
          "",
          cost,
          to,
          kInherited,
          kText,
          read_string<kMember, read_absolute_path>,
          print_string<kMember>,
          nullptr};
}
template <auto kMember>
constexpr TomlKey list(std::string_view name, To to, std::string_view initial,
                       std::string_view cost = {}) {
  return {name,
          "array of strings",
          initial,
          "",
          cost,
          to,
          kInherited,
          kArray,
          read_list<kMember>,
          print_list<kMember>,
          nullptr};
}
template <auto kMember>
bool read_log_words(const TomlValue& value, TomlContext& context, ServiceSpec& spec) {
  if (!read_sorted_list<kMember>(value, context, spec)) return false;
  const auto& words = get(spec, kMember);
  if (std::find(words.begin(), words.end(), "USERID") != words.end()) {
    value.report.warning(value.node.at, "ident",
                         "clients are not asked who they are (ident, RFC 1413)");
  }
  return true;
}
template <auto kMember>
constexpr TomlKey log_words(std::string_view name, To to, std::string_view cost) {
  return {name,
          "array of strings",
          "[]",
          "",
          cost,
          to,
          kInherited,
          kArray,
          read_log_words<kMember>,
          print_list<kMember>,
          nullptr};
}
template <auto kMember, std::int64_t kLeast = 0, std::int64_t kMost = kMostInt>
constexpr TomlKey number(std::string_view name, To to, std::string_view initial,
                         std::string_view unit, std::string_view cost) {
  return {name,
          "integer",
          initial,
          unit,
          cost,
          to,
          kInherited,
          kInteger,
          read_number<kMember, kLeast, kMost>,
          print_number<kMember>,
          nullptr};
}
template <auto kMember>
constexpr TomlKey duration(std::string_view name, To to, std::string_view cost,
                           std::string_view initial = "none") {
  return {name,
          "string or integer",
          initial,
          "seconds",
          cost,
          to,
          kInherited,
          kText | kInteger,
          read_seconds<kMember>,
          print_seconds<kMember>,
          nullptr};
}
template <auto kMember, const auto& kWords>
constexpr TomlKey word(std::string_view name, To to, std::string_view initial,
                       std::string_view cost) {
  return {name,
          "string",
          initial,
          "",
          cost,
          to,
          kInherited,
          kText,
          read_word<kMember, kWords>,
          print_word<kMember, kWords>,
          nullptr};
}
template <auto kMember>
constexpr TomlKey paths(std::string_view name, std::string_view cost) {
  return {name,
          "array of absolute paths",
          "[]",
          "",
          cost,
          To::Program,
          kInherited,
          kArray,
          read_path_list<kMember>,
          print_list<kMember>,
          nullptr};
}
constexpr TomlKey placed(TomlKey key) {
  key.keeps_place = true;
  return key;
}

constexpr std::array kKeys{
    TomlKey{"enabled", "boolean", "true", "", "", To::Any, kOwn, kBoolean, read_enabled,
            print_nothing, nullptr},

    // ---- how it is reached --------------------------------------------------------------------
    TomlKey{"listen", "string or array of strings", "required", "", "a descriptor per socket",
            To::Any, kOwn, kText | kArray, read_listen_key, print_listen_key, nullptr},
    TomlKey{"v6only", "boolean", "true", "", "", To::Ip, kInherited, kBoolean, read_v6only,
            print_nothing, nullptr},
    TomlKey{"tcpmux", "string", "none", "", "", To::Any, kOwn, kText, read_tcpmux, print_tcpmux,
            nullptr},
    TomlKey{"rpc", "string", "none", "", "", To::Socket, kOwn, kText, read_rpc, print_rpc, nullptr},
    TomlKey{"mode", "string", "nowait; of datagram sockets wait", "", "", To::Any, kOwn, kText,
            read_mode, print_mode, default_mode},

    // ---- what answers -------------------------------------------------------------------------
    TomlKey{"exec", "string or array of strings", "required", "", "", To::Any, kOwn, kText | kArray,
            read_exec, print_exec, nullptr},
    TomlKey{"argv0", "string", "the name of the program", "", "", To::Program, kOwn, kText,
            read_argv0, print_argv0, nullptr},
    TomlKey{"internal", "string", "none", "", "", To::Any, kOwn, kText, read_internal,
            print_string<&ServiceSpec::internal>, nullptr},
    TomlKey{"syslog", "table", "{}", "", "", To::Syslog, kOwn, kTable, read_syslog, print_syslog,
            nullptr},
    TomlKey{"redirect", "string", "none", "", "two descriptors per connection", To::Any, kOwn,
            kText, read_redirect, print_redirect, nullptr},
    text<&Options::redirect_from>("redirect_from", To::Redirect, "chosen by the system"),
    word<&Options::health_format, kHealthForms>("health_format", To::Health, "http", ""),
    duration<&Options::health_cache>("health_cache", To::Health, "an older answer", "2"),
    duration<&Options::health_timeout>("health_timeout", To::Health, "clients wait longer", "10"),
    word<&Options::redirect_proxy, kProxyForms>("redirect_proxy", To::Redirect, "none", ""),

    // ---- as whom ------------------------------------------------------------------------------
    TomlKey{"user", "string or integer", "required as root", "", "a launcher per user",
            To::Identity, kInherited, kText | kInteger, read_user_key,
            print_string<&ServiceSpec::user>, nullptr},
    TomlKey{"group", "string or integer", "the group of the user", "",
            "a launcher per user and group", To::Identity, kInherited, kText | kInteger, read_group,
            print_string<&ServiceSpec::group>, nullptr},
    TomlKey{"groups", "boolean or array", "true", "", "", To::Program, kInherited,
            kBoolean | kArray, read_groups, print_groups, nullptr},

    // ---- sockets ------------------------------------------------------------------------------
    number<&ServiceSpec::backlog>("backlog", To::Stream, "4096", "connections",
                                  "kernel memory under load"),
    flag<&Options::nodelay>("nodelay", To::Tcp, "more and smaller packets"),
    flag<&Options::keepalive>("keepalive", To::Tcp, "a packet each two hours of silence"),
    TomlKey{"defer_accept", "boolean or string", "false", "",
            "clients that wait to be spoken to wait longer", To::Tcp, kInherited, kBoolean | kText,
            read_defer_accept, print_defer_accept, nullptr},
    TomlKey{"receive_buffer", "integer or string", "the system's", "bytes",
            "kernel memory per connection", To::Socket, kInherited, kInteger | kText,
            read_receive_buffer, print_number<&Options::receive_buffer>, nullptr},
    TomlKey{"send_buffer", "integer or string", "the system's", "bytes",
            "kernel memory per connection", To::Socket, kInherited, kInteger | kText,
            read_send_buffer, print_number<&Options::send_buffer>, nullptr},
    flag<&Options::freebind>("freebind", To::Ip),
    flag<&Options::reuseport>("reuseport", To::Ip,
                              "another process of the same user may take clients away"),
    text<&Options::bind_to_device>("bind_to_device", To::Ip, "any"),
    number<&Options::mark, 0, kMostMark>("mark", To::Ip, "none", "", ""),
    TomlKey{"socket_user", "string", "the daemon's", "", "", To::Unix, kInherited, kText,
            read_socket_user, print_socket_user, nullptr},
    TomlKey{"socket_group", "string", "the daemon's", "", "", To::Unix, kInherited, kText,
            read_socket_group, print_socket_group, nullptr},
    TomlKey{"socket_mode", "string or octal integer", "0666", "permission bits", "", To::Unix,
            kInherited, kText | kInteger, read_socket_mode, print_socket_mode, default_socket_mode},

    // ---- the process --------------------------------------------------------------------------
    TomlKey{"env", "table or array of strings", "{}", "", "", To::Program, kInherited,
            kTable | kArray, read_env, print_list<&Options::env>, nullptr},
    TomlKey{"pass_env", "boolean or array of strings", "false", "", "", To::Program, kInherited,
            kBoolean | kArray, read_pass_env, print_pass_env, nullptr},
    path_key<&Options::working_directory>("working_directory", To::Program, "/"),
    TomlKey{"umask", "string or octal integer", "0022", "permission bits", "", To::Program,
            kInherited, kText | kInteger, read_umask, print_umask, nullptr},
    placed(number<&Options::nice, -20, 19>("nice", To::Program, "the daemon's", "",
                                           "less processor time for the server")),
    placed({"ionice", "string", "by nice", "", "less of the disk for the server", To::Program,
            kInherited, kText, read_ionice, print_ionice, nullptr}),
    placed({"limits", "table", "{}", "bytes, seconds or a number, as the resource has it",
            kCostOfSteps, To::Program, kInherited, kTable, read_limits, print_limits, nullptr}),

    // ---- its box ------------------------------------------------------------------------------
    placed(path_key<&Options::chroot>("chroot", To::Program, "none", kCostOfBox)),
    placed(flag<&Options::private_tmp>("private_tmp", To::Program, kCostOfBox)),
    placed(flag<&Options::private_network>("private_network", To::Program, kCostOfBox)),
    placed(paths<&Options::read_only_paths>("read_only_paths", kCostOfBox)),
    placed(paths<&Options::inaccessible_paths>("inaccessible_paths", kCostOfBox)),
    placed(flag<&Options::no_new_privs>("no_new_privs", To::Program, kCostOfBox)),
    placed(
        list<&Options::capability_bounding>("capability_bounding", To::Program, "all", kCostOfBox)),
    placed(list<&Options::capability_ambient>("capability_ambient", To::Program, "[]", kCostOfBox)),
    placed(paths<&Options::landlock_read>("landlock_read", kCostOfSteps)),
    placed(paths<&Options::landlock_write>("landlock_write", kCostOfSteps)),
    placed(paths<&Options::landlock_execute>("landlock_execute", kCostOfSteps)),
    placed(list<&Options::system_calls>("system_calls", To::Program, "all", kCostOfSteps)),
    placed(list<&Options::system_calls_denied>("system_calls_denied", To::Program, "[]",
                                               kCostOfSteps)),
    placed(word<&Options::on_forbidden_call, kOnForbiddenCall>("on_forbidden_call", To::Program,
                                                               "fail", "")),
    placed(text<&Options::cgroup>("cgroup", To::Program, "the daemon's", kCostOfBox)),
    placed({"memory_max", "integer or string", "none", "bytes", "memory of the servers",
            To::Program, kInherited, kInteger | kText, read_memory_max,
            print_number<&Options::memory_max>, nullptr}),
    placed(number<&Options::cpu_max, 1, 100'000>("cpu_max", To::Program, "none",
                                                 "percent of one processor", "processor time")),
    placed(number<&Options::pids_max, 1, 4'194'304>("pids_max", To::Program, "none", "processes",
                                                    "processes of the servers")),
    TomlKey{"stderr", "string", "log", "", "", To::Program, kInherited, kText, read_stderr,
            print_stderr, default_stderr},
    TomlKey{"listen_fds", "boolean", "false", "", "", To::Program, kOwn, kBoolean, read_listen_fds,
            print_listen_fds, nullptr},
    TomlKey{"proxy_protocol", "boolean", "false", "",
            "the header is awaited before the server starts", To::Any, kOwn, kBoolean,
            read_flag<&Options::proxy_protocol>, print_flag<&Options::proxy_protocol>, nullptr},
    list<&Options::proxy_from>("proxy_from", To::Nowait, "nobody",
                               "who is listed is believed whoever it says"),
    TomlKey{"start", "string", "as --start says", "", "a parked process per service", To::Warm,
            kInherited, kText, read_start, print_word<&Options::start, kStart>, nullptr},
    word<&Options::park, kPark>("park", To::Warm, "main", "less isolation between clients"),
    number<&Options::spares, 0, kMostSpares>("spares", To::Warm, "0", "processes",
                                             "memory while nobody asks"),
    number<&Options::park_uses, 1, kMostParkUses>("park_uses", To::Warm, "10000; parked at io 200",
                                                  "servers", "more can be learnt of one layout"),
    duration<&Options::park_age>("park_age", To::Warm, "more can be learnt of one layout"),
    duration<&Options::start_timeout>("start_timeout", To::Server,
                                      "a stuck start is seen later; a descriptor per connection"),
    duration<&Options::max_runtime>("max_runtime", To::Program, ""),
    duration<&Options::idle_timeout>(
        "idle_timeout", To::Silence,
        "silent clients hold a place longer; a descriptor per connection"),

    // ---- admission ----------------------------------------------------------------------------
    number<&ServiceSpec::instances>("instances", To::Nowait, "none", "servers",
                                    "memory and descriptors of the servers"),
    number<&ServiceSpec::instances_per_source>("instances_per_source", To::Clients, "none",
                                               "servers", "one client can take more of the limit"),
    TomlKey{"rate", "string or array of strings", "none", "starts per time", "", To::Started,
            kInherited, kText | kArray, read_rate_key, print_rate_key, nullptr},
    TomlKey{"rate_per_source", "string or array of strings", "none", "starts per time",
            "5 MB for the first that is counted", To::Clients, kInherited, kText | kArray,
            read_rate_per_source, print_rate_per_source, nullptr},
    duration<&Options::rate_pause>("rate_pause", To::Started, "clients wait longer after a burst"),
    number<&Options::source_prefix_v6, 0, 128>("source_prefix_v6", To::Any, "64", "bits",
                                               "one client may be counted as many"),
    word<&Options::at_limit, kAtLimit>("at_limit", To::Accepted, "queue", ""),
    TomlKey{"allow", "array of strings", "everybody", "", "", To::Any, kInherited, kArray,
            read_allow, print_list<&Options::allow>, nullptr},
    TomlKey{"deny", "array of strings", "[]", "", "", To::Any, kInherited, kArray, read_deny,
            print_list<&Options::deny>, nullptr},
    flag<&Options::identify>("identify", To::Any, "clients wait for an answer of their host"),
    TomlKey{"access_times", "array of strings", "always", "", "", To::Any, kInherited, kArray,
            read_access_times, print_list<&Options::access_times>, nullptr},
    TomlKey{"max_load", "number", "none", "load of one minute", "", To::Any, kInherited, kNumber,
            read_max_load, print_max_load, nullptr},
    flag<&Options::is_sensor>("sensor", To::Clients),
    TomlKey{"deny_time", "string or integer", "none", "seconds, of whole minutes",
            "a client that changes its address is kept out longer", To::Sensor, kInherited,
            kText | kInteger, read_deny_time, print_deny_time, nullptr},
    text<&Options::libwrap>("libwrap", To::Any, "not asked"),

    // ---- what the client and the log are told --------------------------------------------------
    placed(path_key<&Options::banner>("banner", To::Accepted, "none")),
    placed(path_key<&Options::banner_success>("banner_success", To::Accepted, "none")),
    placed(path_key<&Options::banner_fail>("banner_fail", To::Accepted, "none")),
    flag<&Options::lingering_close>("lingering_close", To::Accepted,
                                    "a descriptor of the daemon per connection"),
    placed(text<&Options::log_type>("log_type", To::Any, "the daemon's log")),
    placed(log_words<&Options::log_on_success>("log_on_success", To::Any, "lines in the log")),
    placed(log_words<&Options::log_on_failure>("log_on_failure", To::Any, "lines in the log")),
    TomlKey{"log_connections", "boolean", "as --log-connections says", "",
            "two lines per connection", To::Any, kInherited, kBoolean, read_log_connections,
            print_log_connections, nullptr},
};

using Index = std::array<std::size_t, kKeys.size()>;

constexpr Index sorted_by_name() {
  Index out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
  std::sort(out.begin(), out.end(),
            [](std::size_t a, std::size_t b) { return kKeys[a].name < kKeys[b].name; });
  return out;
}
constexpr Index kByName = sorted_by_name();

}  // namespace

bool applies(AppliesTo to, const ServiceSpec& spec) {
  // With listen_fds there may be several kinds: then it has an effect on some of them.
  const auto has = [&spec](auto is_fit) {
    return std::any_of(spec.listen.begin(), spec.listen.end(),
                       [&](const ListenSpec& listen) { return is_fit(listen.kind); });
  };
  // Only of wait services may they differ.
  const auto first = spec.listen.empty() ? SocketKind::Tcp : spec.listen.front().kind;
  switch (to) {
    case AppliesTo::Any:
    case AppliesTo::Identity:
      return true;
    case AppliesTo::Program:
      return runs_program(spec);
    case AppliesTo::Socket:
      return !spec.listen.empty();
    case AppliesTo::Stream:
      return has([](SocketKind each) { return !is_datagram(each); });
    case AppliesTo::Tcp:
      return has([](SocketKind each) { return each == SocketKind::Tcp; });
    case AppliesTo::Ip:
      return has([](SocketKind each) { return is_ip(each); });
    case AppliesTo::Unix:
      return has([](SocketKind each) { return !is_ip(each); });
    case AppliesTo::Nowait:
      return spec.mode == Mode::Nowait;
    case AppliesTo::Warm:
      return can_start_warm(spec);
    case AppliesTo::Clients:
      return spec.mode == Mode::Nowait && first == SocketKind::Tcp;
    case AppliesTo::Server:
      return spec.mode == Mode::Nowait && first == SocketKind::Tcp && !spec.program.empty();
    case AppliesTo::Silence:
      return spec.more->redirect.has_value() || applies(AppliesTo::Server, spec);
    case AppliesTo::Accepted:
      return spec.mode == Mode::Nowait && !is_datagram(first);
    case AppliesTo::Started:
      return spec.internal.empty() || !is_datagram(first);
    case AppliesTo::Sensor:
      return spec.more->is_sensor;
    case AppliesTo::Health:
      return is_health_check(spec);
    case AppliesTo::Syslog:
      return is_syslog_service(spec);
    case AppliesTo::Redirect:
      return spec.more->redirect.has_value();
  }
  return true;
}

const char* applies_text(AppliesTo to) {
  switch (to) {
    case AppliesTo::Any:
    case AppliesTo::Identity:
      return "any service";
    case AppliesTo::Program:
      return "programs";
    case AppliesTo::Socket:
      return "services that listen";
    case AppliesTo::Stream:
      return "stream sockets";
    case AppliesTo::Tcp:
      return "tcp sockets";
    case AppliesTo::Ip:
      return "internet sockets";
    case AppliesTo::Unix:
      return "unix sockets";
    case AppliesTo::Nowait:
      return "nowait services";
    case AppliesTo::Warm:
      return kWarmServices;
    case AppliesTo::Clients:
      return "nowait services of tcp sockets";
    case AppliesTo::Server:
      return "nowait programs of tcp sockets";
    case AppliesTo::Silence:
      return "redirects and nowait programs of tcp sockets";
    case AppliesTo::Accepted:
      return "nowait services of stream sockets";
    case AppliesTo::Started:
      return "programs and stream sockets";
    case AppliesTo::Sensor:
      return "sensors";
    case AppliesTo::Health:
      return "health checks";
    case AppliesTo::Syslog:
      return "syslog services";
    case AppliesTo::Redirect:
      return "redirects";
  }
  return "";
}

std::span<const TomlKey> toml_keys() {
  return kKeys;
}

std::optional<std::size_t> find_toml_key(std::string_view name) {
  const auto found = std::lower_bound(
      kByName.begin(), kByName.end(), name,
      [](std::size_t index, std::string_view wanted) { return kKeys[index].name < wanted; });
  if (found == kByName.end() || kKeys[*found].name != name) return std::nullopt;
  return *found;
}

}  // namespace uvinetd
