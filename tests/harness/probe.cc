// SPDX-License-Identifier: ISC
// The probe: a server program for tests, which reports the state it was started in and behaves, or
// misbehaves, as its first argument says. It waits for facts (a line, a datagram, end of file), and
// never for time. FILE arguments are appended to, one line per event, so that many may share one.
//
//   stream, nowait
//     report [FILE]     the whole report to the client, or to FILE; exit 0
//     hold              {"pid":N} to the client, then wait for its end of file
//     try               for each line of the client, up to "leave" or its end of file, the errno of
//                       what it says, 0 for success: read PATH, write PATH, list PATH, run PATH,
//                       empty PATH, connect PORT (on 127.0.0.1), fork
//     exit N            exit status N, reading nothing
//     signal N          die by signal N
//     crash-early FILE  a line to FILE, then SIGABRT
//   stream, wait: descriptor 0 is the listener
//     wait-tcp FILE     serve clients one after the other: a line "report", "pid", "leave" (exit
//                       after this client), else an echo
//     spoil-shutdown, spoil-nonblock, spoil-connect: see below; they work for listeners and
//     datagrams
//   datagram
//     wait-udp FILE     reply "COUNT PID TEXT" to each datagram, until the text is "quit"
//     dgram-once FILE   take one datagram, a line about it to FILE; exit 0
//     dgram-never FILE  a line to FILE, leaving the datagram where it is; exit 0
//   all sockets of a wait service, as listen_fds gives them
//     listen FILE       see probe_listen.h
//   any wait socket
//     spoil-WHAT        serve one client with the socket's report, spoil the socket, exit 0
//     fork-and-exit FILE  the parent exits, its child goes on as wait-tcp or wait-udp
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/harness/probe_listen.h"
#include "tests/harness/probe_report.h"

namespace {

constexpr int kUsage = 64;
constexpr int kBroken = 70;

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

void append_line(const char* path, const std::string& line) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return;
  write_all(fd, line + "\n");  // one write: lines of several processes do not mix
  close(fd);
}

int socket_option(int number) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(0, SOL_SOCKET, number, &value, &size) == 0 ? value : -1;
}
bool is_listener() {
  return socket_option(SO_ACCEPTCONN) == 1;
}

std::string read_line(int fd) {
  std::string line;
  for (char c = 0; read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

struct Datagram {
  sockaddr_storage from = {};
  socklen_t from_size = sizeof from;
  std::string text;
  bool ok = false;
};

Datagram take_datagram() {
  static std::array<char, 65536> buffer;
  Datagram datagram;
  const ssize_t size = recvfrom(0, buffer.data(), buffer.size(), 0,
                                reinterpret_cast<sockaddr*>(&datagram.from), &datagram.from_size);
  datagram.ok = size >= 0;
  if (datagram.ok) datagram.text.assign(buffer.data(), static_cast<std::size_t>(size));
  return datagram;
}

void answer(const Datagram& to, const std::string& text) {
  if (to.from_size == 0) return;  // an unbound Unix-domain client
  sendto(0, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to.from), to.from_size);
}

std::string pid_text() {
  return std::to_string(getpid());
}

int hold() {
  write_all(1, std::string("{\"pid\":") + pid_text() + "}\n");
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t size = read(0, buffer.data(), buffer.size());
    if (size == 0) return 0;
    if (size < 0 && errno != EINTR) return kBroken;
  }
}

int die_by(int signal_number) {
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  raise(signal_number);
  return kBroken;
}

int errno_of(bool is_good) {
  return is_good ? 0 : errno;
}

int try_file(const char* path, int flags) {
  const int fd = open(path, flags | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  char byte = 'x';
  const bool is_reading = (flags & O_ACCMODE) == O_RDONLY;
  const bool is_good = (is_reading ? read(fd, &byte, 1) : write(fd, &byte, 1)) >= 0;
  const int code = errno_of(is_good);
  close(fd);
  return code;
}

int try_list(const char* path) {
  DIR* const directory = opendir(path);
  if (directory == nullptr) return errno;
  errno = 0;
  (void)readdir(directory);
  const int code = errno;
  closedir(directory);
  return code;
}

int try_connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int code =
      errno_of(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  close(fd);
  return code;
}

// `path` as a program; "": none, a mere process.
int try_process(const char* path) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  const pid_t child = fork();
  if (child == 0) {
    if (*path == '\0') _exit(0);
    char* const argv[] = {const_cast<char*>(path), nullptr};
    execv(path, argv);
    const int code = errno;
    (void)!write(ends[1], &code, sizeof code);
    _exit(0);
  }
  int code = errno_of(child > 0);
  close(ends[1]);
  if (child > 0) {
    if (read(ends[0], &code, sizeof code) <= 0) code = 0;
    waitpid(child, nullptr, 0);
  }
  close(ends[0]);
  return code;
}

int try_what(const std::string& line) {
  const auto space = line.find(' ');
  const auto what = line.substr(0, space);
  const std::string operand = space == std::string::npos ? "" : line.substr(space + 1);
  if (what == "read") return try_file(operand.c_str(), O_RDONLY);
  if (what == "write") return try_file(operand.c_str(), O_WRONLY | O_CREAT);
  if (what == "list") return try_list(operand.c_str());
  if (what == "empty") return errno_of(truncate(operand.c_str(), 0) == 0);
  if (what == "connect") return try_connect(std::atoi(operand.c_str()));
  return try_process(what == "run" ? operand.c_str() : "");
}

int try_lines() {
  while (true) {
    const auto line = read_line(0);
    if (line.empty() || line == "leave") return 0;
    write_all(1, std::to_string(try_what(line)) + "\n");
  }
}

// True when the client asked the server to leave.
bool serve_lines(int client, char** argv) {
  while (true) {
    const std::string line = read_line(client);
    if (line.empty() || line == "leave") return line == "leave";
    if (line == "report") {
      write_all(client, probe::report(argv) + "\n");
    } else {
      write_all(client, line == "pid" ? pid_text() + "\n" : line + "\n");
    }
  }
}

int wait_stream(char** argv) {
  while (true) {
    const int client = accept4(0, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (client < 0) return kBroken;
    const bool is_last = serve_lines(client, argv);
    close(client);
    if (is_last) return 0;
  }
}

int wait_datagrams() {
  for (int count = 1;; ++count) {
    const Datagram datagram = take_datagram();
    if (!datagram.ok) return kBroken;
    answer(datagram, std::to_string(count) + " " + pid_text() + " " + datagram.text);
    if (datagram.text == "quit") return 0;
  }
}

int wait_server(char** argv) {
  return is_listener() ? wait_stream(argv) : wait_datagrams();
}

int datagram_once(const char* path) {
  const Datagram datagram = take_datagram();
  if (!datagram.ok) return kBroken;
  append_line(path, std::string("{\"pid\":") + pid_text() +
                        ",\"text\":" + probe::quoted(datagram.text) + "}");
  return 0;
}

int fork_and_exit(const char* path, char** argv) {
  const pid_t child = fork();
  if (child < 0) return kBroken;
  if (child > 0) {
    append_line(path, std::string("{\"parent\":") + pid_text() +
                          ",\"child\":" + std::to_string(child) + "}");
    return 0;
  }
  return wait_server(argv);
}

// Serves one client, so that the next start has a cause of its own.
Datagram serve_one() {
  const std::string state = probe::socket_report(0);
  if (!is_listener()) {
    const Datagram datagram = take_datagram();
    answer(datagram, state);
    return datagram;
  }
  const int client = accept(0, nullptr, nullptr);
  write_all(client, state + "\n");
  close(client);
  return {};
}

int spoil(std::string_view how) {
  const Datagram served = serve_one();
  if (how == "connect") {
    return connect(0, reinterpret_cast<const sockaddr*>(&served.from), served.from_size) == 0
               ? 0
               : kBroken;
  }
  if (how == "shutdown") return shutdown(0, SHUT_RDWR) == 0 || errno == ENOTCONN ? 0 : kBroken;
  if (how == "nonblock")
    return fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK) == 0 ? 0 : kBroken;
  return kUsage;
}

int run_with_operand(std::string_view mode, char** argv) {
  const char* operand = argv[2];
  if (mode == "exit") return std::atoi(operand);
  if (mode == "signal") return die_by(std::atoi(operand));
  if (mode == "report" || mode == "wait-tcp" || mode == "wait-udp") {
    append_line(operand, probe::report(argv));
    return mode == "report" ? 0 : wait_server(argv);
  }
  if (mode == "dgram-once") return datagram_once(operand);
  if (mode == "listen") return probe::listen_server(operand, argv);
  if (mode == "fork-and-exit") return fork_and_exit(operand, argv);
  if (mode != "dgram-never" && mode != "crash-early") return kUsage;
  append_line(operand, std::string("{\"pid\":") + pid_text() + "}");
  return mode == "dgram-never" ? 0 : die_by(SIGABRT);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return kUsage;
  const std::string_view mode = argv[1];
  if (mode.rfind("spoil-", 0) == 0) return spoil(mode.substr(6));
  if (argc >= 3) return run_with_operand(mode, argv);
  if (mode == "hold") return hold();
  if (mode == "try") return try_lines();
  if (mode != "report") return kUsage;
  write_all(1, probe::report(argv) + "\n");
  return 0;
}
