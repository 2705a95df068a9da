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

#include "core/base/fields.h"
#include "spawn/spawner_choice.h"

namespace uvinetd {

inline constexpr std::uint32_t kWireVersion = 1;
inline constexpr int kChannelFd = 3;  // where a role finds its channel to the monitor

// The numbers are the wire format. During an upgrade roles of the build before talk to the monitor
// of this one, so these are frozen, numbers and bodies (frozen_wire_test.cc): Retire, Stopped,
// ClientBack, ControlTold, LauncherGone, AdoptedExit, EndServer, StopLauncher; and the ledger.
enum class MessageType : std::uint16_t {
  Hello = 1,            // role → monitor
  LauncherStart = 2,    // monitor → launcher; fds: table, ledger (writer)
  LauncherStarted = 3,  // launcher → monitor
  Table = 4,            // monitor → either; fds: table
  TableTaken = 5,       // launcher → monitor
  TableCommit = 6,      // monitor → launcher: forget the older table
  ReactorChannel = 7,   // monitor → launcher; fds: channel
  Drained = 8,          // launcher → monitor
  StopLauncher = 9,     // monitor → launcher
  ReactorStart = 10,    // monitor → reactor; fds: table, log
  Listeners = 11,       // monitor → reactor; fds: one per key
  LauncherJoined = 12,  // monitor → reactor; fds: channel, ledger (reader), maybe its own end
  LauncherGone = 13,    // monitor → reactor
  LauncherFailed = 14,  // monitor → reactor
  Adopted = 15,         // monitor → reactor: a running child of a dead launcher
  AdoptedExit = 16,     // monitor → reactor
  Apply = 17,           // monitor → reactor: table and listeners are complete, use them
  Applied = 18,         // reactor → monitor
  StopAccepting = 19,   // monitor → reactor
  Stopped = 20,         // reactor → monitor: nothing in flight any more
  Ping = 21,            // monitor → reactor
  Pong = 22,            // reactor → monitor
  Active = 23,          // reactor → monitor: work has begun after a quiet time
  LogTarget = 24,       // monitor → reactor; fds: log, or none: a service's that cannot be opened
  LogLost = 25,       // reactor → monitor: the daemon's, or with any body the syslog of services
  NeedLauncher = 26,  // reactor → monitor
  RetireLauncher = 27,  // reactor → monitor
  StuckLauncher = 28,   // reactor → monitor
  Rebind = 29,          // reactor → monitor: a server spoilt this socket
  EndServer = 30,       // reactor → monitor → launcher: it has taken longer than it may
  Bans = 31,        // reactor → monitor: who came to a sensor; monitor → reactor: who is banned
  Launch = 32,      // reactor → launcher; fds: the connection or the listening sockets
  Reports = 33,     // launcher → reactor
  AccessList = 34,  // monitor → reactor; fds: the list, where it is large
  NeedResolver = 35,    // reactor → monitor
  ResolverJoined = 36,  // monitor → reactor; fds: channel
  ResolverStart = 37,   // monitor → resolver; fds: channel
  FindName = 38,        // reactor → resolver
  NameFound = 39,       // resolver → reactor
  ErrorSocket = 40,     // monitor → launcher; fds: where its servers write to the log
  ErrorFiles = 41,      // monitor → launcher, before a table of it; fds: one per path
  ServerErrors = 42,    // monitor → reactor; fds: where it reads that
  ControlSocket = 43,   // monitor → reactor; fds: the socket that uvinetctl talks to
  ControlAsk = 44,      // reactor → monitor: what a client there wants done
  ControlTold = 45,     // monitor → reactor: what became of it
  Happened = 46,        // monitor → reactor: an event, for those who listen
  Hold = 47,  // monitor → reactor: a service that an operator has paused, or has not any more
  LogTrouble = 48,  // reactor → monitor
  RoleFacts = 49,   // monitor → reactor: before each Ping
  Retire = 50,      // monitor → reactor: another takes its place; it finishes what it has begun
  ClientBack = 51,  // reactor that retires → monitor → the one in its place; fds: the connection
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

// What a launcher does with its children; or how it ends itself, leaving them to the monitor (or to
// init): at once, or when it has begun all launches that the reactor has sent. The numbers are the
// wire format.
enum class StopHow : std::uint8_t {
  EndWaitServers = 0,
  LeaveNow = 1,
  TerminateAll = 2,
  KillAll = 3,
  LeaveWhenDone = 4
};
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

// A client that a reactor which retires has accepted, for the one in its place.
struct ClientBack {
  std::string service;         // id
  std::uint32_t listener = 0;  // key, or kNoListener
  bool is_admitted = false;    // and has been told all that comes before its server
  bool has_banner = false;     // the rest as in Visitor and Client
  bool was_watched = false;
  bool has_header = false;
  bool is_identified = false;
  bool has_name = false;
  std::string name;
  std::string peer;   // SocketAddress::bytes()
  std::string local;  // the same, or ""
  std::int64_t accepted_ns = 0;
};

UVINETD_BODY_DECLARED(Hello)
UVINETD_BODY_DECLARED(LauncherStart)
UVINETD_BODY_DECLARED(LauncherStarted)
UVINETD_BODY_DECLARED(Generation)
UVINETD_BODY_DECLARED(Epoch)
UVINETD_BODY_DECLARED(StopLauncher)
UVINETD_BODY_DECLARED(ReactorStart)
UVINETD_BODY_DECLARED(ListenerKeys)
UVINETD_BODY_DECLARED(LauncherJoined)
UVINETD_BODY_DECLARED(LauncherNumber)
UVINETD_BODY_DECLARED(LauncherFailed)
UVINETD_BODY_DECLARED(NeedLauncher)
UVINETD_BODY_DECLARED(ListenerNumber)
UVINETD_BODY_DECLARED(EndServer)
UVINETD_BODY_DECLARED(Bans)
UVINETD_BODY_DECLARED(ControlSocket)
UVINETD_BODY_DECLARED(ControlText)
UVINETD_BODY_DECLARED(Happened)
UVINETD_BODY_DECLARED(Hold)
UVINETD_BODY_DECLARED(Pong)
UVINETD_BODY_DECLARED(LogTrouble)
UVINETD_BODY_DECLARED(RoleFacts)
UVINETD_BODY_DECLARED(LogTargetForm)
UVINETD_BODY_DECLARED(Launch)
UVINETD_BODY_DECLARED(ErrorFiles)
UVINETD_BODY_DECLARED(Reports)
UVINETD_BODY_DECLARED(RunningChild)
UVINETD_BODY_DECLARED(AccessListForm)
UVINETD_BODY_DECLARED(ResolverStart)
UVINETD_BODY_DECLARED(FindName)
UVINETD_BODY_DECLARED(NameFound)
UVINETD_BODY_DECLARED(ClientBack)

// Identifies one build of the three programs and of the library in their zygotes: the version and
// a hash of the sources.
[[nodiscard]] std::string_view build_id();

}  // namespace uvinetd
