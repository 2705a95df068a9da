// SPDX-License-Identifier: ISC
// Readers and printers of the keys that are more than one member: TomlKey's `read`, `print` and
// `absent`.
#pragma once

#include <string>

#include "core/config/toml/keys.h"

namespace uvinetd::toml_special {

// toml_socket_keys.cc
bool read_listen_key(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_listen_key(const ServiceSpec& spec);
bool read_listen_fds(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_listen_fds(const ServiceSpec& spec);
bool read_v6only(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_tcpmux(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_tcpmux(const ServiceSpec& spec);
bool read_rpc(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_rpc(const ServiceSpec& spec);
bool read_redirect(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_redirect(const ServiceSpec& spec);
bool read_defer_accept(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_defer_accept(const ServiceSpec& spec);
bool read_receive_buffer(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_send_buffer(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_socket_user(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_socket_user(const ServiceSpec& spec);
bool read_socket_group(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_socket_group(const ServiceSpec& spec);
bool read_socket_mode(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_socket_mode(const ServiceSpec& spec);
void default_socket_mode(ServiceSpec& spec);

// toml_process_keys.cc
bool read_mode(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_mode(const ServiceSpec& spec);
void default_mode(ServiceSpec& spec);
bool read_exec(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_exec(const ServiceSpec& spec);
bool read_argv0(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_argv0(const ServiceSpec& spec);
bool read_internal(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_syslog(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_syslog(const ServiceSpec& spec);
bool read_user_key(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_group(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_groups(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_groups(const ServiceSpec& spec);
bool read_env(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_pass_env(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_pass_env(const ServiceSpec& spec);
bool read_umask(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_umask(const ServiceSpec& spec);
bool read_limits(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_limits(const ServiceSpec& spec);
bool read_stderr(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_stderr(const ServiceSpec& spec);
void default_stderr(ServiceSpec& spec);

// box_keys.cc
bool read_ionice(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_ionice(const ServiceSpec& spec);
bool read_memory_max(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_paths(const TomlValue& value, std::vector<std::string>& out);

// toml_admission_keys.cc
bool read_rate_key(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_rate_key(const ServiceSpec& spec);
bool read_rate_per_source(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_rate_per_source(const ServiceSpec& spec);
bool read_access_times(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_allow(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_deny(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
bool read_max_load(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_max_load(const ServiceSpec& spec);
bool read_deny_time(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_deny_time(const ServiceSpec& spec);
bool read_log_connections(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_log_connections(const ServiceSpec& spec);
bool read_enabled(const TomlValue& value, TomlContext& context, ServiceSpec& spec);
std::string print_nothing(const ServiceSpec& spec);

}  // namespace uvinetd::toml_special
