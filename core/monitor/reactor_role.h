// SPDX-License-Identifier: ISC
// The monitor's end of one reactor.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/base/channel.h"
#include "core/base/loop.h"
#include "core/monitor/role.h"
#include "spawn/wire.h"

namespace uvinetd {

class ReactorRole {
 public:
  // `on_message` gets everything the reactor says; a malformed message kills it.
  ReactorRole(Loop& loop, RoleProcess process, std::function<void(const Message&)> on_message);

  void send(MessageType type, const std::string& body, const std::vector<int>& fds = {});
  // Sends the descriptors of those sockets that it does not have yet.
  void send_listeners(const std::vector<std::pair<std::uint32_t, int>>& sockets);
  // This socket was made anew under its key.
  void forget_listener(std::uint32_t key) { known_.erase(key); }
  void kill();
  // It has been collected: what it had said last is read, and its number is nobody's any more.
  void on_ended();

  [[nodiscard]] pid_t pid() const { return process_.pid; }
  [[nodiscard]] const Channel& channel() const { return process_.channel; }
  // It is open for launchers as they come: everything of its start has been sent.
  bool is_open = false;
  bool has_applied = false;

 private:
  void on_ready();
  void watch();

  RoleProcess process_;
  std::function<void(const Message&)> on_message_;
  std::unique_ptr<FdWatcher> watcher_;
  std::unordered_set<std::uint32_t> known_;
  bool is_ended_ = false;
};

}  // namespace uvinetd
