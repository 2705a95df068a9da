// SPDX-License-Identifier: ISC
// What a syslog.conf says, as plain data: which messages go where. Nothing here is opened or looked
// up. It crosses from the monitor, which reads the files, to uvinetd-syslogd, which may not.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/diagnostic.h"

namespace uvinetd {

// 0-23 as in RFC 5424 section 6.2.1; kMarkFacility is this service's own, for the marks that it
// writes, and no sender's.
inline constexpr std::size_t kMarkFacility = 24;
inline constexpr std::size_t kSyslogFacilities = 25;
inline constexpr std::size_t kSyslogSeverities = 8;

// Which messages, by facility: bit N stands for severity N (0: emerg ... 7: debug).
using SyslogMask = std::array<std::uint8_t, kSyslogFacilities>;

// `!prog` and `+host`: one of the names, or with `is_inverted` none of them. No names: everybody.
struct SyslogNames {
  bool is_inverted = false;
  std::vector<std::string> names;

  friend bool operator==(const SyslogNames&, const SyslogNames&) = default;
};

// `:property, operation, "value"`.
enum class SyslogProperty : std::uint8_t { Message, MessageId, StructuredData, Program, Host };
enum class SyslogOperation : std::uint8_t { Contains, IsEqual, StartsWith, Regex, ExtendedRegex };
struct SyslogPropertyFilter {
  SyslogProperty property = SyslogProperty::Message;
  SyslogOperation operation = SyslogOperation::Contains;
  bool is_inverted = false;
  bool ignores_case = false;
  std::string value;

  friend bool operator==(const SyslogPropertyFilter&, const SyslogPropertyFilter&) = default;
};

enum class SyslogActionKind : std::uint8_t {
  File,      // `path`, a regular file
  Terminal,  // `path`, a character device: the console or a tty
  Fifo,      // `path`, a FIFO that exists; a program reads it
  Users,     // `users`, on the terminals that they are logged in at; "*" is everybody
  Forward,   // `host` and `port`, by UDP
  Discard,
};
enum class SyslogForm : std::uint8_t { Unset, Rfc3164, Rfc5424 };

struct SyslogAction {
  SyslogActionKind kind = SyslogActionKind::Discard;
  std::string path;
  std::vector<std::string> users;
  std::string host;  // numeric or a name
  std::uint16_t port = 514;
  SyslogForm form = SyslogForm::Unset;  // Unset: RFC 3164's in files and on the network
  bool is_synced = false;  // a File written without "-": it is on the disk about a second later
  std::uint64_t rotate_size = 0;  // bytes; 0: the settings' own
  unsigned rotate_count = 0;
  std::uint32_t most_bytes = 0;  // of a datagram to another host; 0: kForwardBytes
  // Where it stands, for what goes wrong later: "syslog.conf:12".
  std::string place;

  friend bool operator==(const SyslogAction&, const SyslogAction&) = default;
};
inline constexpr std::uint32_t kForwardBytes = 2048;  // what receivers should take (RFC 5426, 3.2)

struct SyslogRule {
  SyslogMask mask{};
  SyslogNames programs;
  SyslogNames hosts;                             // "@" is this host
  std::vector<SyslogPropertyFilter> properties;  // none, or all of them hold
  std::size_t action = 0;                        // in SyslogRules::actions
  bool is_final = false;  // a message that it takes goes no further (Discard)

  friend bool operator==(const SyslogRule&, const SyslogRule&) = default;
};

// In the order of the file. Rules with the same target share one action: a message goes to a target
// once, whatever number of rules name it.
struct SyslogRules {
  std::vector<SyslogRule> rules;
  std::vector<SyslogAction> actions;

  friend bool operator==(const SyslogRules&, const SyslogRules&) = default;
};

// FreeBSD's selectors differ: there the last one for a facility holds, and "!" is the complement.
enum class SyslogDialect : std::uint8_t { Linux, Bsd };

// What the service's own configuration says: `[services.ID.syslog]`, or arguments in inetd.conf.
struct SyslogSettings {
  std::string rules = "/etc/syslog.conf";
  SyslogDialect dialect = SyslogDialect::Linux;
  std::chrono::seconds mark{20 * 60};  // 0: no marks
  bool folds_repeats = true;
  bool trusts_time = true;        // a message's own time is written; else that of its arrival
  bool trusts_host = false;       // the same for the host in messages from the network; else the
                                  // sender's address
  bool relays = false;            // what came from the network is forwarded too
  std::uint64_t rotate_size = 0;  // bytes, of every file; 0: files are not rotated here
  unsigned rotate_count = 5;      // old files that are kept
  std::uint32_t file_mode = 0640;
  // Messages of one sender over the network: its address; of one on this host: its uid. 0: no
  // limit.
  std::uint32_t rate = 0;  // per second
  std::uint32_t burst = 0;

  friend bool operator==(const SyslogSettings&, const SyslogSettings&) = default;
};

// The name (LISTEN_FDNAMES) of the socket that the daemon's own records come by.
inline constexpr char kRecordsName[] = "records";

// All that one syslog service needs to know.
struct SyslogSetup {
  SyslogSettings settings;
  SyslogRules rules;
  std::string host;  // this host's name, as lines have it

  friend bool operator==(const SyslogSetup&, const SyslogSetup&) = default;
};

// CBOR, for the way from the monitor to uvinetd-syslogd. parse: nullopt for anything else, for an
// action number that does not exist, for an enumerator out of range.
[[nodiscard]] std::string print(const SyslogSetup& setup);
[[nodiscard]] std::optional<SyslogSetup> parse_syslog_setup(std::string_view bytes);

}  // namespace uvinetd
