// SPDX-License-Identifier: ISC
// One datagram as a message. Nothing is ever refused: what is not well formed is kept whole, as
// user.notice, and marked. Pure; views point into the datagram.
//
// It is RFC 5424's when "1 " and "-" or a year come behind the PRI, else RFC 3164's, of which
// senders leave out the host, the time, the tag or all three. One NUL and the newlines at the end
// belong to no message.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace uvinetd {

inline constexpr std::size_t kMostDatagram = 8 * 1024;  // bytes that are read of one

// How it came.
struct SyslogOrigin {
  bool is_local = true;
  bool is_kernel = false;      // only such a sender may be the facility kern: no user of this host
  pid_t pid = 0;               // by SCM_CREDENTIALS; 0: not known
  std::string_view address{};  // numeric, of a sender in the network
  bool is_truncated = false;   // the datagram was longer than kMostDatagram
};

enum class SyslogFlaw : std::uint8_t {
  None,
  NoPriority,   // no "<", no digits, no ">", more than three digits, a leading zero
  BadPriority,  // above 191
  BadHeader,    // RFC 5424 by its beginning, but not by its form
  Empty,
};

struct SyslogMessage {
  std::uint8_t facility = 1;  // user
  std::uint8_t severity = 5;  // notice
  SyslogFlaw flaw = SyslogFlaw::None;
  bool is_rfc5424 = false;
  bool is_truncated = false;

  // As it is written: 15 octets of RFC 3164, or RFC 3339's, maybe without its offset; "": none.
  std::string_view time{};
  std::string_view host{};     // "": none
  std::string_view program{};  // TAG or APP-NAME; "": none
  std::string_view pid{};      // what stands in [...] or PROCID; "": none
  std::string_view message_id{};
  std::string_view structured_data{};  // with its brackets; "": none
  std::string_view text{};  // without the tag's ": "; all of the datagram where there is a flaw
};

[[nodiscard]] SyslogMessage parse_syslog_message(std::string_view datagram,
                                                 const SyslogOrigin& origin);

}  // namespace uvinetd
