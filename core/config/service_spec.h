// SPDX-License-Identifier: ISC
// One service as its configuration describes it: plain, comparable data. Every front end produces
// these; nothing here has been looked up in the password file or bound to a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/rare.h"
#include "core/config/diagnostic.h"
#include "core/config/service_options.h"
#include "spawn/settings/identity_box.h"

namespace uvinetd {

enum class SocketKind : std::uint8_t { Tcp, Udp, UnixStream, UnixDgram, UnixSeqpacket };
enum class Mode : std::uint8_t { Nowait, Wait };
// V6 binds with IPV6_V6ONLY on; Dual is one v6 socket that also receives v4 (tcp46).
enum class IpFamily : std::uint8_t { V4, V6, Dual };

[[nodiscard]] constexpr bool is_datagram(SocketKind kind) {
  return kind == SocketKind::Udp || kind == SocketKind::UnixDgram;
}
[[nodiscard]] constexpr bool is_ip(SocketKind kind) {
  return kind == SocketKind::Tcp || kind == SocketKind::Udp;
}
[[nodiscard]] const char* kind_name(SocketKind kind);  // "tcp", "udp", "unix", "unix-dgram", ...

// The path of a Unix socket as a file.
struct SocketNode {
  std::string user;              // its owner; "": whoever binds
  std::string group;             // the same for its group
  std::optional<unsigned> mode;  // permission bits; default: by umask

  friend bool operator==(const SocketNode&, const SocketNode&) = default;
};

// One socket to bind.
struct ListenSpec {
  SocketKind kind = SocketKind::Tcp;
  IpFamily family = IpFamily::V4;  // Tcp and Udp only
  std::string host;                // "": any. A numeric address, or a name not resolved yet
  std::uint16_t port = 0;          // Tcp and Udp only
  bool is_optional = false;        // the v6 half of a plain `tcp`: no v6 on this host is no error
  std::string path;                // Unix only; '@' begins an abstract name
  Rare<SocketNode> node;           // Unix only
  // With listen_fds, how the server knows it (LISTEN_FDNAMES); "": as the service is called.
  Rare<std::string> name{};

  friend bool operator==(const ListenSpec&, const ListenSpec&) = default;
};

// Where keys stand that are looked at again once everything is read.
class KeyPlaces {
 public:
  void set(std::string_view key, SourcePosition at) { list_.emplace_back(key, std::move(at)); }
  // Null: not written.
  [[nodiscard]] const SourcePosition* find(std::string_view key) const {
    for (const auto& [name, at] : list_) {
      if (name == key) return &at;
    }
    return nullptr;
  }
  friend bool operator==(const KeyPlaces&, const KeyPlaces&) { return true; }

 private:
  std::vector<std::pair<std::string, SourcePosition>> list_;
};

// Where settings of admission stand, in the service or in the defaults; without a line: not
// written.
struct AdmissionPlaces {
  SourcePosition access_times, allow, deny, libwrap, max_load;

  // No difference between services.
  friend bool operator==(const AdmissionPlaces&, const AdmissionPlaces&) { return true; }
};

struct ServiceSpec {
  std::string id;  // unique: "finger/tcp", "finger/tcp@127.0.0.1"; used in log, ledger, control
  std::vector<ListenSpec> listen;  // empty: reached through the TCP port multiplexer
  Mode mode = Mode::Nowait;

  std::string user;      // name or number, as written; "" only where the language allows it
  std::string group;     // "": the user's own group
  std::string internal;  // name of a built-in ("echo"), or "" for a program
  std::string program;   // absolute path of the executable; "" for a built-in
  std::vector<std::string> argv;  // argv[0] first; never empty for a program

  // Limits. nullopt: not written, the command line's default holds; 0: none.
  std::optional<unsigned> instances;          // running at once, over all sockets of the service
  std::optional<unsigned> starts_per_minute;  // per fixed 60 s
  std::optional<unsigned> source_starts_per_minute;
  std::optional<unsigned> instances_per_source;

  std::optional<int> backlog;  // listen(2); nullopt: the command line's
  Rare<ServiceOptions> more;

  // Where each part stands, for diagnostics that are found later (unknown user, port in use).
  SourcePosition at, user_at, group_at, program_at;
  Rare<SourcePosition> start_at;  // of `start`; without a line: not written
  Rare<AdmissionPlaces> admission_at;

  Rare<KeyPlaces> key_at;  // of the keys of its box, and of its limits and priorities

  friend bool operator==(const ServiceSpec&, const ServiceSpec&) = default;
};

// Whether there is a program to be started: a built-in needs none, and a sensor serves nobody.
[[nodiscard]] bool has_server(const ServiceSpec& spec);

// Whether its servers may come from a parked process of their program (spawn/zygote): a wait server
// comes too seldom, and a datagram is not passed on.
[[nodiscard]] bool can_start_warm(const ServiceSpec& spec);
inline constexpr char kWarmServices[] = "nowait programs of stream sockets";  // for messages

// Whether they are to. `by_default` is what a service without `start` gets.
[[nodiscard]] bool wants_warm_start(const ServiceSpec& spec, StartBy by_default);

// Whether it is the log of this host: the built-in, or the program that the loader makes of it.
[[nodiscard]] bool is_syslog_service(const ServiceSpec& spec);
inline constexpr char kSyslog[] = "syslog";
inline constexpr char kSyslogProgram[] = "uvinetd-syslogd";
// Whether settings of a process have an effect: a program, or a built-in that is one.
[[nodiscard]] bool runs_program(const ServiceSpec& spec);

// Whether it is answered here, by how its program ends.
[[nodiscard]] bool is_health_check(const ServiceSpec& spec);
// With listen_fds one server gets all sockets. How it finds this one among them.
[[nodiscard]] const std::string& listen_name(const ServiceSpec& spec, const ListenSpec& listen);
// Characters that can be printed, no space and no colon, kMostListenName of them at most.
[[nodiscard]] bool is_listen_name(std::string_view name);

// Who a server runs as, looked up at load.
struct Identity {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary, sorted, with gid
  std::string user_name;              // for LOGNAME and USER; the number when it has no name
  std::string home;
  std::string shell;
  Rare<IdentityBox> box{};

  friend bool operator==(const Identity&, const Identity&) = default;
};

}  // namespace uvinetd
