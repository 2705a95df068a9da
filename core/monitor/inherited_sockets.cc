// SPDX-License-Identifier: ISC
#include "core/monitor/inherited_sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/base/environment.h"
#include "core/base/process.h"
#include "core/config/quote.h"
#include "core/config/socket_rules.h"

namespace uvinetd {
namespace {

constexpr int kFirst = 3;
constexpr std::string_view kPrefix = "uvinetd-";

template <typename Number>
std::optional<Number> whole_number(std::string_view text, int base = 10) {
  Number number{};
  const auto [at, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || code != std::errc() || at != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// nullopt: the option is not there.
std::optional<int> option_of(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, level, name, &value, &size) != 0) return std::nullopt;
  return value;
}

std::string key_of(const SocketAddress& address, int type, bool is_v6_only) {
  // What the kernel says of a path may be longer than what we do, by a zero byte.
  auto key = address.is_ip() ? std::string(address.bytes()) : address.unix_path();
  key.push_back(static_cast<char>(type));
  key.push_back(is_v6_only ? '6' : '-');
  return key;
}

bool is_usual_protocol([[maybe_unused]] int fd, [[maybe_unused]] const SocketAddress& address,
                       [[maybe_unused]] int type) {
#ifdef SO_PROTOCOL
  const auto protocol = option_of(fd, SOL_SOCKET, SO_PROTOCOL);
  if (!address.is_ip() || !protocol) return true;
  return *protocol == (type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP);
#else
  return true;
#endif
}

// Why it can be no socket of a service; "" when it can.
std::string fault_of(const InheritedSocket& socket) {
  const int fd = socket.fd.get();
  const auto& address = socket.address;
  if (address.size() == 0) return "is no socket";
  const bool is_unix = address.family() == AF_UNIX;
  if (!address.is_ip() && !is_unix) return "is a socket of a family that no service has";
  const bool is_usual = socket.type == SOCK_STREAM || socket.type == SOCK_DGRAM ||
                        (is_unix && socket.type == SOCK_SEQPACKET);
  if (!is_usual || !is_usual_protocol(fd, address, socket.type)) {
    return "is a socket of a type that no service has";
  }
  if (is_unix ? address.unix_path().empty() : address.port() == 0) return "is bound to nothing";
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0) return "is a connection";
  return {};
}

std::string text_of(const InheritedSocket& socket) {
  const char* const type = socket.type == SOCK_STREAM  ? "stream"
                           : socket.type == SOCK_DGRAM ? "dgram"
                                                       : "seqpacket";
  const bool is_dual = socket.address.family() == AF_INET6 && !socket.is_v6_only;
  return fmt::format("{} ({}{}{}{})", socket.address.text(), type, is_dual ? ", IPv4 too" : "",
                     socket.name.empty() ? "" : ", ",
                     socket.name.empty() ? "" : quoted(socket.name));
}

// A path that still leads to this socket, as far as we can know.
Status check_path(const InheritedSocket& socket, const ListenSpec& spec) {
  if (is_ip(spec.kind) || spec.path.starts_with('@')) return {};
  const auto there = path_identity(spec.path);
  const auto stored = parse_stored_name(socket.name);
  if (there == PathIdentity() || (stored && stored->path != there)) {
    return fail("path", spec.path, ENOENT);
  }
  return {};
}

// A socket of ours may have been made for other settings: those that update_socket() only ever
// adds.
void undo_settings([[maybe_unused]] int fd, [[maybe_unused]] const ListenSpec& spec,
                   [[maybe_unused]] const ServiceOptions& more) {
#ifdef SO_BINDTODEVICE
  if (is_ip(spec.kind) && more.bind_to_device.empty()) {
    ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0);
  }
#endif
  if (spec.kind != SocketKind::Tcp) return;
  const int off = 0;
  if (!more.keepalive) ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &off, sizeof off);
  if (!more.nodelay) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &off, sizeof off);
#ifdef TCP_DEFER_ACCEPT
  if (more.accept_filter.empty()) {
    ::setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &off, sizeof off);
  }
#endif
}

Status take_on(const InheritedSocket& socket, const ListenSpec& spec, const BindOptions& options) {
  const int fd = socket.fd.get();
  if (auto status = check_path(socket, spec); !status) return status;
  if (auto status = set_nonblocking(fd, options.is_nonblocking); !status) return status;
  if (socket.is_of_store()) undo_settings(fd, spec, *options.more);
  if (auto status = update_socket(fd, spec, options, true); !status) return status;
  if (!is_datagram(spec.kind) && ::listen(fd, options.backlog) != 0) {
    return fail_errno("listen", socket.address.text());
  }
  return {};
}

}  // namespace

std::string stored_name(std::uint64_t number, const PathIdentity& path) {
  if (path == PathIdentity()) return fmt::format("{}{}", kPrefix, number);
  return fmt::format("{}{}-{:x}-{:x}", kPrefix, number, path.device, path.inode);
}

std::optional<StoredName> parse_stored_name(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const auto words = split(name.substr(kPrefix.size()), '-');
  if (words.size() != 1 && words.size() != 3) return std::nullopt;
  const auto number = whole_number<std::uint64_t>(words[0]);
  if (!number) return std::nullopt;
  StoredName out{*number, {}};
  if (words.size() == 1) return out;
  const auto device = whole_number<std::uint64_t>(words[1], 16);
  const auto inode = whole_number<std::uint64_t>(words[2], 16);
  if (!device || !inode) return std::nullopt;
  out.path = {*device, *inode};
  return out;
}

InheritedSockets InheritedSockets::take(int reserved) {
  InheritedSockets out;
  const auto pid = take_variable("LISTEN_PID").value_or("");
  const auto count_text = take_variable("LISTEN_FDS").value_or("");
  const auto names = split(take_variable("LISTEN_FDNAMES").value_or(""), ':');
  ::unsetenv("LISTEN_PIDFDID");
  if (whole_number<pid_t>(pid) != ::getpid() || count_text.empty()) return out;
  const auto count = whole_number<unsigned>(count_text);
  if (!count) {
    out.problems_.push_back("LISTEN_FDS is no number: " + quoted(count_text));
    return out;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);  // none has a number beyond
  const auto end = std::min<std::uint64_t>(std::uint64_t{kFirst} + *count, limit.rlim_cur);
  std::uint64_t open = 0;
  for (int fd = kFirst; static_cast<std::uint64_t>(fd) < end; ++fd) {
    if (fd == reserved || !set_cloexec(fd)) continue;
    ++open;
    const auto at = static_cast<std::size_t>(fd - kFirst);
    out.add(fd, at < names.size() ? names[at] : "");
  }
  if (open < *count) {
    out.problems_.push_back(
        fmt::format("LISTEN_FDS is {}, and {} of them are not open", *count, *count - open));
  }
  return out;
}

void InheritedSockets::add(int fd, std::string name) {
  InheritedSocket socket{UniqueFd(fd), std::move(name), {}, 0, false};
  if (const auto stored = parse_stored_name(socket.name)) {
    last_number_ = std::max(last_number_, stored->number);
  }
  socket.address = SocketAddress::local_of(fd).value_or(SocketAddress());
  socket.type = option_of(fd, SOL_SOCKET, SO_TYPE).value_or(0);
  if (socket.address.family() == AF_INET6) {
    socket.is_v6_only = option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY).value_or(0) != 0;
  }
  if (const auto fault = fault_of(socket); !fault.empty()) {
    problems_.push_back(fmt::format("descriptor {}{}{}{} {}: closed", fd,
                                    socket.name.empty() ? "" : " (", socket.name,
                                    socket.name.empty() ? "" : ")", fault));
    return reject(std::move(socket));
  }
  auto key = key_of(socket.address, socket.type, socket.is_v6_only);
  sockets_.emplace(std::move(key), std::move(socket));
}

// Closes it; the manager is not to keep it either.
void InheritedSockets::reject(InheritedSocket socket) {
  if (socket.is_of_store()) rejected_.push_back(std::move(socket.name));
}

std::size_t InheritedSockets::given() const {
  return static_cast<std::size_t>(
      std::count_if(sockets_.begin(), sockets_.end(),
                    [](const auto& each) { return !each.second.is_of_store(); }));
}

std::vector<int> InheritedSockets::descriptors() const {
  std::vector<int> out;
  for (const auto& [key, socket] : sockets_) out.push_back(socket.fd.get());
  return out;
}

std::optional<InheritedSocket> InheritedSockets::adopt(const ListenSpec& spec,
                                                       const BindOptions& options, Log& log) {
  if (sockets_.empty() || (is_ip(spec.kind) && spec.port == 0)) return std::nullopt;
  const auto key =
      key_of(socket_address(spec), socket_type(spec.kind), spec.family == IpFamily::V6);
  for (auto found = sockets_.find(key); found != sockets_.end(); found = sockets_.find(key)) {
    auto socket = std::move(found->second);
    sockets_.erase(found);
    const auto status = take_on(socket, spec, options);
    if (status) return socket;
    log.warning("{}: not used again: {}", text_of(socket), status.error().text());
    reject(std::move(socket));
  }
  return std::nullopt;
}

std::vector<std::string> InheritedSockets::close_rest(Log& log) {
  for (auto& [key, socket] : sockets_) {
    if (!socket.is_of_store()) {
      log.warning("no service has the socket {} that we were given: closed", text_of(socket));
    }
    reject(std::move(socket));
  }
  sockets_.clear();
  return std::exchange(rejected_, {});
}

}  // namespace uvinetd
