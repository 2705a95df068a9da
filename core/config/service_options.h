// SPDX-License-Identifier: ISC
// What most services leave at its default: settings of sockets, of the process that is started, of
// admission and of the log. Plain, comparable data, as written; what a setting means is said in
// uvinetd.toml(5).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/rare.h"
#include "core/config/syslog/syslog_rules.h"
#include "spawn/settings/proxy_form.h"

namespace uvinetd {

// "10/min burst 20": a bucket that holds `burst` starts and gets `count` of them each `per`.
struct Rate {
  unsigned count = 0;
  std::chrono::seconds per{60};
  unsigned burst = 0;

  friend bool operator==(const Rate&, const Rate&) = default;
};

// setrlimit(2). nullopt: no limit.
struct ResourceLimit {
  std::string
      name;  // "as", "core", "cpu", "data", "files", "fsize", "memlock", "procs", "rss", ...
  std::optional<std::uint64_t> soft;  // bytes, seconds or a number, as the resource has it
  std::optional<std::uint64_t> hard;

  friend bool operator==(const ResourceLimit&, const ResourceLimit&) = default;
};

// Where a connection is passed on to instead of starting a server.
struct Redirect {
  std::string host;  // numeric or a name
  std::uint16_t port = 0;
  std::vector<std::string> addresses = {};  // of the host, numeric, once it has been looked up

  friend bool operator==(const Redirect&, const Redirect&) = default;
};

inline constexpr std::uint32_t kMostRpcVersions = 100;

// A SunRPC program: its number or its name in rpc(5), and the versions that are registered,
// kMostRpcVersions at most. Its sockets have port 0: any.
struct RpcProgram {
  std::string name;  // "rusersd", or decimal digits
  std::uint32_t low_version = 1;
  std::uint32_t high_version = 1;

  friend bool operator==(const RpcProgram&, const RpcProgram&) = default;
};

// What servers find their programs in when nobody says otherwise.
inline constexpr char kServerPath[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

enum class StartBy : std::uint8_t { Unset, Exec, Zygote };  // Unset: the command line's
enum class ParkAt : std::uint8_t { Main, Io };
// What becomes of a server that makes a system call that it may not make.
enum class OnForbiddenCall : std::uint8_t { Fail, Kill };
enum class StderrTo : std::uint8_t { Socket, Log, Null, File };
enum class AtLimit : std::uint8_t { Queue, Refuse };
// Which supplementary groups a server has: the user's own, none, or those that are listed.
enum class GroupsFrom : std::uint8_t { Database, None, List };

struct ServiceOptions {
  // ---- sockets -------------------------------------------------------------------------------
  std::optional<int> send_buffer;     // bytes, SO_SNDBUF
  std::optional<int> receive_buffer;  // bytes, SO_RCVBUF
  std::string accept_filter;          // "dataready", "httpready": TCP_DEFER_ACCEPT on Linux
  bool nodelay = false;               // TCP_NODELAY
  bool keepalive = false;             // SO_KEEPALIVE
  bool freebind = false;              // IP_FREEBIND: an address that is not there yet
  bool reuseport = false;             // SO_REUSEPORT
  std::string bind_to_device;         // SO_BINDTODEVICE; "": any
  std::optional<std::uint32_t> mark;  // SO_MARK

  // ---- reached in another way than by a socket of its own --------------------------------------
  std::string tcpmux;          // its name in the TCP port multiplexer (RFC 1078); "": none
  bool tcpmux_greets = false;  // the multiplexer says "+" before the server starts
  std::optional<RpcProgram> rpc;
  std::optional<Redirect> redirect;
  std::string redirect_from;  // numeric; "": any address of ours
  ProxyForm redirect_proxy = ProxyForm::None;
  HealthForm health_format = HealthForm::Http;
  std::optional<std::chrono::seconds> health_cache;    // that a result counts; nullopt: 2
  std::optional<std::chrono::seconds> health_timeout;  // of the command; nullopt: 10

  Rare<SyslogSettings> syslog;  // of a syslog service

  // ---- the process that is started --------------------------------------------------------------
  GroupsFrom groups_from = GroupsFrom::Database;
  std::vector<std::string> groups;    // GroupsFrom::List: names or numbers
  std::vector<std::string> env;       // NAME=VALUE
  bool pass_all_env = false;          // the daemon's own, without its supervisor's variables
  std::vector<std::string> pass_env;  // names; the daemon's value is passed where it has one
  std::optional<unsigned> umask;      // nullopt: 022
  std::string working_directory;      // "": /
  std::optional<int> nice;
  std::vector<ResourceLimit> limits;
  std::optional<std::uint16_t> ionice;  // as ioprio_set(2) has it
  std::string chroot;
  bool private_tmp = false;
  bool private_network = false;
  std::vector<std::string> read_only_paths;     // as the server sees them
  std::vector<std::string> inaccessible_paths;  // the same
  bool no_new_privs = false;
  std::optional<std::vector<std::string>> capability_bounding;  // nullopt: all
  std::vector<std::string> capability_ambient;
  // Present in one of the three: nothing else can be had below or at other paths.
  std::vector<std::string> landlock_read;
  std::vector<std::string> landlock_write;               // and read
  std::vector<std::string> landlock_execute;             // and read
  std::optional<std::vector<std::string>> system_calls;  // the only ones
  std::vector<std::string> system_calls_denied;
  OnForbiddenCall on_forbidden_call = OnForbiddenCall::Fail;
  std::string cgroup;                       // "auto", or below the hierarchy of version 2
  std::optional<std::uint64_t> memory_max;  // bytes
  std::optional<unsigned> cpu_max;          // percent of one processor
  std::optional<unsigned> pids_max;
  StderrTo stderr_to = StderrTo::Socket;
  std::string stderr_file;
  bool listen_fds = false;
  bool proxy_protocol = false;          // each connection begins with a PROXY header
  std::vector<std::string> proxy_from;  // whose headers are believed: networks, "unix"
  // Of those that can_start_warm() only.
  StartBy start = StartBy::Unset;
  ParkAt park = ParkAt::Main;
  unsigned spares = 0;                           // kMostSpares at most
  std::optional<unsigned> park_uses;             // servers from one zygote; nullopt: by `park`
  std::optional<std::chrono::seconds> park_age;  // of one zygote

  // ---- admission
  // ---------------------------------------------------------------------------------
  std::optional<Rate> rate;                        // beside starts_per_minute
  std::optional<Rate> rate_per_source;             // beside source_starts_per_minute
  std::optional<std::chrono::seconds> rate_pause;  // xinetd's cps: how long after it was exceeded
  std::optional<unsigned> source_prefix_v6;        // bits
  AtLimit at_limit = AtLimit::Queue;
  std::optional<std::vector<std::string>> allow;  // present and empty: nobody
  std::vector<std::string> deny;
  bool identify = false;  // who the client is is asked of its host (RFC 1413)
  std::vector<std::string> access_times;
  std::optional<double> max_load;  // of one minute
  bool is_sensor = false;
  std::optional<std::chrono::minutes> deny_time;  // of a sensor; max(): for ever
  std::string libwrap;                            // name in hosts.allow and hosts.deny
  std::optional<std::chrono::seconds> start_timeout;
  std::optional<std::chrono::seconds> max_runtime;
  std::optional<std::chrono::seconds> idle_timeout;

  // ---- what the client and the log are told
  // ------------------------------------------------------
  std::string banner;  // files
  std::string banner_success;
  std::string banner_fail;
  bool lingering_close = false;
  std::string log_type;                     // as in xinetd.conf(5)
  std::vector<std::string> log_on_success;  // sorted
  std::vector<std::string> log_on_failure;  // sorted
  std::optional<bool> log_connections;

  friend bool operator==(const ServiceOptions&, const ServiceOptions&) = default;
};

}  // namespace uvinetd
