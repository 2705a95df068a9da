// SPDX-License-Identifier: ISC
#include "core/config/toml/listen.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/config/quote.h"
#include "core/config/service_field.h"
#include "core/config/suggest.h"

namespace uvinetd {
namespace {

using Family = Protocol::Family;

struct Scheme {
  std::string_view word;
  SocketKind kind;
  Family family;
};
constexpr std::array kSchemes{
    Scheme{"tcp", SocketKind::Tcp, Family::Plain},
    Scheme{"tcp4", SocketKind::Tcp, Family::V4},
    Scheme{"tcp6", SocketKind::Tcp, Family::V6},
    Scheme{"tcp46", SocketKind::Tcp, Family::Dual},
    Scheme{"udp", SocketKind::Udp, Family::Plain},
    Scheme{"udp4", SocketKind::Udp, Family::V4},
    Scheme{"udp6", SocketKind::Udp, Family::V6},
    Scheme{"udp46", SocketKind::Udp, Family::Dual},
    Scheme{"unix", SocketKind::UnixStream, Family::Plain},
    Scheme{"unix-dgram", SocketKind::UnixDgram, Family::Plain},
    Scheme{"unix-seqpacket", SocketKind::UnixSeqpacket, Family::Plain},
};

struct Ports {
  unsigned first = 0;
  unsigned last = 0;
};

bool bad_listen(const Field& url, Reporter& report, const char* hint) {
  return report.error(url.at, "listen", quoted(url.text) + " is no address to listen on", hint);
}

const Scheme* find_scheme(const Field& url, std::size_t colon, Reporter& report) {
  const auto word = std::string_view(url.text).substr(0, colon);
  std::array<std::string_view, kSchemes.size()> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (kSchemes[i].word == word) return &kSchemes[i];
    words[i] = kSchemes[i].word;
  }
  report.error(url.at, "protocol", "unknown protocol " + quoted(word), did_you_mean(word, words));
  return nullptr;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool read_unix(const Field& path, SocketKind kind, Reporter& report, std::vector<ListenSpec>& out) {
  if (path.text.starts_with(':')) {
    return report.error(path.at, "socket-path",
                        "a unix service needs an absolute path, not " + quoted(path.text),
                        "socket_user, socket_group and socket_mode say whose it is");
  }
  const auto service = read_service_field(path, true, report);
  if (!service) return false;
  ListenSpec listen;
  listen.kind = kind;
  listen.path = service->name.text;
  out.push_back(std::move(listen));
  return true;
}

// "7000-7009", "79", "finger", "0".
std::optional<Ports> read_ports(const Field& field, SocketKind kind, FieldContext& context,
                                int& range_ports_left) {
  const std::string_view text = field.text;
  const auto dash = text.find('-');
  const bool is_range = dash != std::string_view::npos && is_digits(text.substr(0, dash)) &&
                        is_digits(text.substr(dash + 1));
  if (!is_range) {
    if (text == "0") return Ports{};
    const auto port = read_port(field, kind, context);
    return port ? std::optional(Ports{*port, *port}) : std::nullopt;
  }
  const auto first = parse_number(text.substr(0, dash), UINT16_MAX);
  const auto last = parse_number(text.substr(dash + 1), UINT16_MAX);
  if (!first || !last || *first == 0 || *last < *first) {
    context.report.error(field.at, "port", "bad range of ports " + quoted(text), "as 7000-7009");
    return std::nullopt;
  }
  const int count = static_cast<int>(*last - *first) + 1;
  if (count > range_ports_left) {
    context.report.error(
        field.at, "port",
        fmt::format("the ranges of this file have more than {} ports", kMostRangePorts));
    return std::nullopt;
  }
  range_ports_left -= count;
  return Ports{*first, *last};
}

// nullopt: reported.
std::optional<BindAddress> read_host(const Field& host, Reporter& report) {
  const bool has_brackets = host.text.starts_with('[') && host.text.ends_with(']');
  if (host.text.find(':') != std::string::npos && !has_brackets) {
    report.error(host.at, "address", "bad address " + quoted(host.text),
                 "an IPv6 address stands in brackets");
    return std::nullopt;
  }
  auto addresses = read_addresses(host, report);
  if (!addresses) return std::nullopt;
  if (addresses->size() == 1) return std::move(addresses->front());
  report.error(host.at, "address", "one address stands here, not " + quoted(host.text),
               "listen may be an array");
  return std::nullopt;
}

using SocketName = std::tuple<SocketKind, std::string_view, std::uint16_t, IpFamily>;

SocketName name_of(const ListenSpec& listen, IpFamily family) {
  const bool has_port = is_ip(listen.kind);
  return {listen.kind, has_port ? std::string_view(listen.host) : std::string_view(listen.path),
          listen.port, family};
}

// A URL of a path, of one port or of several in a row.
struct Printed {
  std::string name;  // with "=" behind it, or ""
  std::string_view scheme;
  std::string host;
  unsigned first = 0;
  unsigned last = 0;
  std::string path;

  std::string text() const {
    if (!path.empty()) return fmt::format("{}{}://{}", name, scheme, path);
    return first == last ? fmt::format("{}{}://{}:{}", name, scheme, host, first)
                         : fmt::format("{}{}://{}:{}-{}", name, scheme, host, first, last);
  }
  bool is_followed_by(const Printed& next) const {
    return name == next.name && scheme == next.scheme && host == next.host && first != 0 &&
           last + 1 == next.first;
  }
};

std::string_view scheme_of(SocketKind kind, Family family) {
  for (const auto& scheme : kSchemes) {
    if (scheme.kind == kind && scheme.family == family) return scheme.word;
  }
  return "";
}

Family written_family(const ListenSpec& listen) {
  in_addr address{};
  const bool is_v6 = listen.host.find(':') != std::string::npos;
  const bool is_literal = is_v6 || inet_pton(AF_INET, listen.host.c_str(), &address) == 1;
  if (is_literal) return Family::Plain;
  switch (listen.family) {
    case IpFamily::V4:
      return Family::V4;
    case IpFamily::V6:
      return Family::V6;
    case IpFamily::Dual:
      return Family::Dual;
  }
  return Family::Plain;
}

std::string name_prefix(const ListenSpec& listen) {
  return listen.name.is_default() ? "" : *listen.name + '=';
}

Printed printed(const ListenSpec& listen, Family family) {
  const bool is_v6 = listen.host.find(':') != std::string::npos;
  Printed out{name_prefix(listen), scheme_of(listen.kind, family),
              listen.host,         listen.port,
              listen.port,         listen.path};
  if (is_v6) out.host = '[' + listen.host + ']';
  return out;
}

bool is_pair(const ListenSpec& four, const ListenSpec& six) {
  return four.family == IpFamily::V4 && !four.is_optional && six.family == IpFamily::V6 &&
         six.is_optional && four.kind == six.kind && four.name == six.name &&
         four.host == six.host && four.port == six.port;
}

bool read_url(const Field& url, FieldContext& context, int& range_ports_left,
              std::vector<ListenSpec>& out) {
  Reporter& report = context.report;
  const auto colon = url.text.find("://");
  if (colon == std::string::npos) {
    return bad_listen(url, report, "as tcp://:79, udp6://[::1]:69, unix:///run/x");
  }
  const auto* scheme = find_scheme(url, colon, report);
  if (scheme == nullptr) return false;
  const Field rest = url.part(colon + 3);
  if (!is_ip(scheme->kind)) return read_unix(rest, scheme->kind, report, out);
  const auto last_colon = rest.text.rfind(':');
  if (last_colon == std::string::npos || rest.text.find('/') != std::string::npos) {
    return bad_listen(url, report, "as tcp://:79, tcp://127.0.0.1:79, tcp://[::1]:79");
  }
  const auto address = read_host(rest.part(0, last_colon), report);
  const auto ports = read_ports(rest.part(last_colon + 1), scheme->kind, context, range_ports_left);
  if (!address || !ports) return false;
  for (auto port = ports->first; port <= ports->last; ++port) {
    auto sockets = sockets_of(*address, scheme->kind, scheme->family,
                              static_cast<std::uint16_t>(port), Dialect::Debian);
    if (sockets.empty()) {
      return report.error(
          url.at, "address-family",
          fmt::format("{} is no address for {}", quoted(address->written), scheme->word));
    }
    std::move(sockets.begin(), sockets.end(), std::back_inserter(out));
  }
  return true;
}

}  // namespace

bool read_listen(const Field& written, FieldContext& context, int& range_ports_left,
                 std::vector<ListenSpec>& out) {
  const auto head = std::string_view(written.text).substr(0, written.text.find("://"));
  const auto equals = head.find('=');
  if (equals == std::string_view::npos) {
    return read_url(written, context, range_ports_left, out);
  }
  const auto name = written.part(0, equals);
  if (!is_listen_name(name.text)) {
    return context.report.error(name.at, "listen", quoted(name.text) + " is no name of a socket",
                                "printable characters, no space and no colon");
  }
  const auto first = out.size();
  if (!read_url(written.part(equals + 1), context, range_ports_left, out)) return false;
  Rare<std::string> shared;
  shared.edit() = name.text;
  for (auto i = first; i < out.size(); ++i) out[i].name = shared;
  return true;
}

void settle_listeners(std::vector<ListenSpec>& listeners) {
  if (listeners.size() < 2) return;
  std::set<SocketName> dual;
  std::set<SocketName> firm;
  for (const auto& listen : listeners) {
    if (listen.family == IpFamily::Dual) dual.insert(name_of(listen, IpFamily::Dual));
    if (!listen.is_optional) firm.insert(name_of(listen, listen.family));
  }
  std::set<SocketName> seen;
  std::vector<ListenSpec> out;
  out.reserve(listeners.size());
  for (const auto& listen : listeners) {
    const bool is_covered = listen.family != IpFamily::Dual && is_ip(listen.kind) &&
                            dual.contains(name_of(listen, IpFamily::Dual));
    const auto name = name_of(listen, listen.family);
    if (is_covered || (listen.is_optional && firm.contains(name))) continue;
    if (seen.insert(name).second) out.push_back(listen);
  }
  listeners = std::move(out);
}

std::optional<std::vector<std::string>> print_listen(const std::vector<ListenSpec>& listeners) {
  std::vector<Printed> ranges;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const auto& listen = listeners[i];
    if (listen.is_optional) return std::nullopt;
    const bool begins_pair = i + 1 < listeners.size() && is_pair(listen, listeners[i + 1]);
    if (begins_pair) ++i;
    auto next = printed(
        listen, begins_pair || !is_ip(listen.kind) ? Family::Plain : written_family(listen));
    if (!ranges.empty() && ranges.back().is_followed_by(next)) {
      ranges.back().last = next.last;
    } else {
      ranges.push_back(std::move(next));
    }
  }
  std::vector<std::string> out;
  for (const auto& range : ranges) out.push_back(range.text());
  return out;
}

std::optional<unsigned> default_mode_of(const ListenSpec& listen) {
  constexpr unsigned kMode = 0666;
  return listen.path.starts_with('/') ? std::optional(kMode) : std::nullopt;
}

const SocketNode* first_node(const std::vector<ListenSpec>& listeners) {
  const auto found = std::find_if(listeners.begin(), listeners.end(),
                                  [](const ListenSpec& listen) { return !is_ip(listen.kind); });
  return found == listeners.end() ? nullptr : &*found->node;
}

bool have_default_modes(const std::vector<ListenSpec>& listeners) {
  return std::all_of(listeners.begin(), listeners.end(), [](const ListenSpec& listen) {
    return listen.node->mode == default_mode_of(listen);
  });
}

}  // namespace uvinetd
