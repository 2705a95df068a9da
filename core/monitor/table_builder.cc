// SPDX-License-Identifier: ISC
#include "core/monitor/table_builder.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>

#include "core/base/siphash.h"
#include "core/monitor/settings/settings.h"
#include "spawn/zygote_choice.h"

namespace uvinetd {
namespace {

// What stands for the server of a sensor, whose clients never get that far.
constexpr char kSensorStandIn[] = "discard";

void set_variable(std::vector<std::string>& list, const std::string& name,
                  const std::string& value) {
  std::erase_if(list, [&](const std::string& each) { return each.starts_with(name + "="); });
  list.push_back(name + "=" + value);
}

void add_own_variables(const Identity& identity, std::vector<std::string>& list) {
  set_variable(list, "HOME", identity.home.empty() ? "/" : identity.home);
  set_variable(list, "USER", identity.user_name);
  set_variable(list, "LOGNAME", identity.user_name);
  set_variable(list, "SHELL", identity.shell.empty() ? "/bin/sh" : identity.shell);
}

// Parking at I/O is never by default: its children share more.
WarmStart warm_start(const ServiceOptions& more) {
  WarmStart out;
  out.is_wanted = true;
  out.parks_at_io = more.start == StartBy::Zygote && more.park == ParkAt::Io;
  out.spares = more.spares;
  out.uses = more.park_uses.value_or(0);
  const auto age = more.park_age.value_or(std::chrono::seconds(0)).count();
  out.age_seconds = static_cast<std::uint32_t>(
      std::min<std::int64_t>(age, std::numeric_limits<std::uint32_t>::max()));
  return out;
}

ReactorSettings reactor_settings(const LoadedService& service, const CommandLine& options,
                                 AccessLists& lists) {
  ReactorSettings out;
  out.access = access_settings(service, lists);
  out.hours = hours_settings(service, options);
  out.limits = limit_settings(service, options);
  out.ends = end_settings(service, options);
  out.relay = relay_settings(service, options);
  return out;
}

LauncherSettings launcher_settings(const LoadedService& service, const CommandLine& options) {
  LauncherSettings out;
  out.stdio = stdio_settings(service, options);
  out.box = box_settings(service, options);
  return out;
}

template <typename T>
void set_if_any(T value, Rare<T>& out) {
  out = {};
  if (!(value == T())) out.edit() = std::move(value);
}

}  // namespace

std::uint32_t TableBuilder::service_key(const std::string& id) {
  const auto [place, is_new] = service_keys_.try_emplace(id, last_service_ + 1);
  if (is_new) ++last_service_;
  return place->second;
}

std::optional<std::uint32_t> TableBuilder::key_of(const std::string& service) const {
  const auto found = service_keys_.find(service);
  return found == service_keys_.end() ? std::nullopt : std::optional(found->second);
}

std::size_t TableBuilder::identity_index(const Identity& identity) {
  const bool is_last =
      last_identity_ < identities_.size() && identities_[last_identity_] == identity;
  if (is_last) return last_identity_;
  const auto found = std::find(identities_.begin(), identities_.end(), identity);
  last_identity_ = static_cast<std::size_t>(found - identities_.begin());
  if (found != identities_.end()) return last_identity_;
  identities_.push_back(identity);
  identity_keys_.push_back(new_identity_key(identity));
  return last_identity_;
}

std::uint32_t TableBuilder::new_identity_key(const Identity& identity) {
  if (!past_keys_.empty()) {
    if (const auto node = past_keys_.extract(mark_of(identity))) return node.mapped();
  }
  return ++last_identity_key_;
}

// The same for the same identity, as long as tables are printed in the same way.
std::string TableBuilder::mark_of(const Identity& identity) const {
  return std::to_string(siphash({}, print_table(0, {table_identity(0, identity, false)}, {})));
}

void TableBuilder::save(UpgradeState& state) const {
  state.service_keys = {service_keys_.begin(), service_keys_.end()};
  state.identity_keys = past_keys_;
  for (std::size_t i = 0; i < identities_.size(); ++i) {
    state.identity_keys.insert_or_assign(mark_of(identities_[i]), identity_keys_[i]);
  }
  state.last_identity = last_identity_key_;
}

void TableBuilder::restore(const UpgradeState& state) {
  service_keys_ = {state.service_keys.begin(), state.service_keys.end()};
  for (const auto& [id, key] : service_keys_) last_service_ = std::max(last_service_, key);
  past_keys_ = state.identity_keys;
  last_identity_key_ = state.last_identity;
}

TableIdentity TableBuilder::table_identity(std::uint32_t key, const Identity& identity,
                                           bool passes_environment) const {
  TableIdentity out;
  out.key = key;
  out.uid = identity.uid;
  out.gid = identity.gid;
  out.groups = identity.groups;
  out.name = identity.user_name;
  out.box = identity.box;
  if (options_.pass_environment) {
    out.environment = environment_;
  } else {
    out.environment.push_back(std::string("PATH=") + kServerPath);
  }
  add_own_variables(identity, out.environment);
  if (!passes_environment) return out;
  out.passed_environment = environment_;
  add_own_variables(identity, out.passed_environment);
  return out;
}

// What is written beats what is passed.
void TableBuilder::set_environment(const ServiceOptions& options, TableService& entry) const {
  entry.passes_environment = options.pass_all_env;
  entry.environment.clear();
  for (const auto& name : options.pass_env) {
    const auto begin = name + '=';
    const auto found = std::find_if(environment_.begin(), environment_.end(),
                                    [&](const auto& each) { return each.starts_with(begin); });
    if (found != environment_.end()) entry.environment.push_back(*found);
  }
  entry.environment.insert(entry.environment.end(), options.env.begin(), options.env.end());
}

void TableBuilder::fill(const LoadedService& service, const Sockets& sockets, TableService& entry) {
  const auto& spec = service.spec;
  entry.key = service_key(spec.id);
  entry.id = spec.id;
  entry.internal = {};
  if (!spec.internal.empty()) entry.internal.edit() = spec.internal;
  if (spec.more->is_sensor) entry.internal.edit() = kSensorStandIn;
  if (spec.more->redirect) entry.internal.edit() = kRedirect;
  entry.identity = has_server(spec) ? identity_key(service.identity) : 0;
  // Without a socket of its own it is reached through a stream of the multiplexer.
  entry.socket_type = spec.listen.empty() ? SOCK_STREAM : socket_type(spec.listen.front().kind);
  entry.mux_name = {};
  if (!spec.more->tcpmux.empty()) entry.mux_name.edit() = spec.more->tcpmux;
  entry.mux_greets = spec.more->tcpmux_greets;
  entry.is_wait = spec.mode == Mode::Wait;
  entry.listen_fds = spec.more->listen_fds;
  entry.program = spec.program;
  entry.argv = spec.argv;
  entry.instances = spec.instances.value_or(options_.instances.value_or(0));
  entry.starts_per_minute = spec.starts_per_minute.value_or(options_.starts_per_minute.value_or(0));
  entry.source_starts_per_minute =
      spec.source_starts_per_minute.value_or(options_.source_starts_per_minute.value_or(0));
  entry.instances_per_source =
      spec.instances_per_source.value_or(options_.instances_per_source.value_or(0));
  const auto& more = *spec.more;
  entry.umask = more.umask.value_or(TableService().umask);
  entry.working_directory = more.working_directory.empty() ? "/" : more.working_directory;
  set_environment(more, entry);
  entry.warm = {};
  if (kHasZygote && wants_warm_start(spec, options_.start)) entry.warm.edit() = warm_start(more);
  set_if_any(reactor_settings(service, options_, access_), entry.more);
  set_if_any(launcher_settings(service, options_), entry.process);
  entry.listeners = sockets.listeners_of(service);
}

TableBuilder::Built TableBuilder::build(std::uint32_t generation,
                                        const std::vector<LoadedService>& services,
                                        const Sockets& sockets) {
  Built out;
  std::map<std::size_t, bool>
      used;  // by its index, and whether a service of it passes the environment on
  for (const auto& service : services) {
    if (!has_server(service.spec)) continue;
    auto& passes = used[identity_index(service.identity)];
    passes = passes || service.spec.more->pass_all_env;
    const auto stdio = stdio_settings(service, options_);
    if (!stdio.file.empty()) out.error_files[identity_key(service.identity)].insert(stdio.file);
    if (!stdio.channel.empty()) out.channels[identity_key(service.identity)].insert(stdio.channel);
  }
  access_.begin_table();
  for (const auto& [index, passes] : used) {
    out.identities.push_back(table_identity(identity_keys_[index], identities_[index], passes));
  }
  if (service_keys_.empty()) service_keys_.reserve(services.size());
  TablePrinter printer(generation, out.identities, services.size());
  TableService entry;  // one for all, so that its memory is
  for (const auto& service : services) {
    fill(service, sockets, entry);
    printer.add(entry);
  }
  out.bytes = printer.take();
  return out;
}

}  // namespace uvinetd
