// SPDX-License-Identifier: ISC
#include "core/syslogd/line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "core/base/escape.h"
#include "core/syslogd/message_time.h"
#include "core/syslogd/octets.h"

namespace uvinetd {
namespace {

constexpr std::string_view kMalformed = "malformed";
constexpr std::string_view kTruncated = " [truncated]";
constexpr std::string_view kNil = "-";
constexpr unsigned kSyslogFacility = 5;  // what a mark is to other hosts
// Octets of RFC 5424's fields.
constexpr std::size_t kMostHost = 255;
constexpr std::size_t kMostAppName = 48;
constexpr std::size_t kMostProcessId = 128;
constexpr std::size_t kMostMessageId = 32;

void set_harmless(std::string_view text, std::string& out) {
  out.clear();
  append_one_line(text, out);
}

template <typename Number>
void append_number(Number value, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void set_time(const SyslogMessage& message, bool is_trusted, SyslogRecord& out) {
  out.rfc3339.clear();
  out.is_own_stamp = is_trusted && !message.time.empty();
  if (!out.is_own_stamp) {
    make_stamp(out.arrival.tv_sec, out.stamp);
  } else {
    make_stamp_of_time(message.time, out.stamp);
    if (message.time.size() != kStampSize) out.rfc3339 = message.time;
  }
}

void set_host(const SyslogMessage& message, const SyslogOrigin& origin,
              const SyslogRecordRules& rules, std::string& out) {
  if (origin.is_local) {
    set_harmless(rules.host, out);
  } else {
    const bool is_own = rules.trusts_host && !message.host.empty();
    set_harmless(is_own ? message.host : origin.address, out);
  }
  if (out.empty()) out = kNil;
}

// What is verified counts; a claim that differs is told before the text.
void set_pid_and_text(const SyslogMessage& message, const SyslogOrigin& origin, SyslogRecord& out) {
  out.text.clear();
  set_harmless(message.pid, out.pid);
  if (origin.is_local && origin.pid != 0) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), origin.pid).ptr;
    const std::string_view verified(digits.data(), static_cast<std::size_t>(end - digits.data()));
    if (!out.pid.empty() && out.pid != verified) {
      out.text += "[claimed pid ";
      out.text += out.pid;
      out.text += "] ";
    }
    out.pid = verified;
  }
  out.text_begin = out.text.size();
  append_one_line(message.text, out.text);
  if (message.is_truncated) out.text += kTruncated;
}

void append_priority(const SyslogRecord& record, std::string& out) {
  const unsigned facility = record.facility == kMarkFacility ? kSyslogFacility : record.facility;
  out += '<';
  append_number(facility * 8 + record.severity, out);
  out += '>';
}

void append_tag(const SyslogRecord& record, std::string& out) {
  if (record.program.empty() && record.pid.empty()) return;
  out += record.program.empty() ? kNil : std::string_view(record.program);
  if (!record.pid.empty()) {
    out += '[';
    out += record.pid;
    out += ']';
  }
  out += ": ";
}

void append_rfc3164(const SyslogRecord& record, std::string& out) {
  out += record.stamp;
  out += ' ';
  out += record.host;
  out += ' ';
  append_tag(record, out);
  out += record.text;
}

// With a space behind it.
void append_field(std::string_view text, std::size_t most, std::string& out) {
  const auto begin = out.size();
  out += text.empty() ? kNil : text.substr(0, most);
  const auto first = out.begin() + static_cast<std::ptrdiff_t>(begin);
  std::replace_if(
      first, out.end(), [](char octet) { return !is_graphic(octet); }, '?');
  out += ' ';
}

void append_rfc5424(const SyslogRecord& record, std::string& out) {
  append_priority(record, out);
  out += "1 ";
  append_syslog_time(record, out);
  out += ' ';
  append_field(record.host, kMostHost, out);
  append_field(record.program, kMostAppName, out);
  append_field(record.pid, kMostProcessId, out);
  append_field(record.message_id, kMostMessageId, out);
  out += record.structured_data.empty() ? kNil : std::string_view(record.structured_data);
  if (record.text.empty()) return;
  out += ' ';
  out += record.text;
}

// Where `text` can be cut so that no character is, and no "\xHH" either.
std::size_t cut_before(std::string_view text, std::size_t most) {
  auto at = most;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  const auto escape = text.rfind("\\x", at);
  return escape != std::string_view::npos && escape + 4 > at && escape < at ? escape : at;
}

}  // namespace

bool SyslogRecord::is_same_as(const SyslogRecord& other) const {
  return text == other.text && program == other.program && pid == other.pid && host == other.host &&
         facility == other.facility && severity == other.severity && is_local == other.is_local &&
         message_id == other.message_id && structured_data == other.structured_data;
}

void make_syslog_record(const SyslogMessage& message, const SyslogOrigin& origin,
                        const SyslogRecordRules& rules, std::timespec arrival, SyslogRecord& out) {
  out.facility = message.facility;
  out.severity = message.severity;
  out.is_local = origin.is_local;
  out.arrival = arrival;
  set_time(message, rules.trusts_time, out);
  set_host(message, origin, rules, out.host);
  set_harmless(message.flaw == SyslogFlaw::None ? message.program : kMalformed, out.program);
  set_harmless(message.message_id, out.message_id);
  set_harmless(message.structured_data, out.structured_data);
  set_pid_and_text(message, origin, out);
}

void append_syslog_time(const SyslogRecord& record, std::string& out) {
  if (!record.rfc3339.empty()) {
    append_rfc3339_time(record.rfc3339, out);
  } else if (record.is_own_stamp) {
    append_rfc3339_of_stamp(record.stamp, record.arrival.tv_sec, out);
  } else {
    append_rfc3339(record.arrival, out);
  }
}

void append_syslog_line(const SyslogRecord& record, SyslogForm form, std::string& out) {
  if (form == SyslogForm::Rfc5424) {
    append_rfc5424(record, out);
  } else {
    append_rfc3164(record, out);
  }
  out += '\n';
}

void append_terminal_line(const SyslogRecord& record, std::string& out) {
  append_tag(record, out);
  out += record.text;
  out += "\r\n";
}

void make_syslog_datagram(const SyslogRecord& record, SyslogForm form, std::size_t most,
                          std::string& out) {
  out.clear();
  if (form == SyslogForm::Rfc5424) {
    append_rfc5424(record, out);
  } else {
    append_priority(record, out);
    append_rfc3164(record, out);
  }
  if (out.size() <= most) return;
  const auto mark = most >= kTruncated.size() ? kTruncated : std::string_view();
  out.resize(cut_before(out, most - mark.size()));
  out += mark;
}

}  // namespace uvinetd
