// SPDX-License-Identifier: ISC
// Sockets that we were started with, as sd_listen_fds(3) has it: from socket units, or back from
// the store of the manager that a daemon before us had left them in.
//
// They are known by what they are bound to, not by their place in a list or by their name: what is
// configured decides, and a socket that is there already is taken in the place of a new one, with
// the clients in its queue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/address.h"
#include "core/base/log.h"
#include "core/base/unique_fd.h"
#include "core/monitor/bind.h"

namespace uvinetd {

// The name in the manager's store of a socket of ours: unique among those of its daemon. That of a
// Unix socket carries the identity of its path: somebody may have put another socket there since.
[[nodiscard]] std::string stored_name(std::uint64_t number, const PathIdentity& path);
struct StoredName {
  std::uint64_t number = 0;
  PathIdentity path;  // unset when the socket has no path
};
// nullopt: not one of ours.
[[nodiscard]] std::optional<StoredName> parse_stored_name(std::string_view name);

struct InheritedSocket {
  UniqueFd fd;
  std::string name;  // "": nobody has given it one
  SocketAddress address;
  int type = 0;             // SOCK_STREAM, ...
  bool is_v6_only = false;  // of an IPv6 one

  [[nodiscard]] bool is_of_store() const { return parse_stored_name(name).has_value(); }
};

class InheritedSockets {
 public:
  InheritedSockets() = default;
  // Those that LISTEN_FDS names, when LISTEN_PID is this process; made close-on-exec. Takes the
  // variables out of the environment. `reserved` (-1: none) is left alone. What can be no socket of
  // a service is closed, and stands in problems().
  static InheritedSockets take(int reserved);

  // What is wrong with what we were given: a line each, for the log.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  [[nodiscard]] bool is_empty() const { return sockets_.empty(); }
  // How many are not from the manager's store.
  [[nodiscard]] std::size_t given() const;
  // All that are left (borrowed).
  [[nodiscard]] std::vector<int> descriptors() const;
  // The highest number of a stored_name() that was among them.
  [[nodiscard]] std::uint64_t last_number() const { return last_number_; }

  // The socket for this place, with the settings of `options`, if there is one. One that cannot be
  // brought to them is told, closed and forgotten.
  std::optional<InheritedSocket> adopt(const ListenSpec& spec, const BindOptions& options,
                                       Log& log);
  // Closes the others, and tells of each that somebody has given us for nothing. Returns the names
  // of those that the manager's store has, and of those that adopt() has closed.
  std::vector<std::string> close_rest(Log& log);

 private:
  void add(int fd, std::string name);
  void reject(InheritedSocket socket);
  // By all that makes two sockets the same.
  std::unordered_multimap<std::string, InheritedSocket> sockets_;
  std::vector<std::string> problems_;
  std::vector<std::string> rejected_;
  std::uint64_t last_number_ = 0;
};

}  // namespace uvinetd
