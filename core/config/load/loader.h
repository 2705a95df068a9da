// SPDX-License-Identifier: ISC
// From paths to services ready to bind: reads the files, parses each in its language, finds
// duplicates, looks up users, groups and host names.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/config/inetd/inetd_conf.h"
#include "core/config/socket_rules.h"
#include "core/config/syslog/syslog_rules.h"
#include "spawn/settings/ends.h"

namespace uvinetd {

inline constexpr char kDaemonUser[] = "uvinetd";
// An id without an account, for those who are to have no privilege where theirs is missing.
inline constexpr std::uint32_t kUnnamedId = 64'999;

struct LoadOptions {
  InetdConfOptions inetd;
  std::uint32_t uid = 0;  // who we are: not root, a service for somebody else is left out
  std::chrono::milliseconds lookup_deadline{5000};
  // Files of hosts_access(5): where they have rules, these hold for xinetd services.
  std::vector<std::string> hosts_access_files{};
  std::vector<std::string> tcpd_paths{};  // where tcpd(8) may be
  // Whether the system lets this process put a program on sockets of this kind.
  bool filters_streams = kHasSocketFilters;
  bool filters_datagrams = kHasSocketFilters;
  bool wraps_programs = false;    // -l, -w: they hold for other services with programs too
  bool wraps_builtins = false;    // -W: and for those without
  StartBy start = StartBy::Exec;  // of services that do not say it
  // Whether the programs of services that are to be started warm are looked at beforehand.
  bool inspects_programs = false;
  bool passes_environment = false;  // servers inherit this process's
  // A syslog service: its program ("": not installed); whom it runs as where root or nobody is
  // written; which socket the daemon itself logs to, and where the one for its records is then put.
  std::string syslog_program{};
  std::string daemon_user{};  // "": as [daemon] says, else kDaemonUser
  std::string log_socket = "/dev/log";
  std::string run_folder{};  // "": there is none
  // Ids of syslog services whose rules came from a file until now. Without it they would lose them:
  // that is an error, and no mere warning.
  std::vector<std::string> logs_with_rules{};
};

[[nodiscard]] std::vector<std::string> system_hosts_access_files();
[[nodiscard]] std::vector<std::string> system_tcpd_paths();

// A service whose names are all looked up.
struct LoadedService {
  // In spec.listen hosts and the owners of paths are numeric, and every address has an entry. An
  // RPC program is a number.
  ServiceSpec spec;
  Identity identity;  // zero for a built-in that needs none
  // Files read, words as bits. Neighbours share theirs.
  Rare<EndSettings> ends = {};
  // What a syslog service is told once it runs; default: it is none.
  Rare<SyslogSetup> syslog = {};
  friend bool operator==(const LoadedService&, const LoadedService&) = default;
};

// The files as they are written: parsed, duplicates dropped, nothing looked up.
struct WrittenConfig {
  std::vector<ServiceSpec> services;
  Diagnostics diagnostics;
  std::size_t services_written = 0;  // good and bad together
  bool is_unreadable = false;        // a named file is missing, unreadable or unsafe
  DaemonSettings daemon;
  std::vector<ConfigFile> files;  // all that were read, included ones too, in the order met
};

struct LoadedConfig {
  std::vector<LoadedService> services;
  // Good but for a look-up that failed for now (name service down, deadline): to be tried again.
  std::vector<ServiceSpec> unresolved;
  Diagnostics diagnostics;
  std::size_t services_written = 0;  // good and bad together
  bool is_unreadable = false;  // a named file is missing, unreadable or unsafe: nothing loaded
  DaemonSettings daemon;
  std::vector<std::string> logs_with_rules;  // for the options when it is read again
};

// Reads every path (a directory: its regular files in byte order, without backup and
// package-manager left-overs), each in its own language, and what they include. Blocks for the
// disk.
[[nodiscard]] WrittenConfig read_config(const std::vector<std::string>& paths,
                                        const LoadOptions& options);

// The same with users, groups and host names looked up, for which it blocks until their deadline:
// they are looked up in a helper process.
[[nodiscard]] LoadedConfig load_config(const std::vector<std::string>& paths,
                                       const LoadOptions& options);

// The system's services database with a built-in list behind it (containers have no
// /etc/services). Reads /etc/services itself once; never the network.
[[nodiscard]] const ServiceNames& system_service_names();

}  // namespace uvinetd
