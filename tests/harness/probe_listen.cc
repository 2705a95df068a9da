// SPDX-License-Identifier: ISC
#include "tests/harness/probe_listen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/probe_report.h"

namespace probe {
namespace {

constexpr int kFirst = 3;
constexpr int kNotForUs = 71;
constexpr int kBroken = 70;

struct Socket {
  int fd = -1;
  bool is_stream = false;
  std::string place;  // "INDEX NAME PID\n"
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

std::vector<Socket> find_sockets() {
  std::vector<Socket> out;
  const auto pid = std::to_string(getpid());
  if (variable("LISTEN_PID") != pid) return out;
  std::string names = variable("LISTEN_FDNAMES") + ":";
  for (int i = 0; i < std::atoi(variable("LISTEN_FDS").c_str()); ++i) {
    const int fd = kFirst + i;
    const auto colon = names.find(':');
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || colon == std::string::npos) return {};
    const auto name = names.substr(0, colon);
    names.erase(0, colon + 1);
    out.push_back(
        {fd, option(fd, SO_TYPE) != SOCK_DGRAM, std::to_string(i) + " " + name + " " + pid + "\n"});
  }
  return out;
}

void say(int fd, std::string_view text) {
  if (write(fd, text.data(), text.size()) < 0) _exit(kBroken);
}

std::string read_line(int fd) {
  std::string line;
  for (char c = 0; read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

// True when the server is to end.
bool serve_stream(const Socket& socket) {
  const int client = accept(socket.fd, nullptr, nullptr);
  if (client < 0) return false;
  std::string line;
  while (!(line = read_line(client)).empty() && line != "leave") {
    if (line == "spoil") shutdown(socket.fd, SHUT_RDWR);
    say(client, socket.place);
  }
  close(client);
  return line == "leave";
}

bool serve_datagram(const Socket& socket) {
  std::array<char, 4096> buffer{};
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  auto* const peer = reinterpret_cast<sockaddr*>(&from);
  const auto count = recvfrom(socket.fd, buffer.data(), buffer.size(), 0, peer, &size);
  if (count < 0) return false;
  sendto(socket.fd, socket.place.data(), socket.place.size(), 0, peer, size);
  return std::string_view(buffer.data(), static_cast<std::size_t>(count)) == "leave";
}

}  // namespace

int listen_server(const char* path, char** argv) {
  const auto text = report(argv) + "\n";
  const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return kBroken;
  say(file, text);
  close(file);
  const auto sockets = find_sockets();
  if (sockets.empty()) return kNotForUs;
  std::vector<pollfd> polled;
  for (const auto& socket : sockets) polled.push_back({socket.fd, POLLIN, 0});
  while (poll(polled.data(), polled.size(), -1) > 0) {
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      if ((polled[i].revents & POLLHUP) != 0) polled[i].fd = -1;  // it was spoilt
      if ((polled[i].revents & POLLIN) == 0) continue;
      if (sockets[i].is_stream ? serve_stream(sockets[i]) : serve_datagram(sockets[i])) return 0;
    }
  }
  return kBroken;
}

}  // namespace probe
