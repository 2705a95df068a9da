// SPDX-License-Identifier: ISC
// What a monitor leaves to the program that takes its place in the same process (execve(2) keeps
// the process, its children and the descriptors that are not close-on-exec). Pure: descriptors are
// numbers here.
//
// CBOR with named keys, so that another version of the program reads it: a key that is missing has
// its default, one that is not known is passed over. What cannot be read so raises kStateVersion,
// and the version before has to be read too.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace uvinetd {

inline constexpr int kStateVersion = 1;

struct SavedSocket {
  std::uint32_t key = 0;
  int fd = -1;
  int kind = 0;    // SocketKind
  int family = 0;  // IpFamily
  std::string host;
  std::uint16_t port = 0;
  std::string path;
  std::string service;
  bool is_rpc = false;
  bool is_filtered = false;
  std::uint64_t device = 0;  // of the path
  std::uint64_t inode = 0;
  bool is_given = false;    // by the service manager
  std::string stored_name;  // under which the manager keeps it; "": it does not
};

// A role and the monitor's end of its channel.
struct SavedRole {
  pid_t pid = 0;
  int channel = -1;
};

struct SavedLauncher {
  std::uint32_t id = 0;
  std::uint32_t identity = 0;
  std::string name;
  SavedRole role;
  int ledger = -1;
  int errors = -1;
};

// A child of a launcher that is dead.
struct SavedChild {
  std::uint64_t id = 0;
  std::uint32_t service = 0;
  std::uint32_t listener = 0;
  std::int32_t pid = 0;
  std::int64_t started_ns = 0;
  std::string peer;
  bool is_session = false;  // nobody's child: its process group is looked at
  bool is_told_to_end = false;
};

// Where servers of a launcher that is dead may still write to the log.
struct SavedErrors {
  std::uint32_t launcher = 0;
  std::uint32_t identity = 0;
  int fd = -1;
};

struct SavedBan {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint32_t bits = 0;
  std::int64_t until_ms = 0;
};

struct SavedRpc {
  std::uint32_t program = 0;
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  std::string netid;
  std::string address;  // SocketAddress::bytes()
};

// The monitor's end of the channel to the server of a syslog service.
struct SavedSyslog {
  std::string service;  // id
  int channel = -1;
};

struct SavedError {  // of the configuration, known when it was read last
  std::string file;
  std::string slug;
  std::string message;
};

struct UpgradeState {
  int version = kStateVersion;
  std::string from;  // the version of the program that wrote it

  // As the daemon was started. The environment is passed on by itself.
  std::vector<std::string> argv;
  std::string directory;                  // that its relative paths begin at
  std::vector<std::string> config_paths;  // absolute
  std::uint64_t soft_limit = 0;           // of open descriptors
  std::uint64_t hard_limit = 0;
  bool is_daemon = false;
  std::int64_t began_ms = 0;
  std::string log_key;  // of the hash of addresses
  std::uint32_t upgrades = 0;

  // The programs that wrote it: they go on if the next one cannot.
  std::string program;  // where it is started from
  int own_binary = -1;
  int reactor_binary = -1;
  int launcher_binary = -1;

  std::string pid_file;
  int pid_file_fd = -1;  // locked by this process
  std::string control_path;
  int control_fd = -1;
  std::uint64_t control_device = 0;
  std::uint64_t control_inode = 0;

  std::vector<SavedSocket> sockets;
  std::uint32_t last_socket = 0;
  std::map<std::string, std::uint32_t> service_keys;
  std::map<std::string, std::uint32_t> identity_keys;  // by a mark of the identity
  std::uint32_t last_identity = 0;
  std::uint32_t last_launcher = 0;
  std::uint64_t launcher_losses = 0;
  std::uint64_t resolver_starts = 0;
  std::uint32_t epoch = 0;
  std::uint32_t generation = 0;

  SavedRole reactor;
  std::vector<SavedRole> retired;  // reactors
  std::vector<SavedRole> resolvers;
  std::vector<SavedLauncher> launchers;
  std::vector<SavedChild> adopted;
  std::vector<SavedErrors> orphaned;

  std::vector<SavedBan> bans;
  std::map<std::string, int> holds;  // HoldHow
  std::vector<SavedRpc> rpc;
  std::vector<SavedSyslog> syslogs;
  std::vector<SavedError> known_errors;
  std::vector<std::string> logs_with_rules;  // LoadOptions
  std::vector<std::uint64_t> tickets;        // of the control socket: they wait for the upgrade
};

[[nodiscard]] std::string print(const UpgradeState& state);
// Errors: in words; of another version, or nothing of ours.
[[nodiscard]] tl::expected<UpgradeState, std::string> parse_upgrade_state(std::string_view bytes);
// Every descriptor that it names, each once.
[[nodiscard]] std::vector<int> descriptors_of(const UpgradeState& state);

}  // namespace uvinetd
