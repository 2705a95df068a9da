// SPDX-License-Identifier: ISC
// The run-time table of services: made by the monitor, sealed in shared memory, mapped by every
// role. Nobody copies it; an entry is decoded where it is needed.
//
// A service and an identity keep their key for the monitor's life, over reloads; so does a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/address.h"
#include "core/base/codec.h"
#include "core/base/rare.h"
#include "core/base/result.h"
#include "core/base/shared_memory.h"
#include "spawn/settings/access.h"
#include "spawn/settings/box.h"
#include "spawn/settings/ends.h"
#include "spawn/settings/hours.h"
#include "spawn/settings/identity_box.h"
#include "spawn/settings/limits.h"
#include "spawn/settings/relay.h"
#include "spawn/settings/stdio.h"

namespace uvinetd {

struct TableIdentity {
  std::uint32_t key = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;
  std::string name;                      // for messages
  std::vector<std::string> environment;  // NAME=VALUE, the part that is the same for every launch
  // The same with the daemon's own variables; empty when no service of this identity wants them.
  std::vector<std::string> passed_environment;
  Rare<IdentityBox> box;
};

struct TableListener {
  std::uint32_t key = 0;
  SocketAddress address;
  std::string name{};            // with listen_fds: its place in LISTEN_FDNAMES
  std::int32_t socket_type = 0;  // with listen_fds: a service may have several
};

// What most services leave at its default, of the reactor's part ...
struct ReactorSettings {
  AccessSettings access;
  HoursSettings hours;
  LimitSettings limits;
  EndSettings ends;
  RelaySettings relay;

  friend bool operator==(const ReactorSettings&, const ReactorSettings&) = default;
};
// ... and of the launcher's.
struct LauncherSettings {
  StdioSettings stdio;
  BoxSettings box;

  friend bool operator==(const LauncherSettings&, const LauncherSettings&) = default;
};

// What the reactor and the launchers both need of a service.
struct TableSettings {
  std::uint32_t key = 0;
  std::string id;
  std::uint32_t identity = 0;
  std::int32_t socket_type = 0;  // SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
  bool is_wait = false;
  bool listen_fds = false;     // one server gets all sockets, as sd_listen_fds(3) finds them
  bool mux_greets = false;     // the multiplexer says "+" for it
  Rare<std::string> internal;  // "" for a program
  Rare<std::string> mux_name;  // in the TCP port multiplexer; "": not reached through it
  // 0: none
  std::uint32_t instances = 0;
  std::uint32_t starts_per_minute = 0;
  std::uint32_t source_starts_per_minute = 0;
  std::uint32_t instances_per_source = 0;
  Rare<ReactorSettings> more;

  [[nodiscard]] bool is_datagram() const { return socket_type == SOCK_DGRAM; }
  [[nodiscard]] bool is_internal() const { return !internal->empty(); }
  // No server ever gets its sockets: we read or accept from them ourselves.
  [[nodiscard]] bool is_ours_alone() const { return is_internal() || (!is_wait && !is_datagram()); }
};

// A server that is forked from a parked process of its program (spawn/zygote).
struct WarmStart {
  bool is_wanted = false;
  bool parks_at_io = false;       // else before main()
  std::uint32_t spares = 0;       // children that wait for a connection
  std::uint32_t uses = 0;         // of one zygote, then it is started anew; 0: the default
  std::uint32_t age_seconds = 0;  // the same by time; 0: none

  friend bool operator==(const WarmStart&, const WarmStart&) = default;
};

struct TableService : TableSettings {
  std::string program;
  std::vector<std::string> argv;
  std::string working_directory = "/";
  std::uint32_t umask = 022;
  bool passes_environment = false;       // begins with the identity's passed_environment
  std::vector<std::string> environment;  // NAME=VALUE, in the place of a variable of that name
  Rare<WarmStart> warm;                  // how it is started warm, if it is
  Rare<LauncherSettings> process;
  // At start they stand here before they are bound: one without a descriptor is not served.
  std::vector<TableListener> listeners;
};

// A service without what only its launcher needs: the reactor keeps one of each in memory.
struct TableOutline : TableSettings {
  struct Socket {
    std::uint32_t key = 0;
    std::uint16_t port = 0;  // 0: not IP
  };
  std::vector<Socket> sockets;
};

// The bytes of a table; services and identities in any order.
[[nodiscard]] std::string print_table(std::uint32_t generation,
                                      const std::vector<TableIdentity>& identities,
                                      const std::vector<TableService>& services);

// The same for a long table, one service at a time: exactly `service_count` of them.
class TablePrinter {
 public:
  TablePrinter(std::uint32_t generation, const std::vector<TableIdentity>& identities,
               std::size_t service_count);
  void add(const TableService& service);
  [[nodiscard]] std::string take();

 private:
  Writer out_;
  std::size_t service_index_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> services_;  // key, offset
};

// A mapped table. Look-ups by key are O(log n) and touch only the entry asked for.
class Table {
 public:
  Table() = default;
  // Errors: EINVAL: not a table of this build.
  static Result<Table> map(int fd);
  static Result<Table> view(std::string_view bytes);  // borrowed, for tests

  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  [[nodiscard]] std::size_t service_count() const { return service_count_; }
  [[nodiscard]] TableService service_at(std::size_t index) const;  // in order of key
  [[nodiscard]] TableOutline outline_at(std::size_t index) const;
  [[nodiscard]] std::optional<TableService> service(std::uint32_t key) const;
  [[nodiscard]] std::optional<TableIdentity> identity(std::uint32_t key) const;
  [[nodiscard]] bool is_open() const { return !bytes_.empty(); }

 private:
  Status open(std::string_view bytes);
  // Place of the entry with this key in the index that starts at `index`, as an offset; 0: none.
  [[nodiscard]] std::uint32_t find(std::size_t index, std::size_t count, std::uint32_t key) const;
  [[nodiscard]] std::uint32_t word(std::size_t at) const;
  [[nodiscard]] Reader reader_at(std::size_t index) const;

  Mapping mapping_;
  std::string_view bytes_;
  std::uint32_t generation_ = 0;
  std::size_t service_count_ = 0;
  std::size_t identity_count_ = 0;
  std::size_t service_index_ = 0;  // offset of {key, offset} pairs, sorted by key
  std::size_t identity_index_ = 0;
};

}  // namespace uvinetd
