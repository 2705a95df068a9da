// SPDX-License-Identifier: ISC
#include "spawn/launch_plan.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "spawn/wire.h"
#include "spawn/zygote/wire.h"

namespace uvinetd {
namespace {

void set_variable(std::vector<std::string>& list, const std::string& variable) {
  const auto name = variable.substr(0, variable.find('=') + 1);
  std::erase_if(list, [&](const std::string& each) { return each.starts_with(name); });
  list.push_back(variable);
}

std::string decimal(std::uint16_t number) {
  return std::to_string(number);
}  // never allocates

// What a server takes for a fact about its own connection. The daemon's environment may hold that
// of another one (when it was started by a server of such a kind), and getenv(3) finds the first.
bool is_of_a_connection(std::string_view variable) {
  constexpr std::string_view kNames[] = {
      "PROTO",         "TCPLOCALIP",    "TCPLOCALPORT",  "TCPLOCALHOST", "TCPREMOTEIP",
      "TCPREMOTEPORT", "TCPREMOTEHOST", "TCPREMOTEINFO", "UDPLOCALIP",   "UDPLOCALPORT",
      "REMOTE_HOST",   "REMOTE_ADDR",   "REMOTE_PORT",   "UNIXLOCALPATH"};
  const auto name = variable.substr(0, variable.find('='));
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace

void ConnectionEnvironment::add(std::string_view name, std::string_view value) {
  const auto need = name.size() + value.size() + 2;
  if (count_ == kMost || used_ + need > buffer_.size()) return;
  char* at = buffer_.data() + used_;
  offsets_[count_++] = used_;
  std::memcpy(at, name.data(), name.size());
  at[name.size()] = '=';
  std::memcpy(at + name.size() + 1, value.data(), value.size());
  at[need - 1] = '\0';
  used_ += need;
}

void ConnectionEnvironment::set(int socket_type, const SocketAddress& local,
                                const std::optional<SocketAddress>& peer) {
  count_ = 0;
  used_ = 0;
  if (!local.is_ip()) {
    add("PROTO", "UNIX");
    if (const auto path = local.unix_path(); !path.empty()) add("UNIXLOCALPATH", path);
    return;
  }
  const bool is_tcp = socket_type == SOCK_STREAM;
  add("PROTO", is_tcp ? "TCP" : "UDP");
  add(is_tcp ? "TCPLOCALIP" : "UDPLOCALIP", local.host());
  add(is_tcp ? "TCPLOCALPORT" : "UDPLOCALPORT", decimal(local.port()));
  if (!peer || !peer->is_ip()) return;
  const auto host = peer->host();
  add("TCPREMOTEIP", host);
  add("TCPREMOTEPORT", decimal(peer->port()));
  add("REMOTE_HOST", host);
  add("REMOTE_ADDR", host);
  add("REMOTE_PORT", decimal(peer->port()));
}

LaunchPlan::LaunchPlan(TableService service, const TableIdentity& identity)
    : service_(std::move(service)),
      fixed_(service_.passes_environment ? identity.passed_environment : identity.environment) {
  for (const auto& variable : service_.environment) set_variable(fixed_, variable);
  std::erase_if(fixed_, is_of_a_connection);
  if (service_.listen_fds) std::erase_if(fixed_, is_listen_variable);
  for (auto& word : service_.argv) argv_.push_back(word.data());
  argv_.push_back(nullptr);
  for (auto& variable : fixed_) environment_.push_back(variable.data());
  environment_.resize(fixed_.size() + ConnectionEnvironment::kMost + 1, nullptr);
}

std::vector<std::string> LaunchPlan::zygote_environment(ConnectionEnvironment& connection,
                                                        const std::string& library,
                                                        bool parks_at_io, unsigned hops) const {
  constexpr std::string_view kPreload = "LD_PRELOAD=";
  constexpr std::string_view kBindNow = zygote::kBindNow;
  auto out = fixed_;
  const auto find = [&](std::string_view name) {
    return std::find_if(out.begin(), out.end(),
                        [&](const std::string& each) { return each.starts_with(name); });
  };
  const bool is_told_how_to_bind = find(kBindNow.substr(0, kBindNow.find('=') + 1)) != out.end();
  const auto users = find(kPreload);
  const bool has_own = users != out.end();
  if (has_own) users->insert(kPreload.size(), library + ':');
  for (std::size_t i = 0; i < connection.count(); ++i) {
    const std::string_view variable(connection.at(i));
    std::string slot(variable.substr(0, variable.find('=') + 1));
    slot.resize(zygote::kSlotBytes - 1, '.');
    out.push_back(std::move(slot));
  }
  out.push_back(std::string(zygote::kVariable) + (parks_at_io ? "=io " : "=main ") +
                std::to_string(hops) + ' ' + std::string(build_id()));
  if (!parks_at_io && !is_told_how_to_bind) out.emplace_back(kBindNow);
  if (!has_own) out.push_back(std::string(kPreload) + library);
  return out;
}

std::string_view LaunchPlan::search_path() const {
  constexpr std::string_view kPath = "PATH=";
  for (const std::string_view each : fixed_) {
    if (each.starts_with(kPath)) return each.substr(kPath.size());
  }
  return {};
}

char* const* LaunchPlan::environment(ListenEnvironment& listen) {
  static_assert(ListenEnvironment::kCount <= ConnectionEnvironment::kMost);
  auto at = fixed_.size();
  for (std::size_t i = 0; i < ListenEnvironment::kCount; ++i) environment_[at++] = listen.at(i);
  environment_[at] = nullptr;
  return environment_.data();
}

char* const* LaunchPlan::environment(ConnectionEnvironment& connection) {
  auto at = fixed_.size();
  for (std::size_t i = 0; i < connection.count(); ++i) environment_[at++] = connection.at(i);
  environment_[at] = nullptr;
  return environment_.data();
}

}  // namespace uvinetd
