// SPDX-License-Identifier: ISC
#include "core/config/inetd/print_sockets.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "core/config/field_reader.h"

namespace uvinetd {
namespace {

using Family = Protocol::Family;

struct ProtocolWord {
  const char* written;
  std::string_view in_id;
  SocketKind kind;
  Family family;
};

// In the order in which they are tried.
constexpr std::array kWords{
    ProtocolWord{"tcp", "tcp", SocketKind::Tcp, Family::Plain},
    ProtocolWord{"tcp4", "tcp4", SocketKind::Tcp, Family::V4},
    ProtocolWord{"tcp6", "tcp6", SocketKind::Tcp, Family::V6},
    ProtocolWord{"tcp6only", "tcp6", SocketKind::Tcp, Family::V6},
    ProtocolWord{"tcp46", "tcp46", SocketKind::Tcp, Family::Dual},
    ProtocolWord{"udp", "udp", SocketKind::Udp, Family::Plain},
    ProtocolWord{"udp4", "udp4", SocketKind::Udp, Family::V4},
    ProtocolWord{"udp6", "udp6", SocketKind::Udp, Family::V6},
    ProtocolWord{"udp6only", "udp6", SocketKind::Udp, Family::V6},
    ProtocolWord{"udp46", "udp46", SocketKind::Udp, Family::Dual},
};

constexpr const char* kAny = "*";

Family family_in(const ProtocolWord& word, Dialect dialect) {
  const bool is_six_dual = dialect == Dialect::Gnu || dialect == Dialect::Busybox;
  return is_six_dual && word.in_id == word.written && word.family == Family::V6 ? Family::Dual
                                                                                : word.family;
}

// "finger/tcp@10.0.0.1,10.0.0.2" or "rusersd/rpc/udp" in its parts.
struct IdParts {
  std::string_view name, word;
  std::vector<std::string_view> hosts;
};

IdParts parts_of(std::string_view id) {
  IdParts out;
  if (const auto copy = id.rfind('#');
      copy != id.npos && parse_number(id.substr(copy + 1), 1U << 30U)) {
    id = id.substr(0, copy);
  }
  const auto slash = id.find('/');
  if (slash == id.npos) return out;
  out.name = id.substr(0, slash);
  id.remove_prefix(slash + 1);
  if (constexpr std::string_view kRpc = "rpc/"; id.starts_with(kRpc)) id.remove_prefix(kRpc.size());
  const auto at = id.find('@');
  out.word = id.substr(0, at);
  while (at != id.npos) {
    id.remove_prefix(out.hosts.empty() ? at + 1 : 0);
    const auto comma = id.find(',');
    out.hosts.push_back(id.substr(0, comma));
    if (comma == id.npos) break;
    id.remove_prefix(comma + 1);
  }
  return out;
}

enum class HostForm { Any, V4, V6, Name };

HostForm form_of(const std::string& host) {
  if (host.empty()) return HostForm::Any;
  if (host.find(':') != std::string::npos) return HostForm::V6;
  in_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ? HostForm::V4 : HostForm::Name;
}

// Puts the addresses of sockets of one kind and port behind one protocol word.
class Cover {
 public:
  // `is_own`: the word is that of the id.
  Cover(const std::vector<ListenSpec>& sockets, Family family, Dialect dialect, bool is_own)
      : sockets_(sockets),
        family_(family),
        has_pairs_(family == Family::Plain && dialect == Dialect::Debian),
        is_own_(is_own) {
    for (std::size_t at = 0; at < sockets.size();) {
      const std::size_t count = is_pair(at) ? 2 : 1;
      auto address = address_of(at);
      for (std::size_t i = 0; !address && i < count; ++i) rest_.push_back(sockets[at + i]);
      if (address) addresses_.push_back(std::move(*address));
      at += count;
    }
  }

  [[nodiscard]] const std::vector<std::string>& addresses() const { return addresses_; }
  [[nodiscard]] const std::vector<ListenSpec>& rest() const { return rest_; }

 private:
  // Both sockets of Debian's plain `tcp`.
  [[nodiscard]] bool is_pair(std::size_t at) const {
    if (!has_pairs_ || at + 1 >= sockets_.size()) return false;
    const auto& first = sockets_[at];
    const auto& second = sockets_[at + 1];
    return first.family == IpFamily::V4 && second.family == IpFamily::V6 && second.is_optional &&
           first.host == second.host;
  }
  // The second of a pair whose first stands further above.
  [[nodiscard]] bool is_late_half(std::size_t at) const {
    const auto& half = sockets_[at];
    return has_pairs_ && half.is_optional &&
           std::any_of(sockets_.begin(), sockets_.begin() + static_cast<std::ptrdiff_t>(at),
                       [&](const ListenSpec& each) {
                         return each.family == IpFamily::V4 && each.host == half.host;
                       });
  }
  [[nodiscard]] std::optional<std::string> address_of(std::size_t at) const {
    const auto& host = sockets_[at].host;
    switch (form_of(host)) {
      case HostForm::Any:
        return any_of_family(at);
      case HostForm::V4:
        if (family_ == Family::V6) return std::nullopt;
        return host;
      case HostForm::V6:
        if (family_ == Family::V4) return std::nullopt;
        return '[' + host + ']';
      case HostForm::Name:
        if (is_named(at)) return host;
        return std::nullopt;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> any_of_family(std::size_t at) const {
    if (is_pair(at) || is_late_half(at)) return kAny;
    switch (sockets_[at].family) {
      case IpFamily::V4:
        if (family_ == Family::V6) return std::nullopt;
        return family_ == Family::Dual || has_pairs_ ? "0.0.0.0" : kAny;
      case IpFamily::V6:
        if (family_ == Family::V6) return kAny;
        if (family_ == Family::Plain) return "[::]";
        return std::nullopt;
      case IpFamily::Dual:
        if (family_ == Family::Dual) return kAny;
        return std::nullopt;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool is_named(std::size_t at) const {
    if (is_pair(at) || is_late_half(at)) return true;
    switch (sockets_[at].family) {
      case IpFamily::V4:
        // Its other half may have gone to another service, and will go there again.
        return family_ == Family::V4 || (family_ == Family::Plain && (!has_pairs_ || is_own_));
      case IpFamily::V6:
        return family_ == Family::V6;
      case IpFamily::Dual:
        return family_ == Family::Dual;
    }
    return false;
  }

  const std::vector<ListenSpec>& sockets_;
  Family family_;
  bool has_pairs_;
  bool is_own_;
  std::vector<std::string> addresses_;
  std::vector<ListenSpec> rest_;
};

// An id tells every address that was written, also one that was written twice.
void repeat_addresses(const std::vector<std::string_view>& hosts,
                      std::vector<std::string>& addresses) {
  constexpr std::size_t kMostAddresses = 64;  // of a line
  if (hosts.size() > kMostAddresses) return;
  std::vector<std::string> out;
  std::size_t next = 0;
  for (const auto host : hosts) {
    const auto is_it = [&](const std::string& each) {
      return each == host || (each.starts_with('[') && each.substr(1, each.size() - 2) == host);
    };
    const auto found = std::find_if(addresses.begin(), addresses.end(), is_it);
    if (found == addresses.end()) return;
    const auto index = static_cast<std::size_t>(found - addresses.begin());
    if (index < next) out.push_back(*found);
    while (next <= index) out.push_back(addresses[next++]);
  }
  while (next < addresses.size()) out.push_back(addresses[next++]);
  addresses = std::move(out);
}

class IpLines {
 public:
  IpLines(const ServiceSpec& spec, Dialect dialect, const ServiceNames& names)
      : spec_(spec), dialect_(dialect), names_(names), id_(parts_of(spec.id)) {}

  std::vector<SocketFields> run(std::vector<ListenSpec> sockets) {
    if (take_all(sockets, true) || take_all(sockets, false)) return std::move(out_);
    for (const auto& word : kWords) {
      if (sockets.empty()) break;
      if (word.kind != sockets[0].kind) continue;
      const Cover cover(sockets, family_in(word, dialect_), dialect_, false);
      if (!cover.addresses().empty()) add(sockets[0], word, cover.addresses());
      sockets = cover.rest();
    }
    return std::move(out_);
  }

 private:
  // All in one line, by the word in the id or by any word.
  bool take_all(const std::vector<ListenSpec>& sockets, bool is_own) {
    for (const auto& word : kWords) {
      if (word.kind != sockets[0].kind || (is_own && word.in_id != id_.word)) continue;
      const Cover cover(sockets, family_in(word, dialect_), dialect_, is_own);
      if (!cover.rest().empty()) continue;
      auto addresses = cover.addresses();
      if (is_own) repeat_addresses(id_.hosts, addresses);
      add(sockets[0], word, std::move(addresses));
      return true;
    }
    return false;
  }

  void add(const ListenSpec& socket, const ProtocolWord& word, std::vector<std::string> addresses) {
    if (addresses == std::vector<std::string>{kAny}) addresses.clear();
    SocketFields fields{std::move(addresses), name_of(socket),
                        socket.kind == SocketKind::Udp ? "dgram" : "stream", word.written};
    if (spec_.more->rpc) fields.protocol.insert(0, "rpc/");
    out_.push_back(std::move(fields));
  }

  std::string name_of(const ListenSpec& socket) const {
    if (const auto& rpc = spec_.more->rpc) {
      const auto versions = fmt::format("{}/{}", rpc->name, rpc->low_version);
      return rpc->high_version == rpc->low_version
                 ? versions
                 : fmt::format("{}-{}", versions, rpc->high_version);
    }
    for (const auto name :
         {id_.name, std::string_view(spec_.id), std::string_view(spec_.internal)}) {
      const auto number = parse_number(name, UINT16_MAX);
      const auto port = number ? static_cast<std::uint16_t>(*number)
                               : names_.port_of(name, kind_name(socket.kind));
      if (port == socket.port && name.find(':') == name.npos) return std::string(name);
    }
    return std::to_string(socket.port);
  }

  const ServiceSpec& spec_;
  Dialect dialect_;
  const ServiceNames& names_;
  IdParts id_;
  std::vector<SocketFields> out_;
};

SocketFields unix_fields(const ListenSpec& listen, Dialect dialect) {
  SocketFields out;
  out.type = listen.kind == SocketKind::UnixDgram       ? "dgram"
             : listen.kind == SocketKind::UnixSeqpacket ? "seqpacket"
                                                        : "stream";
  out.protocol = "unix";
  SocketNode usual;
  if (dialect == Dialect::FreeBsd) usual.mode = 0200;
  const auto& node = *listen.node;
  if (node == usual || node == SocketNode()) {
    out.service = listen.path;
  } else {
    const auto mode = node.mode ? fmt::format("{:04o}", *node.mode) : "";
    out.service = fmt::format(":{}:{}:{}:{}", node.user, node.group, mode, listen.path);
  }
  return out;
}

}  // namespace

std::string SocketFields::service_word() const {
  if (addresses.empty()) return service;
  return fmt::format("{}:{}", fmt::join(addresses, ","), service);
}

std::vector<SocketFields> socket_fields(const ServiceSpec& spec, Dialect dialect,
                                        const ServiceNames& names) {
  std::vector<SocketFields> out;
  if (!spec.more->tcpmux.empty()) {
    const char* sign = spec.more->tcpmux_greets ? "+" : "";
    out.push_back({{}, fmt::format("tcpmux/{}{}", sign, spec.more->tcpmux), "stream", "tcp"});
  }
  std::vector<std::vector<ListenSpec>> groups;
  std::map<std::pair<SocketKind, std::uint16_t>, std::size_t> known;
  for (const auto& listen : spec.listen) {
    if (!is_ip(listen.kind)) {
      out.push_back(unix_fields(listen, dialect));
      continue;
    }
    const auto [found, is_new] = known.try_emplace({listen.kind, listen.port}, groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(listen);
  }
  for (auto& group : groups) {
    auto lines = IpLines(spec, dialect, names).run(std::move(group));
    std::move(lines.begin(), lines.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace uvinetd
