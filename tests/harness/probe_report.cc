// SPDX-License-Identifier: ISC
#include "tests/harness/probe_report.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <type_traits>
#include <vector>

#ifdef __linux__
#include <sys/syscall.h>
#endif

extern char** environ;

namespace probe {
namespace {

std::string field(std::string_view name, std::string_view json) {
  return quoted(name).append(":").append(json);
}
template <std::integral Value>
std::string field(std::string_view name, Value value) {
  if constexpr (std::is_same_v<Value, bool>) {
    return field(name, std::string_view(value ? "true" : "false"));
  } else {
    return field(name, std::string_view(std::to_string(value)));
  }
}
// Text must say so: a plain string is taken for JSON.
std::string text_field(std::string_view name, std::string_view text) {
  return field(name, quoted(text));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) {
    if (!all.empty()) all += ",";
    all += part;
  }
  return all;
}
std::string object(const std::vector<std::string>& fields) {
  return std::string("{").append(joined(fields)).append("}");
}
std::string list(const std::vector<std::string>& items) {
  return std::string("[").append(joined(items)).append("]");
}

std::string kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFSOCK:
      return "socket";
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFCHR:
      return "character device";
    case S_IFIFO:
      return "pipe";
    default:
      return "other";
  }
}

std::string descriptor(int fd) {
  struct stat status = {};
  if (fstat(fd, &status) != 0) return object({field("fd", fd), field("errno", errno)});
  const int flags = fcntl(fd, F_GETFL);
  std::array<char, 256> target{};
  const std::string link = std::string("/proc/self/fd/").append(std::to_string(fd));
  const ssize_t size = readlink(link.c_str(), target.data(), target.size());
  return object(
      {field("fd", fd), text_field("kind", kind_of(status.st_mode)), field("inode", status.st_ino),
       text_field("target", {target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))}),
       field("access", flags & O_ACCMODE), field("nonblock", (flags & O_NONBLOCK) != 0),
       field("append", (flags & O_APPEND) != 0),
       field("cloexec", (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0), field("isatty", isatty(fd) == 1)});
}

std::string descriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return "null";
  std::vector<int> numbers;
  while (const dirent* entry = readdir(directory)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(directory)) numbers.push_back(fd);
  }
  closedir(directory);
  std::sort(numbers.begin(), numbers.end());
  std::vector<std::string> items;
  for (const int fd : numbers) items.push_back(descriptor(fd));
  return list(items);
}

std::string ip_address(int family, const void* bytes, in_port_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, bytes, text.data(), text.size());
  return object({text_field("family", family == AF_INET ? "inet" : "inet6"),
                 text_field("address", text.data()), field("port", ntohs(port))});
}

std::string unix_address(const sockaddr_un& address, socklen_t size) {
  const socklen_t start = offsetof(sockaddr_un, sun_path);
  std::string path(address.sun_path, size > start ? size - start : 0);
  if (!path.empty() && path[0] == '\0') {
    path[0] = '@';
  } else {
    path.resize(strlen(path.c_str()));
  }
  return object({text_field("family", "unix"), text_field("path", path)});
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

std::string address_by(NameCall call, int fd) {
  sockaddr_storage storage = {};
  socklen_t size = sizeof storage;
  if (call(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return object({field("errno", errno)});
  }
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return ip_address(AF_INET, &v4.sin_addr, v4.sin_port);
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    return ip_address(AF_INET6, &v6.sin6_addr, v6.sin6_port);
  }
  return unix_address(reinterpret_cast<const sockaddr_un&>(storage), size);
}

std::string option(std::string_view name, int fd, int number) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, number, &value, &size) != 0) return field(name, -errno);
  return field(name, value);
}

std::string signals_and_privileges() {
  std::ifstream status("/proc/self/status");
  std::vector<std::string> fields;
  for (std::string line; std::getline(status, line);) {
    for (const char* name : {"SigBlk", "SigIgn", "SigCgt", "NoNewPrivs", "CapInh", "CapPrm",
                             "CapEff", "CapBnd", "CapAmb", "Seccomp", "TracerPid"}) {
      if (line.rfind(std::string(name) + ":\t", 0) == 0) {
        fields.push_back(text_field(name, std::string_view(line).substr(strlen(name) + 2)));
      }
    }
  }
  fields.push_back(field("dumpable", prctl(PR_GET_DUMPABLE)));
  return joined(fields);
}

std::string ids() {
  uid_t real = 0, effective = 0, saved = 0;
  getresuid(&real, &effective, &saved);
  gid_t real_group = 0, effective_group = 0, saved_group = 0;
  getresgid(&real_group, &effective_group, &saved_group);
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  if (getgroups(static_cast<int>(groups.size()), groups.data()) < 0) groups.clear();
  std::vector<std::string> numbers;
  for (const gid_t group : groups) numbers.push_back(std::to_string(group));
  return joined({field("pid", getpid()), field("ppid", getppid()), field("sid", getsid(0)),
                 field("pgid", getpgrp()), field("uid", real), field("euid", effective),
                 field("suid", saved), field("gid", real_group), field("egid", effective_group),
                 field("sgid", saved_group), field("groups", list(numbers))});
}

std::string limit(std::string_view name, decltype(RLIMIT_NOFILE) resource) {
  rlimit value = {};
  if (getrlimit(resource, &value) != 0) return field(name, std::string_view("null"));
  // RLIM_INFINITY reads as -1.
  return field(name, list({std::to_string(static_cast<long long>(value.rlim_cur)),
                           std::to_string(static_cast<long long>(value.rlim_max))}));
}

// The lines of a file of the kernel's; null where it cannot be read.
std::string lines(const char* path) {
  std::ifstream file(path);
  if (!file) return "null";
  std::vector<std::string> items;
  for (std::string line; std::getline(file, line);) items.push_back(quoted(line));
  return list(items);
}

std::string interfaces() {
  std::vector<std::string> names;
  struct if_nameindex* const all = if_nameindex();
  for (auto* at = all; at != nullptr && at->if_index != 0; ++at)
    names.push_back(quoted(at->if_name));
  if (all != nullptr) if_freenameindex(all);
  return list(names);
}

#ifdef __linux__
long io_priority() {
  return syscall(SYS_ioprio_get, 1, 0);
}
#else
long io_priority() {
  return -1;
}
#endif

std::string box() {
  return joined({field("interfaces", interfaces()), field("ionice", io_priority()),
                 field("mounts", lines("/proc/self/mounts")),
                 field("cgroups", lines("/proc/self/cgroup")), limit("cpu", RLIMIT_CPU),
                 limit("fsize", RLIMIT_FSIZE), limit("as", RLIMIT_AS)});
}

std::string surroundings() {
  const mode_t mask = umask(0);
  umask(mask);
  std::array<char, 4096> directory{};
  if (getcwd(directory.data(), directory.size()) == nullptr) directory[0] = '\0';
  errno = 0;
  const int nice_value = getpriority(PRIO_PROCESS, 0);
  return joined({field("umask", mask), text_field("cwd", directory.data()),
                 field("nice", nice_value), limit("nofile", RLIMIT_NOFILE),
                 limit("core", RLIMIT_CORE)});
}

std::string strings(char** from) {
  std::vector<std::string> items;
  for (; *from != nullptr; ++from) items.push_back(quoted(*from));
  return list(items);
}

bool is_one_socket() {
  std::array<struct stat, 3> status = {};
  for (int fd = 0; fd < 3; ++fd) {
    if (fstat(fd, &status.at(static_cast<std::size_t>(fd))) != 0) return false;
  }
  return S_ISSOCK(status[0].st_mode) && status[0].st_ino == status[1].st_ino &&
         status[0].st_ino == status[2].st_ino && status[0].st_dev == status[1].st_dev;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string result(1, '"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(byte));
      result += escape.data();
    } else {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result + "\"";
}

std::string socket_report(int fd) {
  return object({option("type", fd, SO_TYPE), option("domain", fd, SO_DOMAIN),
                 option("listening", fd, SO_ACCEPTCONN), option("keepalive", fd, SO_KEEPALIVE),
                 option("broadcast", fd, SO_BROADCAST),
                 field("nonblock", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0),
                 field("local", address_by(getsockname, fd)),
                 field("peer", address_by(getpeername, fd))});
}

std::string report(char** argv) {
  // The descriptors first: nothing else may have opened one by then.
  const std::string fds = descriptors();
  return object({field("fds", fds), field("one_socket", is_one_socket()),
                 field("socket", socket_report(0)), field("environment", strings(environ)),
                 field("argv", strings(argv)), ids(), surroundings(), box(),
                 signals_and_privileges()});
}

}  // namespace probe
