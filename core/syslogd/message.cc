// SPDX-License-Identifier: ISC
#include "core/syslogd/message.h"

#include <algorithm>
#include <optional>

#include "core/syslogd/message_time.h"
#include "core/syslogd/octets.h"
#include "core/syslogd/structured_data.h"

namespace uvinetd {
namespace {

constexpr unsigned kMostPriority = 191;
constexpr std::size_t kMostTag = 128;  // octets, also of what is in the brackets; RFC 3164: 32
constexpr std::size_t kMostHost = 255;
constexpr std::size_t kMostAppName = 48;
constexpr std::size_t kMostProcessId = 128;
constexpr std::size_t kMostMessageId = 32;
constexpr std::size_t kMostTime = 64;
constexpr std::string_view kNil = "-";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

void trim_newlines(std::string_view& text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
}

std::string_view without_end(std::string_view datagram) {
  trim_newlines(datagram);
  if (datagram.ends_with('\0')) datagram.remove_suffix(1);
  trim_newlines(datagram);
  return datagram;
}

void drop_byte_order_mark(std::string_view& text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
}

struct Priority {
  SyslogFlaw flaw = SyslogFlaw::None;
  unsigned value = 0;
  std::size_t size = 0;  // with its brackets
};

Priority priority_of(std::string_view text) {
  Priority out{SyslogFlaw::NoPriority};
  if (!text.starts_with('<')) return out;
  std::size_t at = 1;
  for (; at < text.size() && at <= 3 && is_digit(text[at]); ++at) {
    out.value = out.value * 10 + static_cast<unsigned>(text[at] - '0');
  }
  const auto digits = at - 1;
  if (digits == 0 || at == text.size() || text[at] != '>') return out;
  if (digits > 1 && text[1] == '0') return out;
  out.flaw = out.value > kMostPriority ? SyslogFlaw::BadPriority : SyslogFlaw::None;
  out.size = at + 1;
  return out;
}

bool begins_as_rfc5424(std::string_view text) {
  if (!text.starts_with("1 ")) return false;
  text.remove_prefix(2);
  if (text.starts_with("- ")) return true;
  return text.size() > 4 && text[4] == '-' && std::all_of(text.begin(), text.begin() + 4, is_digit);
}

// A field of RFC 5424's header with the space behind it, which only the last may lack; nil is "".
std::optional<std::string_view> take_field(std::string_view& text, std::size_t most,
                                           bool is_last = false) {
  const auto end = std::min(text.find(' '), text.size());
  if (end == text.size() && !is_last) return std::nullopt;
  const auto field = text.substr(0, end);
  if (field.empty() || field.size() > most || !is_graphic(field)) return std::nullopt;
  text.remove_prefix(std::min(end + 1, text.size()));
  return field == kNil ? std::string_view() : field;
}

bool read_rfc5424_header(std::string_view& text, SyslogMessage& out) {
  const auto time = take_field(text, kMostTime);
  if (!time || (!time->empty() && rfc3339_time_size(*time) != time->size())) return false;
  const auto host = take_field(text, kMostHost);
  const auto program = host ? take_field(text, kMostAppName) : std::nullopt;
  const auto pid = program ? take_field(text, kMostProcessId) : std::nullopt;
  const auto message_id = pid ? take_field(text, kMostMessageId, true) : std::nullopt;
  if (!message_id) return false;
  out.time = *time;
  out.host = *host;
  out.program = *program;
  out.pid = *pid;
  out.message_id = *message_id;
  return true;
}

// Structured data that is not well formed is left in the text, whole.
void read_rfc5424(std::string_view text, SyslogMessage& out) {
  out.is_rfc5424 = true;
  if (!read_rfc5424_header(text, out)) {
    out.flaw = SyslogFlaw::BadHeader;
    return;
  }
  if (const auto size = structured_data_size(text); size != 0) {
    if (text.substr(0, size) != kNil) out.structured_data = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  drop_byte_order_mark(text);
  out.text = text;
}

// "sshd[123]:", "postfix/smtpd:". Sizes are octets; 0: there is none.
struct Tag {
  std::size_t program_size = 0;
  std::size_t pid_size = 0;
  std::size_t size = 0;  // with its colon
};

bool is_in_tag(char octet) {
  const bool is_ascii = static_cast<unsigned char>(octet) < 0x80;
  return !is_ascii || (is_graphic(octet) && octet != ':' && octet != '[');
}

// Senders leave out the space behind the colon, but a URL, a path or a time of day is no tag.
bool may_follow_tag(std::string_view text, std::size_t at) {
  if (at == text.size() || text[at] == ' ') return true;
  return !is_digit(text[0]) && text[at] != '/' && text[at] != ':' && text[at] != '\\';
}

Tag tag_of(std::string_view text) {
  Tag out;
  std::size_t at = 0;
  while (at < text.size() && at <= kMostTag && is_in_tag(text[at])) ++at;
  if (at == 0 || at == text.size() || at > kMostTag) return out;
  out.program_size = at;
  if (text[at] == '[') {
    const auto close = text.substr(0, at + kMostTag + 2).find(']', at);
    if (close == std::string_view::npos) return out;
    out.pid_size = close - at - 1;
    if (!is_graphic(text.substr(at + 1, out.pid_size))) return out;
    at = close + 1;
    if (at == text.size()) {
      out.size = at;
      return out;
    }
  }
  if (text[at] == ':' && may_follow_tag(text, at + 1)) out.size = at + 1;
  return out;
}

bool is_host(std::string_view word) {
  if (word.empty() || word.size() > kMostHost || !is_graphic(word)) return false;
  if (word.find('[') != std::string_view::npos) return false;
  const auto colons = std::count(word.begin(), word.end(), ':');
  if (colons == 0) return true;
  return colons > 1 && word.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

// Behind the time. Senders on this host leave it out, so there it is one only before a tag.
std::size_t host_size(std::string_view text, bool is_local) {
  const auto end = text.find(' ');
  if (end == std::string_view::npos || !is_host(text.substr(0, end))) return 0;
  if (!is_local) return end;
  const auto rest = text.substr(end + 1);
  const auto tag = tag_of(rest).size;
  return tag != 0 && (tag == rest.size() || rest[tag] == ' ') ? end : 0;
}

void read_rfc3164(std::string_view text, bool is_local, SyslogMessage& out) {
  auto time_size = rfc3164_time_size(text);
  if (time_size == 0) time_size = rfc3339_time_size(text);
  if (time_size == 0) time_size = offsetless_time_size(text);
  if (time_size != 0) {
    out.time = text.substr(0, time_size);
    text.remove_prefix(std::min(time_size + 1, text.size()));
    if (const auto size = host_size(text, is_local); size != 0) {
      out.host = text.substr(0, size);
      text.remove_prefix(size + 1);
    }
  }
  drop_byte_order_mark(text);
  if (const auto tag = tag_of(text); tag.size != 0) {
    out.program = text.substr(0, tag.program_size);
    if (tag.pid_size != 0) out.pid = text.substr(tag.program_size + 1, tag.pid_size);
    text.remove_prefix(tag.size);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  drop_byte_order_mark(text);
  out.text = text;
}

}  // namespace

SyslogMessage parse_syslog_message(std::string_view datagram, const SyslogOrigin& origin) {
  SyslogMessage out;
  out.is_truncated = origin.is_truncated || datagram.size() > kMostDatagram;
  datagram = datagram.substr(0, kMostDatagram);
  const auto whole = out.is_truncated ? datagram : without_end(datagram);
  const auto priority = priority_of(whole);
  out.flaw = whole.empty() ? SyslogFlaw::Empty : priority.flaw;
  if (out.flaw == SyslogFlaw::None) {
    const auto rest = whole.substr(priority.size);
    if (begins_as_rfc5424(rest)) {
      read_rfc5424(rest.substr(2), out);
    } else {
      read_rfc3164(rest, origin.is_local, out);
    }
  }
  if (out.flaw != SyslogFlaw::None) {
    out.text = whole;
    return out;
  }
  out.facility = static_cast<std::uint8_t>(priority.value / 8);
  out.severity = static_cast<std::uint8_t>(priority.value % 8);
  if (out.facility == 0 && !origin.is_kernel) out.facility = 1;
  return out;
}

}  // namespace uvinetd
