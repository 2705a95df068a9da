// SPDX-License-Identifier: ISC
// What the monitor, the reactor and the launchers say to each other.
//
//     monitor --Start, Table, ...--> launcher      monitor <--Hello, Started, ...-- launcher
//     monitor --Start, Table, ...--> reactor       monitor <--Hello, Applied, ...-- reactor
//     reactor --Launch + fd--> launcher            reactor <--Report[]-- launcher
//
// Every message is one Channel frame; its type is a MessageType, its body one of the structs below.
// parse() gives nullopt for a body that is too short, too long or out of range: the peer is then
// ended and started again. Descriptors are listed beside each struct, in order.
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/codec.h"
#include "spawn/spawner_choice.h"

namespace uvinetd {

inline constexpr std::uint32_t kWireVersion = 1;
inline constexpr int kChannelFd = 3;  // where a role finds its channel to the monitor

enum class MessageType : std::uint16_t {
  Hello = 1,        // role → monitor
  LauncherStart,    // monitor → launcher; fds: table, ledger (writer)
  LauncherStarted,  // launcher → monitor
  Table,            // monitor → either; fds: table
  TableTaken,       // launcher → monitor
  TableCommit,      // monitor → launcher: forget the older table
  ReactorChannel,   // monitor → launcher; fds: channel
  Drained,          // launcher → monitor
  StopLauncher,     // monitor → launcher
  ReactorStart,     // monitor → reactor; fds: table, log
  Listeners,        // monitor → reactor; fds: one per key
  LauncherJoined,  // monitor → reactor; fds: channel, ledger (reader), the launcher's end or none
  LauncherGone,    // monitor → reactor
  LauncherFailed,  // monitor → reactor
  Adopted,         // monitor → reactor: a running child of a dead launcher
  AdoptedExit,     // monitor → reactor
  Apply,           // monitor → reactor: table and listeners are complete, use them
  Applied,         // reactor → monitor
  StopAccepting,   // monitor → reactor
  Stopped,         // reactor → monitor: nothing in flight any more
  Ping,            // monitor → reactor
  Pong,            // reactor → monitor
  Active,          // reactor → monitor: work has begun after a quiet time
  LogTarget,       // monitor → reactor; fds: log, or none: a service's that cannot be opened
  LogLost,         // reactor → monitor: the daemon's, or with any body the syslog of services
  NeedLauncher,    // reactor → monitor
  RetireLauncher,  // reactor → monitor
  StuckLauncher,   // reactor → monitor
  Rebind,          // reactor → monitor: a server spoilt this socket
  EndServer,       // reactor → monitor → launcher: it has taken longer than it may
  Bans,            // reactor → monitor: who came to a sensor; monitor → reactor: who is banned
  Launch,          // reactor → launcher; fds: the connection or the listening sockets
  Reports,         // launcher → reactor
  AccessList,      // monitor → reactor; fds: the list, where it is large
  NeedResolver,    // reactor → monitor
  ResolverJoined,  // monitor → reactor; fds: channel
  ResolverStart,   // monitor → resolver; fds: channel
  FindName,        // reactor → resolver
  NameFound,       // resolver → reactor
  ErrorSocket,     // monitor → launcher; fds: where its servers write to the log
  ErrorFiles,      // monitor → launcher, before a table of it; fds: one per path
  ServerErrors,    // monitor → reactor; fds: where it reads that
  ControlSocket,   // monitor → reactor; fds: the socket that uvinetctl talks to
  ControlAsk,      // reactor → monitor: what a client there wants done
  ControlTold,     // monitor → reactor: what became of it
  Happened,        // monitor → reactor: an event, for those who listen
  Hold,        // monitor → reactor: a service that an operator has paused, or has not any more
  LogTrouble,  // reactor → monitor
  RoleFacts,   // monitor → reactor: before each Ping
};

// Never reused: the reactor's incarnation in the upper 20 bits, a sequence in the lower 44.
using LaunchId = std::uint64_t;
[[nodiscard]] constexpr LaunchId make_launch_id(std::uint32_t epoch, std::uint64_t sequence) {
  return (static_cast<std::uint64_t>(epoch) << 44) | (sequence & ((std::uint64_t{1} << 44) - 1));
}

struct Hello {
  std::string role;  // "reactor", "launcher"
  std::uint32_t version = kWireVersion;
  std::string build_id;  // must equal the monitor's
};

struct LauncherStart {
  std::uint32_t launcher = 0;     // id, unique in the monitor's life
  std::uint32_t identity = 0;     // key in the table
  bool becomes_identity = false;  // false when not root: everybody is the invoking user
  std::uint32_t guard_gid = 0;    // saved gid that keeps same-user servers from tracing it; 0: none
  bool is_dumpable = false;
  std::uint64_t soft_descriptor_limit = 0;  // RLIMIT_NOFILE as we were started with it: it is
  std::uint64_t hard_descriptor_limit = 0;  // what the children get
  SpawnerKind spawner = SpawnerKind::PosixSpawn;
};

struct LauncherStarted {
  std::int32_t code = 0;  // 0, or the errno of `step`; the launcher then ends
  std::string step;
};

struct Generation {  // Table, TableTaken, TableCommit, Apply, Applied
  std::uint32_t generation = 0;
};

struct Epoch {  // ReactorChannel, Drained
  std::uint32_t epoch = 0;
};

// How the launcher ends: at once, leaving its children to init; or after them.
enum class StopHow : std::uint8_t { EndWaitServers, LeaveNow, TerminateAll, KillAll };
struct StopLauncher {
  StopHow how = StopHow::LeaveNow;
};

struct ReactorStart {
  std::uint32_t epoch = 0;
  bool becomes_user = false;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool is_dumpable = false;
  bool logs_connections = false;
  std::uint8_t log_level = 0;      // LogLevel
  std::uint8_t log_form = 0;       // LogForm
  std::uint8_t log_format = 0;     // LogFormat
  std::uint8_t log_addresses = 0;  // AddressPrivacy
  std::string log_key;             // of the hash of addresses
  std::string log_ident;
  std::uint32_t global_instances = 0;  // running children over all services; 0: none
};

struct ListenerKeys {
  std::vector<std::uint32_t> keys;
};

struct LauncherJoined {  // and ServerErrors
  std::uint32_t launcher = 0;
  std::uint32_t identity = 0;
};

// What the servers of one identity have as their standard error: all of it in the messages from
// one that is_first to the next table.
struct ErrorFiles {
  bool is_first = true;
  std::vector<std::string> paths;
};

struct LauncherNumber {  // LauncherGone, RetireLauncher, StuckLauncher (is_final: kill it)
  std::uint32_t launcher = 0;
  bool is_final = false;
};

struct LauncherFailed {
  std::uint32_t identity = 0;
  std::int32_t code = 0;
  std::string step;
};

struct NeedLauncher {
  std::uint32_t identity = 0;
  std::uint32_t known = 0;  // that the reactor has; with more at the monitor, one is on its way
};

struct ListenerNumber {  // Rebind
  std::uint32_t listener = 0;
};

// The signal goes to the whole process group of a server.
struct EndServer {
  std::uint32_t launcher = 0;  // whose child it is, as far as the reactor knows; 0: the monitor's
  LaunchId id = 0;
  std::int32_t signal = SIGTERM;
};

// A ban of core/base/ban_list.h.
struct WireBan {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint32_t bits = 0;
  std::int64_t until_ms = 0;  // CLOCK_MONOTONIC
};
inline constexpr std::size_t kMostBansInMessage = 1'000;
struct Bans {
  bool is_lifted = false;  // these are bans no more
  std::vector<WireBan> list;
};

// Who may do what at the control socket: root and the owner everything, members of the group too.
struct ControlSocket {
  std::uint32_t owner = 0;
  bool has_group = false;
  std::uint32_t group = 0;
  bool everybody_reads = false;
};

// ControlAsk: a request (core/control/request.h). ControlTold: a reply to it.
struct ControlText {
  std::uint64_t ticket = 0;  // the reactor's, never used twice by it
  bool is_last = false;
  std::string text;
};

struct Happened {
  std::string name;
  std::string id;    // of the service that it is about; "": of none
  std::string line;  // as those who listen get it
};

// What an operator wants of the clients of a service.
enum class HoldHow : std::uint8_t { None, Queue, Refuse };
struct Hold {
  std::string id;  // of the service
  HoldHow how = HoldHow::None;
};

struct Pong {
  bool is_busy = false;  // there was work since the last Ping
};

// The processes of one kind, for the metrics.
struct RoleFact {
  std::string role;  // "monitor", "reactor", "launcher", "resolver"
  std::uint32_t processes = 0;
  std::uint64_t restarts = 0;     // those that were replaced
  std::int64_t descriptors = -1;  // that all of them have open; -1: not known
};
struct RoleFacts {
  static constexpr std::size_t kMost = 16;
  std::vector<RoleFact> list;
};

struct LogTargetForm {
  std::uint8_t form = 0;
  bool is_of_services = false;  // else the daemon's own
  std::string file;             // as in LogSettings; "": syslog
};

struct LogTrouble {
  std::int32_t code = 0;  // errno of writing the daemon's file; 0: it can be written again
};

struct Launch {
  LaunchId id = 0;
  std::uint32_t service = 0;
  std::uint32_t listener = 0;
  std::vector<std::uint32_t> sockets = {};  // with listen_fds: those sent, in that order
  // Of a connection that has come through a proxy: the client's address and the one that it came
  // to, SocketAddress::bytes(). "": those of the connection itself.
  std::string peer = {};
  std::string local = {};
};

// What became of a launch. One packet carries many.
// Cold: no launch, but why a service that is to be started warm is not (`step`: plain words).
enum class ReportKind : std::uint8_t { Started, Failed, Exited, Cold };
struct Report {
  ReportKind kind = ReportKind::Started;
  LaunchId id = 0;
  std::uint32_t service = 0;
  std::uint32_t listener = 0;
  std::int32_t pid = 0;
  std::int32_t code = 0;      // Failed: errno
  std::string step;           // Failed: "execve", "fcntl", ...; Cold: the reason
  std::int32_t status = 0;    // Exited: as wait4(2) gives it; -1: unknown (reaped by somebody else)
  std::int64_t ran_usec = 0;  // Exited: from its start to its end
  std::int64_t user_usec = -1;  // Exited: CPU; -1: unknown, here and below
  std::int64_t system_usec = -1;
  std::int64_t max_rss_kib = -1;
};

struct Reports {
  std::vector<Report> list;
};

// A child that runs, as a ledger tells it.
struct RunningChild {
  LaunchId id = 0;
  std::uint32_t service = 0;
  std::uint32_t listener = 0;
  std::int32_t pid = 0;
  std::int64_t started_ns = 0;  // CLOCK_MONOTONIC
  std::string peer;             // SocketAddress::bytes(), or ""
};

struct AccessListForm {  // AccessList
  std::uint32_t number = 0;
  std::string bytes;  // "": they are in the descriptor
};

struct ResolverStart {
  bool becomes_user = false;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool is_dumpable = false;
};

struct FindName {
  std::string address;  // numeric
};

// What is known of an address: its name, if that is confirmed; "" if it has none that is. Not
// `is_answered`: nobody could be asked, or there were too many questions.
struct NameFound {
  std::string address;
  std::string name;
  bool is_answered = false;
};

// One overload pair per body.
#define UVINETD_WIRE_BODY(Type)                      \
  [[nodiscard]] std::string print(const Type& body); \
  [[nodiscard]] std::optional<Type> parse(std::string_view bytes, const Type* tag);
UVINETD_WIRE_BODY(Hello)
UVINETD_WIRE_BODY(LauncherStart)
UVINETD_WIRE_BODY(LauncherStarted)
UVINETD_WIRE_BODY(Generation)
UVINETD_WIRE_BODY(Epoch)
UVINETD_WIRE_BODY(StopLauncher)
UVINETD_WIRE_BODY(ReactorStart)
UVINETD_WIRE_BODY(ListenerKeys)
UVINETD_WIRE_BODY(LauncherJoined)
UVINETD_WIRE_BODY(LauncherNumber)
UVINETD_WIRE_BODY(LauncherFailed)
UVINETD_WIRE_BODY(NeedLauncher)
UVINETD_WIRE_BODY(ListenerNumber)
UVINETD_WIRE_BODY(EndServer)
UVINETD_WIRE_BODY(Bans)
UVINETD_WIRE_BODY(ControlSocket)
UVINETD_WIRE_BODY(ControlText)
UVINETD_WIRE_BODY(Happened)
UVINETD_WIRE_BODY(Hold)
UVINETD_WIRE_BODY(Pong)
UVINETD_WIRE_BODY(LogTrouble)
UVINETD_WIRE_BODY(RoleFacts)
UVINETD_WIRE_BODY(LogTargetForm)
UVINETD_WIRE_BODY(Launch)
UVINETD_WIRE_BODY(ErrorFiles)
UVINETD_WIRE_BODY(Reports)
UVINETD_WIRE_BODY(RunningChild)
UVINETD_WIRE_BODY(AccessListForm)
UVINETD_WIRE_BODY(ResolverStart)
UVINETD_WIRE_BODY(FindName)
UVINETD_WIRE_BODY(NameFound)
#undef UVINETD_WIRE_BODY

// parse_as<Launch>(body)
template <typename T>
[[nodiscard]] std::optional<T> parse_as(std::string_view bytes) {
  return parse(bytes, static_cast<const T*>(nullptr));
}

// Identifies one build of the three programs and of the library in their zygotes: the version and
// a hash of the sources.
[[nodiscard]] std::string_view build_id();

}  // namespace uvinetd
