// SPDX-License-Identifier: ISC
#include "core/monitor/upgrade/upgrade_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/config/service_spec.h"

namespace uvinetd {

using nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SavedSocket, key, fd, kind, family, host, port,
                                                path, service, is_rpc, is_filtered, device, inode,
                                                is_given, stored_name)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SavedRole, pid, channel)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SavedLauncher, id, identity, name, role, ledger,
                                                errors)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SavedChild, id, service, listener, pid, started_ns,
                                                peer, is_session, is_told_to_end)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SavedErrors, launcher, identity, fd)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SavedBan, high, low, bits, until_ms)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SavedRpc, program, low, high, netid, address)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SavedSyslog, service, channel)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SavedError, file, slug, message)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(
    UpgradeState, version, from, argv, directory, config_paths, soft_limit, hard_limit, is_daemon,
    began_ms, log_key, upgrades, program, own_binary, reactor_binary, launcher_binary, pid_file,
    pid_file_fd, control_path, control_fd, control_device, control_inode, sockets, last_socket,
    service_keys, identity_keys, last_identity, last_launcher, launcher_losses, resolver_starts,
    epoch, generation, reactor, retired, resolvers, launchers, adopted, orphaned, bans, holds, rpc,
    syslogs, known_errors, logs_with_rules, tickets)

namespace {

// The oldest that can be read. Tests have a program that can read none of today's.
#ifndef UVINETD_OLDEST_STATE
#define UVINETD_OLDEST_STATE 1
#endif
constexpr int kOldest = UVINETD_OLDEST_STATE;
constexpr int kNewest = std::max(kOldest, kStateVersion);
constexpr int kLastKind = static_cast<int>(SocketKind::UnixSeqpacket);
constexpr int kLastFamily = static_cast<int>(IpFamily::Dual);
constexpr char kMark[] = "uvinetd upgrade state\n";

// No number of the state has a fraction; to make an integer of one that is too large is undefined.
bool has_fraction(const json& value) {
  return value.is_number_float() ||
         (value.is_structured() && std::any_of(value.begin(), value.end(), has_fraction));
}

bool has_known_kinds(const UpgradeState& state) {
  return std::all_of(state.sockets.begin(), state.sockets.end(), [](const SavedSocket& each) {
    return each.kind >= 0 && each.kind <= kLastKind && each.family >= 0 &&
           each.family <= kLastFamily;
  });
}

}  // namespace

std::string print(const UpgradeState& state) {
  std::string out = kMark;
  json::to_cbor(json(state), out);
  return out;
}

tl::expected<UpgradeState, std::string> parse_upgrade_state(std::string_view bytes) {
  if (!bytes.starts_with(kMark)) return tl::unexpected(std::string("it is no state of a monitor"));
  bytes.remove_prefix(sizeof kMark - 1);
  try {  // from_cbor() throws of sizes, whatever it is told
    const auto object = json::from_cbor(bytes, true, false);
    if (!object.is_object()) return tl::unexpected(std::string("the state is damaged"));
    const auto version = object.find("version");
    if (version == object.end() || !version->is_number_integer()) {
      return tl::unexpected(std::string("the state has no version"));
    }
    const auto number = version->get<std::int64_t>();
    if (number < kOldest || number > kNewest) {
      return tl::unexpected("the state is of version " + std::to_string(number) + ", versions " +
                            std::to_string(kOldest) + " to " + std::to_string(kNewest) +
                            " can be used");
    }
    if (has_fraction(object)) return tl::unexpected(std::string("the state is damaged"));
    auto state = object.get<UpgradeState>();
    if (!has_known_kinds(state))
      return tl::unexpected(std::string("it has sockets of other kinds"));
    return state;
  } catch (const json::exception& error) {
    return tl::unexpected(std::string("the state is damaged: ") + error.what());
  }
}

std::vector<int> descriptors_of(const UpgradeState& state) {
  std::vector<int> out{state.own_binary,  state.reactor_binary, state.launcher_binary,
                       state.pid_file_fd, state.control_fd,     state.reactor.channel};
  for (const auto& each : state.sockets) out.push_back(each.fd);
  for (const auto& each : state.retired) out.push_back(each.channel);
  for (const auto& each : state.resolvers) out.push_back(each.channel);
  for (const auto& each : state.launchers) {
    out.insert(out.end(), {each.role.channel, each.ledger, each.errors});
  }
  for (const auto& each : state.orphaned) out.push_back(each.fd);
  for (const auto& each : state.syslogs) out.push_back(each.channel);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  std::erase_if(out, [](int fd) { return fd < 0; });
  return out;
}

}  // namespace uvinetd
