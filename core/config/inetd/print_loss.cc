// SPDX-License-Identifier: ISC
#include "core/config/inetd/print_loss.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace uvinetd {
namespace {

enum class Weight { Comfort, Grave };
using Weight::Comfort;
using Weight::Grave;

using Options = ServiceOptions;

struct Aspect {
  const char* key;
  Weight weight;
  bool (*differs)(const ServiceSpec& a, const ServiceSpec& b);
};

template <auto Member>
bool spec_differs(const ServiceSpec& a, const ServiceSpec& b) {
  return a.*Member != b.*Member;
}

template <auto... Members>
bool more_differs(const ServiceSpec& a, const ServiceSpec& b) {
  return ((*a.more.*Members != *b.more.*Members) || ...);
}

// A built-in has no use for its user, and the log's root is the daemon's.
bool user_differs(const ServiceSpec& a, const ServiceSpec& b) {
  const auto user_of = [](const ServiceSpec& spec) {
    return is_syslog_service(spec) && spec.user == "root" ? std::string() : spec.user;
  };
  return (a.internal.empty() || is_syslog_service(a)) && user_of(a) != user_of(b);
}

// Groups that are chosen matter; none at all is only what xinetd gives when nothing is written.
bool group_list_differs(const ServiceSpec& a, const ServiceSpec& b) {
  return a.more->groups != b.more->groups;
}

constexpr std::array kOfSpec{
    Aspect{"mode", Grave, spec_differs<&ServiceSpec::mode>},
    Aspect{"user", Grave, user_differs},
    Aspect{"group", Grave, spec_differs<&ServiceSpec::group>},
    Aspect{"internal", Grave, spec_differs<&ServiceSpec::internal>},
    Aspect{"exec", Grave, spec_differs<&ServiceSpec::program>},
    Aspect{"exec", Grave, spec_differs<&ServiceSpec::argv>},
    Aspect{"instances", Comfort, spec_differs<&ServiceSpec::instances>},
    Aspect{"instances_per_source", Comfort, spec_differs<&ServiceSpec::instances_per_source>},
    Aspect{"rate", Comfort, spec_differs<&ServiceSpec::starts_per_minute>},
    Aspect{"rate_per_source", Comfort, spec_differs<&ServiceSpec::source_starts_per_minute>},
    Aspect{"backlog", Comfort, spec_differs<&ServiceSpec::backlog>},
};

// Without the weight, in the order of ServiceOptions.
constexpr std::array kOfOptions{
    Aspect{"send_buffer", Comfort, more_differs<&Options::send_buffer>},
    Aspect{"receive_buffer", Comfort, more_differs<&Options::receive_buffer>},
    Aspect{"defer_accept", Comfort, more_differs<&Options::accept_filter>},
    Aspect{"nodelay", Comfort, more_differs<&Options::nodelay>},
    Aspect{"keepalive", Comfort, more_differs<&Options::keepalive>},
    Aspect{"freebind", Comfort, more_differs<&Options::freebind>},
    Aspect{"reuseport", Comfort, more_differs<&Options::reuseport>},
    Aspect{"bind_to_device", Grave, more_differs<&Options::bind_to_device>},
    Aspect{"mark", Comfort, more_differs<&Options::mark>},
    Aspect{"tcpmux", Grave, more_differs<&Options::tcpmux, &Options::tcpmux_greets>},
    Aspect{"rpc", Grave, more_differs<&Options::rpc>},
    Aspect{"redirect", Grave, more_differs<&Options::redirect>},
    Aspect{"redirect_from", Grave, more_differs<&Options::redirect_from>},
    Aspect{"redirect_proxy", Grave, more_differs<&Options::redirect_proxy>},
    Aspect{"syslog", Grave, more_differs<&Options::syslog>},
    Aspect{"groups", Grave, group_list_differs},
    Aspect{"groups", Comfort, more_differs<&Options::groups_from>},
    Aspect{"env", Comfort, more_differs<&Options::env>},
    Aspect{"pass_env", Comfort, more_differs<&Options::pass_env, &Options::pass_all_env>},
    Aspect{"umask", Comfort, more_differs<&Options::umask>},
    Aspect{"working_directory", Comfort, more_differs<&Options::working_directory>},
    Aspect{"nice", Comfort, more_differs<&Options::nice>},
    Aspect{"limits", Comfort, more_differs<&Options::limits>},
    Aspect{"ionice", Comfort, more_differs<&Options::ionice>},
    Aspect{"chroot", Grave, more_differs<&Options::chroot>},
    Aspect{"private_tmp", Grave, more_differs<&Options::private_tmp>},
    Aspect{"private_network", Grave, more_differs<&Options::private_network>},
    Aspect{"read_only_paths", Grave, more_differs<&Options::read_only_paths>},
    Aspect{"inaccessible_paths", Grave, more_differs<&Options::inaccessible_paths>},
    Aspect{"no_new_privs", Grave, more_differs<&Options::no_new_privs>},
    Aspect{"capability_bounding", Grave, more_differs<&Options::capability_bounding>},
    Aspect{"capability_ambient", Comfort, more_differs<&Options::capability_ambient>},
    Aspect{"landlock_read", Grave, more_differs<&Options::landlock_read>},
    Aspect{"landlock_write", Grave, more_differs<&Options::landlock_write>},
    Aspect{"landlock_execute", Grave, more_differs<&Options::landlock_execute>},
    Aspect{"system_calls", Grave, more_differs<&Options::system_calls>},
    Aspect{"system_calls_denied", Grave, more_differs<&Options::system_calls_denied>},
    Aspect{"on_forbidden_call", Comfort, more_differs<&Options::on_forbidden_call>},
    Aspect{"cgroup", Grave, more_differs<&Options::cgroup>},
    Aspect{"memory_max", Grave, more_differs<&Options::memory_max>},
    Aspect{"cpu_max", Grave, more_differs<&Options::cpu_max>},
    Aspect{"pids_max", Grave, more_differs<&Options::pids_max>},
    Aspect{"stderr", Comfort, more_differs<&Options::stderr_to, &Options::stderr_file>},
    Aspect{"listen_fds", Grave, more_differs<&Options::listen_fds>},
    Aspect{"proxy_protocol", Grave, more_differs<&Options::proxy_protocol, &Options::proxy_from>},
    Aspect{"start", Comfort, more_differs<&Options::start>},
    Aspect{"park", Comfort, more_differs<&Options::park>},
    Aspect{"spares", Comfort, more_differs<&Options::spares>},
    Aspect{"park_uses", Comfort, more_differs<&Options::park_uses>},
    Aspect{"park_age", Comfort, more_differs<&Options::park_age>},
    Aspect{"rate", Comfort, more_differs<&Options::rate>},
    Aspect{"rate_per_source", Comfort, more_differs<&Options::rate_per_source>},
    Aspect{"rate_pause", Comfort, more_differs<&Options::rate_pause>},
    Aspect{"source_prefix_v6", Comfort, more_differs<&Options::source_prefix_v6>},
    Aspect{"at_limit", Comfort, more_differs<&Options::at_limit>},
    Aspect{"allow", Grave, more_differs<&Options::allow>},
    Aspect{"deny", Grave, more_differs<&Options::deny>},
    Aspect{"identify", Grave, more_differs<&Options::identify>},
    Aspect{"access_times", Grave, more_differs<&Options::access_times>},
    Aspect{"max_load", Comfort, more_differs<&Options::max_load>},
    Aspect{"sensor", Grave, more_differs<&Options::is_sensor>},
    Aspect{"deny_time", Grave, more_differs<&Options::deny_time>},
    Aspect{"libwrap", Grave, more_differs<&Options::libwrap>},
    Aspect{"start_timeout", Comfort, more_differs<&Options::start_timeout>},
    Aspect{"max_runtime", Comfort, more_differs<&Options::max_runtime>},
    Aspect{"idle_timeout", Comfort, more_differs<&Options::idle_timeout>},
    Aspect{"banner", Comfort, more_differs<&Options::banner>},
    Aspect{"banner_success", Comfort, more_differs<&Options::banner_success>},
    Aspect{"banner_fail", Comfort, more_differs<&Options::banner_fail>},
    Aspect{"lingering_close", Comfort, more_differs<&Options::lingering_close>},
    Aspect{"log_type", Comfort, more_differs<&Options::log_type>},
    Aspect{"log_on_success", Comfort, more_differs<&Options::log_on_success>},
    Aspect{"log_on_failure", Comfort, more_differs<&Options::log_on_failure>},
    Aspect{"log_connections", Comfort, more_differs<&Options::log_connections>},
};

void add(Loss& loss, const char* key, Weight weight) {
  if (std::find(loss.keys.begin(), loss.keys.end(), key) == loss.keys.end()) {
    loss.keys.emplace_back(key);
  }
  loss.is_grave |= weight == Grave;
}

// Everything but the owner of a path; sorted it does not matter how sockets share lines.
using SocketKey = std::tuple<SocketKind, std::uint16_t, std::string, std::string, IpFamily>;

SocketKey key_of(const ListenSpec& listen) {
  return {listen.kind, listen.port, listen.host, listen.path, listen.family};
}

std::vector<ListenSpec> sorted(std::vector<ListenSpec> list) {
  std::sort(list.begin(), list.end(),
            [](const ListenSpec& a, const ListenSpec& b) { return key_of(a) < key_of(b); });
  return list;
}

void compare_sockets(const ServiceSpec& written, const std::vector<const ServiceSpec*>& read,
                     Loss& loss) {
  if (read.size() == 1 && read.front()->listen == written.listen) return;
  std::vector<ListenSpec> all;
  for (const auto* spec : read) all.insert(all.end(), spec->listen.begin(), spec->listen.end());
  const auto ours = sorted(written.listen);
  const auto theirs = sorted(std::move(all));
  if (ours.size() != theirs.size()) return add(loss, "listen", Grave);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto& a = ours[i];
    const auto& b = theirs[i];
    if (key_of(a) != key_of(b)) add(loss, "listen", Grave);
    if (a.is_optional != b.is_optional) add(loss, "listen", Comfort);
    if (a.node->user != b.node->user) add(loss, "socket_user", Grave);
    if (a.node->group != b.node->group) add(loss, "socket_group", Grave);
    if (a.node->mode != b.node->mode) add(loss, "socket_mode", a.node->mode ? Grave : Comfort);
  }
}

}  // namespace

Loss loss_between(const ServiceSpec& written, const std::vector<const ServiceSpec*>& read) {
  Loss loss;
  compare_sockets(written, read, loss);
  for (const auto* spec : read) {
    for (const auto& aspect : kOfSpec) {
      if (aspect.differs(written, *spec)) add(loss, aspect.key, aspect.weight);
    }
    if (written.more == spec->more) continue;
    for (const auto& aspect : kOfOptions) {
      if (aspect.differs(written, *spec)) add(loss, aspect.key, aspect.weight);
    }
  }
  return loss;
}

}  // namespace uvinetd
