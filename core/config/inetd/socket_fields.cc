// SPDX-License-Identifier: ISC
// Fields 2 and 3: what kind of socket.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

#include "core/config/field_reader.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"

namespace uvinetd {
namespace {

constexpr unsigned kMostInstances = std::numeric_limits<int>::max();

struct ProtocolWord {
  std::string_view word;
  Protocol::Transport transport;
  Protocol::Family family;
};

using Transport = Protocol::Transport;
using Family = Protocol::Family;
constexpr std::array kProtocols{
    ProtocolWord{"tcp", Transport::Tcp, Family::Plain},
    ProtocolWord{"tcp4", Transport::Tcp, Family::V4},
    ProtocolWord{"tcp6", Transport::Tcp, Family::V6},
    ProtocolWord{"tcp46", Transport::Tcp, Family::Dual},
    ProtocolWord{"tcp6only", Transport::Tcp, Family::V6},
    ProtocolWord{"udp", Transport::Udp, Family::Plain},
    ProtocolWord{"udp4", Transport::Udp, Family::V4},
    ProtocolWord{"udp6", Transport::Udp, Family::V6},
    ProtocolWord{"udp46", Transport::Udp, Family::Dual},
    ProtocolWord{"udp6only", Transport::Udp, Family::V6},
    ProtocolWord{"unix", Transport::Unix, Family::Plain},
};

const ProtocolWord* find_protocol(std::string_view word) {
  for (const auto& known : kProtocols) {
    if (known.word == word) return &known;
  }
  return nullptr;
}

// The systems whose inetd opens one socket for both families at `tcp6`.
bool is_six_dual(Dialect dialect) {
  return dialect == Dialect::Gnu || dialect == Dialect::Busybox;
}

// What another reading of `tcp46` would be; "" when it is ours.
const char* other_reading_of_46(Dialect dialect) {
  switch (dialect) {
    case Dialect::Debian:
    case Dialect::FreeBsd:
      return "";
    case Dialect::NetBsd:
    case Dialect::OpenBsd:
      return "as IPv6 only";
    case Dialect::Gnu:
      return "as IPv4 only";
    case Dialect::Busybox:
      return "as an error";
  }
  return "";
}

bool unknown_protocol(const Field& field, Reporter& report) {
  std::array<std::string_view, kProtocols.size()> words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = kProtocols[i].word;
  return report.error(field.at, "protocol", "unknown protocol " + quoted(field.text),
                      did_you_mean(field.text, words));
}

// `faith/tcp6`, `tcp6/faith`, `tcp/ttcp`. Answers what is left to be looked up.
std::optional<Field> read_protocol_word(const Field& field, Reporter& report) {
  const auto slash = field.text.find('/');
  if (slash == std::string::npos) return field;
  const Field before = field.part(0, slash);
  const Field after = field.part(slash + 1);
  if (before.text == "faith" || after.text == "faith") {
    report.error(field.at, "faith", "faith (IPv6 to IPv4 translation) is not supported");
  } else if (after.text == "ttcp") {
    report.warning(after.at, "protocol", "T/TCP no longer exists; \"/ttcp\" is ignored");
    return before;
  } else {
    unknown_protocol(field, report);
  }
  return std::nullopt;
}

bool read_protocol_option(const Field& option, Reporter& report, Protocol& out) {
  const auto equals = option.text.find('=');
  const auto key = option.text.substr(0, equals);
  if (key != "sndbuf" && key != "rcvbuf") {
    static constexpr std::array<std::string_view, 2> kKeys{"sndbuf", "rcvbuf"};
    return report.error(option.at, "protocol-option", "unknown option " + quoted(key),
                        did_you_mean(key, kKeys));
  }
  auto& size = key == "sndbuf" ? out.send_buffer : out.receive_buffer;
  if (size) return report.error(option.at, "protocol-option", quoted(key) + " is given twice");
  if (equals == std::string::npos) {
    return report.error(option.at, "buffer-size", quoted(key) + " needs a size", key + "=64k");
  }
  size = read_buffer_size(option.part(equals + 1), report);
  return size.has_value();
}

}  // namespace

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value > most) return std::nullopt;
  return value;
}

bool check_accept_filter(const Field& filter, Reporter& report) {
  static constexpr std::array<std::string_view, 3> kFilters{"dataready", "httpready", "dnsready"};
  for (const auto known : kFilters) {
    if (known == filter.text) return true;
  }
  report.warning(filter.at, "accept-filter", "unknown accept filter " + quoted(filter.text),
                 did_you_mean(filter.text, kFilters));
  return false;
}

std::optional<SocketType> read_socket_type(const Field& field, Reporter& report) {
  const auto colon = field.text.find(':');
  const Field before = field.part(0, colon);
  const auto comma = before.text.find(',');
  const Field word = before.part(0, comma);
  SocketType out;
  if (word.text == "raw" || word.text == "rdm") {
    report.error(field.at, "socket-type", "socket type " + quoted(word.text) + " is not supported");
    return std::nullopt;
  }
  if (word.text == "dgram") {
    out.word = SocketType::Word::Dgram;
  } else if (word.text == "seqpacket") {
    out.word = SocketType::Word::Seqpacket;
  } else if (word.text != "stream") {
    static constexpr std::array<std::string_view, 3> kTypes{"stream", "dgram", "seqpacket"};
    report.error(word.at, "socket-type", "unknown socket type " + quoted(word.text),
                 did_you_mean(word.text, kTypes));
    return std::nullopt;
  }
  if (comma != std::string::npos) {
    const Field count = before.part(comma + 1);
    out.instances = parse_number(count.text, kMostInstances);
    if (!out.instances) {
      report.error(count.at, "number", "bad number of instances " + quoted(count.text));
      return std::nullopt;
    }
  }
  if (colon != std::string::npos) {
    Field filter = field.part(colon + 1);
    filter = filter.part(0, filter.text.find(','));
    (void)check_accept_filter(filter, report);
    out.accept_filter = filter.text;
    out.filter_at = filter.at;
  }
  return out;
}

std::optional<int> read_buffer_size(const Field& field, Reporter& report) {
  std::string_view digits = field.text;
  unsigned unit = 1;
  if (!digits.empty() && (digits.back() == 'k' || digits.back() == 'K')) unit = 1U << 10U;
  if (!digits.empty() && (digits.back() == 'm' || digits.back() == 'M')) unit = 1U << 20U;
  if (unit != 1) digits.remove_suffix(1);
  const auto count = parse_number(digits, std::numeric_limits<int>::max() / unit);
  if (count && *count != 0) return static_cast<int>(*count * unit);
  report.error(field.at, "buffer-size", "bad buffer size " + quoted(field.text),
               "a number of bytes, or with k or m");
  return std::nullopt;
}

std::optional<Protocol> read_protocol(const Field& field, Dialect dialect, Reporter& report) {
  auto comma = field.text.find(',');
  constexpr std::string_view kRpc = "rpc/";
  const bool is_rpc = field.text.starts_with(kRpc);
  Field written = field.part(0, comma);
  if (is_rpc) written = written.part(kRpc.size());
  const auto word = read_protocol_word(written, report);
  if (!word) return std::nullopt;
  const auto* known = find_protocol(word->text);
  if (known == nullptr || (is_rpc && known->transport == Transport::Unix)) {
    unknown_protocol(*word, report);
    return std::nullopt;
  }
  Protocol out;
  out.transport = known->transport;
  out.family = known->family;
  out.is_rpc = is_rpc;
  out.word = known->word;
  if (known->word == "tcp6only" || known->word == "udp6only") out.word.resize(4);
  if ((known->word == "tcp6" || known->word == "udp6") && is_six_dual(dialect)) {
    out.family = Family::Dual;
  }
  const std::string other = out.word.ends_with("46") ? other_reading_of_46(dialect) : "";
  if (!other.empty()) {
    report.warning(word->at, "dialect",
                   fmt::format("\"{}\" receives IPv6 and IPv4 here; this system's own inetd reads "
                               "it {}",
                               out.word, other));
  }
  while (comma != std::string::npos) {
    const auto end = field.text.find(',', comma + 1);
    const auto size = end == std::string::npos ? end : end - comma - 1;
    if (!read_protocol_option(field.part(comma + 1, size), report, out)) return std::nullopt;
    comma = end;
  }
  return out;
}

std::optional<SocketKind> combine(const SocketType& type, const Protocol& protocol, Place at,
                                  Reporter& report) {
  using Word = SocketType::Word;
  switch (protocol.transport) {
    case Transport::Unix:
      return type.word == Word::Stream  ? SocketKind::UnixStream
             : type.word == Word::Dgram ? SocketKind::UnixDgram
                                        : SocketKind::UnixSeqpacket;
    case Transport::Tcp:
      if (type.word == Word::Stream) return SocketKind::Tcp;
      report.error(at, "protocol", quoted(protocol.word) + " needs the socket type stream");
      return std::nullopt;
    case Transport::Udp:
      if (type.word == Word::Dgram) return SocketKind::Udp;
      report.error(at, "protocol", quoted(protocol.word) + " needs the socket type dgram");
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace uvinetd
