// SPDX-License-Identifier: ISC
// What holds for every datagram and for all that is written of it. Each function returns what does
// not; "": all is well.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/syslogd/line.h"
#include "core/syslogd/matcher.h"
#include "core/syslogd/message.h"
#include "core/syslogd/message_time.h"

namespace uvinetd {

// Octets of the character that `text` begins with, if it is one that a line may have: of valid
// UTF-8, no control, no line separator. 0: it is not.
inline std::size_t character_size(std::string_view text) {
  const auto at = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  if (at(0) < 0x80) return at(0) >= 0x20 && at(0) != 0x7f ? 1 : 0;
  const std::size_t size = at(0) >= 0xf0 ? 4 : at(0) >= 0xe0 ? 3 : 2;
  if (at(0) < 0xc2 || at(0) > 0xf4 || text.size() < size) return 0;
  unsigned long value = at(0) & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
    value = value << 6 | (at(i) & 0x3fU);
  }
  const unsigned long least = size == 2 ? 0xa0 : size == 3 ? 0x800 : 0x10000;
  const bool is_surrogate = value >= 0xd800 && value < 0xe000;
  const bool is_separator = value == 0x2028 || value == 0x2029;
  return value < least || value > 0x10ffff || is_surrogate || is_separator ? 0 : size;
}

inline bool is_harmless(std::string_view text) {
  while (!text.empty()) {
    const auto size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

// Whether all of `datagram` is in one of the parts, but for what the grammar puts between them.
inline std::string lost_of(std::string_view datagram, const SyslogMessage& message) {
  datagram = datagram.substr(0, kMostDatagram);
  std::vector<std::string_view> parts{
      message.time, message.host,       message.program,        message.pid,
      message.text, message.message_id, message.structured_data};
  parts.erase(std::remove_if(parts.begin(), parts.end(), [](auto part) { return part.empty(); }),
              parts.end());
  std::sort(parts.begin(), parts.end(), [](auto a, auto b) { return a.data() < b.data(); });
  const auto* at = datagram.data();
  std::string between;
  for (const auto part : parts) {
    if (part.data() < at) return "parts that overlap";
    between.append(at, part.data());
    at = part.data() + part.size();
  }
  if (at > datagram.data() + datagram.size()) return "a part past the end";
  between.append(at, datagram.data() + datagram.size());
  if (message.flaw == SyslogFlaw::None) {  // the PRI and the version
    if (!between.starts_with('<')) return "no PRI in front";
    between.erase(0, between.find('>') + 1);
    if (message.is_rfc5424) between.erase(0, 1);
  }
  using namespace std::string_view_literals;
  for (const auto other : {"\xef\xbb\xbf"sv}) {
    for (auto found = between.find(other); found != std::string::npos; found = between.find(other))
      between.erase(found, other.size());
  }
  return between.find_first_not_of(" []:-\n\0"sv) == std::string::npos ? ""
                                                                       : "octets that are lost";
}

inline std::string unsound_of(const SyslogRecord& record) {
  for (const auto* part : {&record.host, &record.program, &record.pid, &record.message_id,
                           &record.structured_data, &record.text}) {
    if (!is_harmless(*part)) return "a part that is not harmless";
  }
  if (record.host.empty()) return "no host";
  if (record.facility > 24 || record.severity > 7) return "no such priority";
  if (rfc3164_time_size(record.stamp) != kStampSize) return "a stamp that is none";
  if (record.text_begin > record.text.size()) return "a mark past the end";
  return "";
}

inline std::string unsound_lines_of(const SyslogRecord& record) {
  for (const auto form : {SyslogForm::Unset, SyslogForm::Rfc3164, SyslogForm::Rfc5424}) {
    std::string line;
    append_syslog_line(record, form, line);
    if (!line.ends_with('\n')) return "a line without its end";
    line.pop_back();
    if (!is_harmless(line)) return "a line that is not harmless";
    for (const std::size_t most : {0U, 5U, 13U, 100U, 480U, 2048U}) {
      make_syslog_datagram(record, form, most, line);
      if (line.size() > most) return "a datagram that is too long";
      if (!is_harmless(line)) return "a datagram that is not harmless";
    }
  }
  std::string line;
  append_terminal_line(record, line);
  if (!line.ends_with("\r\n")) return "a terminal's line without its end";
  line.resize(line.size() - 2);
  return is_harmless(line) ? "" : "a terminal's line that is not harmless";
}

// What another host reads of it in the form of RFC 5424.
inline std::string changed_on_the_way(const SyslogRecord& record) {
  std::string datagram;
  make_syslog_datagram(record, SyslogForm::Rfc5424, kMostDatagram, datagram);
  if (datagram.ends_with(" [truncated]") || record.text.starts_with("\xef\xbb\xbf")) return "";
  SyslogOrigin origin;
  origin.is_local = false;
  origin.is_kernel = true;
  const auto message = parse_syslog_message(datagram, origin);
  if (message.flaw != SyslogFlaw::None || !message.is_rfc5424) return "not RFC 5424: " + datagram;
  if (message.facility != record.facility) return "another facility";
  if (message.severity != record.severity) return "another severity";
  if (message.structured_data != record.structured_data) return "other structured data";
  if (message.text != record.text) return "another text";
  return "";
}

inline std::string unsound_datagram(std::string_view datagram, const SyslogOrigin& origin,
                                    const SyslogRecordRules& rules, std::timespec arrival) {
  const auto message = parse_syslog_message(datagram, origin);
  if (auto lost = lost_of(datagram, message); !lost.empty()) return lost;
  SyslogRecord record;
  make_syslog_record(message, origin, rules, arrival, record);
  for (const auto check : {unsound_of, unsound_lines_of, changed_on_the_way}) {
    if (auto found = check(record); !found.empty()) return found;
  }
  return record.is_same_as(record) ? "" : "not the same as itself";
}

}  // namespace uvinetd
