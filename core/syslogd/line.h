// SPDX-License-Identifier: ISC
// A message as its targets get it: one line in a file, one datagram to another host. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>

#include "core/config/syslog/syslog_rules.h"
#include "core/syslogd/message.h"

namespace uvinetd {

// What is written of a message, whichever target it goes to: settled once, and then compared with
// the message before to fold repeats. Every text is harmless: control octets and what is not UTF-8
// are "\xHH", so a line is one line. It owns its bytes, and keeps their memory from one to the
// next.
struct SyslogRecord {
  std::uint8_t facility = 1;
  std::uint8_t severity = 5;
  bool is_local = true;
  std::timespec arrival{};
  std::string stamp;          // "Nov 26 20:41:21"
  bool is_own_stamp = false;  // it is the message's, not made of `arrival`
  std::string rfc3339;        // as the message has it; "": it had none
  std::string host;
  std::string program;  // "malformed" where there is a flaw
  std::string pid;      // the verified one where there is one
  std::string message_id;
  std::string structured_data;
  std::string text;  // with the marks "[claimed pid N] " before and " [truncated]" after it
  std::size_t text_begin = 0;  // behind the mark before it

  // All but the time.
  [[nodiscard]] bool is_same_as(const SyslogRecord& other) const;
};

// How records are made, as the settings and this host have it.
struct SyslogRecordRules {
  std::string host;  // this host's name
  bool trusts_time = true;
  bool trusts_host = false;  // of messages from the network
};

// `arrival` is the wall clock's time. Fills `out` anew.
void make_syslog_record(const SyslogMessage& message, const SyslogOrigin& origin,
                        const SyslogRecordRules& rules, std::timespec arrival, SyslogRecord& out);

// The record's time as RFC 5424 has it, with an offset.
void append_syslog_time(const SyslogRecord& record, std::string& out);

// Adds "Nov 26 20:41:21 host program[pid]: text\n" (Rfc3164, Unset), or all of RFC 5424 with its
// PRI (Rfc5424). Who has no program and a pid is "-[pid]".
void append_syslog_line(const SyslogRecord& record, SyslogForm form, std::string& out);
// The same without time and host, for a terminal: lines end in CR LF.
void append_terminal_line(const SyslogRecord& record, std::string& out);
// The datagram to another host, in the place of what `out` holds; `most` bytes at most: cut at a
// character and marked.
void make_syslog_datagram(const SyslogRecord& record, SyslogForm form, std::size_t most,
                          std::string& out);

}  // namespace uvinetd
