// SPDX-License-Identifier: ISC
#include "core/monitor/bind.h"

#include <grp.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <vector>

#include "core/base/process.h"
#include "core/config/socket_rules.h"
#include "core/monitor/socket_filter.h"

namespace uvinetd {
namespace {

constexpr int kDeferSeconds = 30;              // then the connection is accepted all the same
constexpr unsigned kUsualMode = 0777 & ~022U;  // of a Unix socket's path, by the umask of servers

UniqueFd open_socket(int family, int type, [[maybe_unused]] bool is_nonblocking = false) {
#ifdef SOCK_CLOEXEC
  return UniqueFd(socket(family, type | SOCK_CLOEXEC | (is_nonblocking ? SOCK_NONBLOCK : 0), 0));
#else
  UniqueFd fd(socket(family, type, 0));
  if (fd.is_open()) (void)set_cloexec(fd.get());
  return fd;
#endif
}

Status set_option(int fd, int level, int name, int value, const char* what) {
  if (setsockopt(fd, level, name, &value, sizeof value) != 0) return fail_errno(what);
  return {};
}

Status set_ip_options(int fd, const ListenSpec& spec) {
  if (spec.kind == SocketKind::Tcp) {
    if (auto status = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"); !status) {
      return status;
    }
  }
  if (spec.family == IpFamily::V4) return {};
  return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, spec.family == IpFamily::V6 ? 1 : 0,
                    "IPV6_V6ONLY");
}

// All spellings of "any address" are one.
std::string_view host_of(const ListenSpec& spec) {
  const std::string_view host = spec.host;
  return host == "*" || host == "0.0.0.0" || host == "::" ? std::string_view() : host;
}

// Only a socket that nobody answers on may be in the way.
Status clear_stale_path(const std::string& path, int type) {
  struct stat info {};
  if (path[0] == '@' || lstat(path.c_str(), &info) != 0) return {};
  if (S_ISLNK(info.st_mode)) {  // on many systems /dev/log is one, to the socket of the journal
    std::error_code ignored;
    const auto target = std::filesystem::read_symlink(path, ignored).string();
    return fail("bind", path + " is a link to " + target + ", which is not replaced", EEXIST);
  }
  if (!S_ISSOCK(info.st_mode)) return fail("bind", path + " is not a socket", EEXIST);
  const auto address = SocketAddress::unix_path(path);
  const auto probe = open_socket(AF_UNIX, type);
  (void)set_nonblocking(probe.get(), true);  // somebody's full queue must not hold us up
  if (connect(probe.get(), address->data(), address->size()) == 0 || errno != ECONNREFUSED) {
    return fail("bind", path, EADDRINUSE);
  }
  if (unlink(path.c_str()) != 0) return fail_errno("unlink", path);
  return {};
}

uid_t owner(const ListenSpec& spec) {
  if (spec.node->user.empty()) return static_cast<uid_t>(-1);
  if (const auto* entry = getpwnam(spec.node->user.c_str())) return entry->pw_uid;
  return static_cast<uid_t>(std::strtoul(spec.node->user.c_str(), nullptr, 10));
}

gid_t owner_group(const ListenSpec& spec) {
  if (spec.node->group.empty()) return static_cast<gid_t>(-1);
  if (const auto* entry = getgrnam(spec.node->group.c_str())) return entry->gr_gid;
  return static_cast<gid_t>(std::strtoul(spec.node->group.c_str(), nullptr, 10));
}

Status set_path_permissions(const ListenSpec& spec) {
  if (spec.path[0] == '@') return {};
  const char* path = spec.path.c_str();
  if (!spec.node->user.empty() || !spec.node->group.empty()) {
    if (chown(path, owner(spec), owner_group(spec)) != 0) return fail_errno("chown", spec.path);
  }
  // An owner without a mode was bound with none at all (bind_unix()): it gets the usual one.
  const bool has_owner = !spec.node->user.empty() || !spec.node->group.empty();
  if (!spec.node->mode && !has_owner) return {};
  if (chmod(path, static_cast<mode_t>(spec.node->mode.value_or(kUsualMode))) != 0) {
    return fail_errno("chmod", spec.path);
  }
  return {};
}

Status bind_unix(int fd, const ListenSpec& spec, const SocketAddress& address) {
  if (auto status = clear_stale_path(spec.path, socket_type(spec.kind)); !status) return status;
  // Nobody may connect before owner and mode are set.
  const bool narrows = spec.node->mode || !spec.node->user.empty() || !spec.node->group.empty();
  const mode_t before = umask(narrows ? 0777 : 022);
  const int result = bind(fd, address.data(), address.size());
  const int code = errno;
  umask(before);
  if (result != 0) return fail("bind", spec.path, code);
  return set_path_permissions(spec);
}

struct Option {
  int level;
  int name;
  int value;
  const char* text;
};

// Root's may be larger than others' (socket(7)).
Status set_receive_buffer(int fd, int bytes) {
#ifdef SO_RCVBUFFORCE
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return {};
#endif
  return set_option(fd, SOL_SOCKET, SO_RCVBUF, bytes, "SO_RCVBUF");
}

Status tell_senders(int fd, SocketKind kind) {
#ifdef SO_PASSCRED
  if (kind == SocketKind::UnixDgram)
    return set_option(fd, SOL_SOCKET, SO_PASSCRED, 1, "SO_PASSCRED");
#else
  (void)fd;
  (void)kind;
#endif
  return {};
}

// The integer options of a socket that are not at their default.
std::vector<Option> options_of(const ServiceOptions& more, SocketKind kind) {
  std::vector<Option> out;
  const auto add = [&](bool is_wanted, Option option) {
    if (is_wanted) out.push_back(option);
  };
  add(more.send_buffer.has_value(),
      {SOL_SOCKET, SO_SNDBUF, more.send_buffer.value_or(0), "SO_SNDBUF"});
  add(more.reuseport && is_ip(kind), {SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"});
  // Accepted connections inherit these two.
  add(more.keepalive && kind == SocketKind::Tcp, {SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"});
  add(more.nodelay && kind == SocketKind::Tcp, {IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"});
#ifdef __linux__
  add(more.freebind && is_ip(kind), {IPPROTO_IP, IP_FREEBIND, 1, "IP_FREEBIND"});
  add(more.mark.has_value() && is_ip(kind),
      {SOL_SOCKET, SO_MARK, static_cast<int>(more.mark.value_or(0)), "SO_MARK"});
  const bool defers = more.accept_filter == "dataready" || more.accept_filter == "httpready";
  add(defers && kind == SocketKind::Tcp,
      {IPPROTO_TCP, TCP_DEFER_ACCEPT, kDeferSeconds, "TCP_DEFER_ACCEPT"});
#endif
  return out;
}

Status set_options(int fd, const ServiceOptions& more, SocketKind kind) {
  if (more.receive_buffer) {
    if (auto status = set_receive_buffer(fd, *more.receive_buffer); !status) return status;
  }
  for (const auto& option : options_of(more, kind)) {
    auto status = set_option(fd, option.level, option.name, option.value, option.text);
    if (!status) return status;
  }
  if (more.bind_to_device.empty() || !is_ip(kind)) return {};
#ifdef SO_BINDTODEVICE
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, more.bind_to_device.c_str(),
                 static_cast<socklen_t>(more.bind_to_device.size())) == 0) {
    return {};
  }
  return fail_errno("SO_BINDTODEVICE", more.bind_to_device);
#else
  return fail("bind_to_device", more.bind_to_device, EOPNOTSUPP);  // it would restrict access
#endif
}

}  // namespace

int socket_type(SocketKind kind) {
  switch (kind) {
    case SocketKind::Tcp:
    case SocketKind::UnixStream:
      return SOCK_STREAM;
    case SocketKind::Udp:
    case SocketKind::UnixDgram:
      return SOCK_DGRAM;
    case SocketKind::UnixSeqpacket:
      return SOCK_SEQPACKET;
  }
  return SOCK_STREAM;
}

SocketAddress socket_address(const ListenSpec& spec) {
  if (!is_ip(spec.kind)) return SocketAddress::unix_path(spec.path).value_or(SocketAddress());
  const int family = spec.family == IpFamily::V4 ? AF_INET : AF_INET6;
  if (spec.host.empty() || spec.host == "*") return SocketAddress::any(family, spec.port);
  return SocketAddress::parse_ip(spec.host, spec.port).value_or(SocketAddress());
}

bool is_same_socket(const ListenSpec& a, const ListenSpec& b) {
  if (a.kind != b.kind) return false;
  if (!is_ip(a.kind)) return a.path == b.path;
  return a.family == b.family && a.port == b.port && host_of(a) == host_of(b);
}

std::size_t socket_hash(const ListenSpec& spec) {
  const auto text = std::hash<std::string_view>()(is_ip(spec.kind) ? host_of(spec) : spec.path);
  const auto number = (static_cast<std::size_t>(spec.port) << 16U) |
                      (static_cast<std::size_t>(spec.kind) << 8U) |
                      static_cast<std::size_t>(spec.family);
  return text ^ (number * 0x9e3779b97f4a7c15U);
}

bool has_same_settings(const ServiceOptions& a, const ServiceOptions& b) {
  const auto settings = [](const ServiceOptions& one) {
    return std::tie(one.send_buffer, one.receive_buffer, one.accept_filter, one.nodelay,
                    one.keepalive, one.freebind, one.reuseport, one.bind_to_device, one.mark);
  };
  return settings(a) == settings(b);
}

Result<UniqueFd> bind_socket(const ListenSpec& spec, const BindOptions& options) {
  const auto address = socket_address(spec);
  if (address.size() == 0) return fail("bind", spec.host + spec.path, EINVAL);
  auto fd = open_socket(address.family(), socket_type(spec.kind), options.is_nonblocking);
  if (!fd.is_open()) return fail_errno("socket", address.text());
  if (!options.more.is_default()) {
    if (auto status = set_options(fd.get(), *options.more, spec.kind); !status) {
      return tl::unexpected(status.error());
    }
  }
  // Before the socket can be reached.
  if (options.tells_senders) {
    if (auto status = tell_senders(fd.get(), spec.kind); !status) {
      return tl::unexpected(status.error());
    }
  }
  if (options.is_filtered && is_ip(spec.kind)) {
    if (auto status = attach_filter(fd.get(), address_filter_of(*options.more)); !status) {
      return tl::unexpected(status.error());
    }
  }
  if (is_ip(spec.kind)) {
    if (auto status = set_ip_options(fd.get(), spec); !status)
      return tl::unexpected(status.error());
    if (bind(fd.get(), address.data(), address.size()) != 0) {
      return fail_errno("bind", address.text());
    }
  } else if (auto status = bind_unix(fd.get(), spec, address); !status) {
    return tl::unexpected(status.error());
  }
  if (!is_datagram(spec.kind) && listen(fd.get(), options.backlog) != 0) {
    return fail_errno("listen", address.text());
  }
  return fd;
}

Status update_socket(int fd, const ListenSpec& spec, const BindOptions& options,
                     bool was_filtered) {
  if (options.is_filtered && is_ip(spec.kind)) {
    if (auto status = attach_filter(fd, address_filter_of(*options.more)); !status) {
      (void)attach_filter(fd, closed_filter());
      return status;
    }
  } else if (was_filtered) {
    if (auto status = detach_filter(fd); !status) return status;
  }
  if (auto status = set_options(fd, *options.more, spec.kind); !status) return status;
  if (options.tells_senders) {
    if (auto status = tell_senders(fd, spec.kind); !status) return status;
  }
  return is_ip(spec.kind) ? Status() : set_path_permissions(spec);
}

PathIdentity path_identity(const std::string& path) {
  struct stat info {};
  if (path.empty() || path[0] == '@' || lstat(path.c_str(), &info) != 0) return {};
  return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino)};
}

void remove_path_if(const std::string& path, const PathIdentity& identity) {
  if (identity == PathIdentity() || path_identity(path) != identity) return;
  unlink(path.c_str());
}

}  // namespace uvinetd
