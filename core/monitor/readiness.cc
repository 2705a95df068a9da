// SPDX-License-Identifier: ISC
#include "core/monitor/readiness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "core/base/address.h"
#include "core/base/process.h"

namespace uvinetd {

namespace {

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;  // a datagram socket that is not connected gets no SIGPIPE
#endif

// One line: a newline would begin another assignment.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return line;
}

std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

UniqueFd open_datagram_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!fd.is_open() || !set_cloexec(fd.get())) return {};
  const timeval most{2, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  return fd;
}

// The reader of the ready descriptor may have gone.
class PipeSignalIgnored {
 public:
  PipeSignalIgnored() noexcept {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before_);
  }
  PipeSignalIgnored(const PipeSignalIgnored&) = delete;
  PipeSignalIgnored& operator=(const PipeSignalIgnored&) = delete;
  ~PipeSignalIgnored() { ::sigaction(SIGPIPE, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

}  // namespace

Readiness::Readiness(int ready_fd) {
  if (const char* const path = std::getenv("NOTIFY_SOCKET"); path != nullptr) {
    if (*path == '/' || *path == '@') path_ = path;
    ::unsetenv("NOTIFY_SOCKET");
  }
  if (ready_fd > 2 && set_cloexec(ready_fd)) ready_fd_.reset(ready_fd);
  if (ready_fd >= 0 && ready_fd <= 2) ready_fd_.reset(::fcntl(ready_fd, F_DUPFD_CLOEXEC, 3));
}

void Readiness::notify(std::string_view text) {
  const auto address = SocketAddress::unix_path(path_);
  if (path_.empty() || !address) return;
  if (!socket_.is_open()) socket_ = open_datagram_socket();
  while (::sendto(socket_.get(), text.data(), text.size(), kNoSignal, address->data(),
                  address->size()) < 0 &&
         errno == EINTR) {
  }
}

void Readiness::ready(std::string_view status) {
  notify("READY=1\nSTATUS=" + one_line(status));
  if (!ready_fd_.is_open()) return;
  const PipeSignalIgnored ignored;
  while (::write(ready_fd_.get(), "\n", 1) < 0 && errno == EINTR) {
  }
  ready_fd_.reset();
}

void Readiness::reloading() {
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds()));
}

void Readiness::stopping() {
  notify("STOPPING=1");
}

std::vector<std::string> Readiness::variables() const {
  if (path_.empty()) return {};
  return {"NOTIFY_SOCKET=" + path_};
}

void Readiness::status(std::string_view text) {
  notify("STATUS=" + one_line(text));
}

void remove_supervisor_variables(std::vector<std::string>& environment) {
  static constexpr std::array<std::string_view, 15> kNames = {"NOTIFY_SOCKET",
                                                              "FDSTORE",
                                                              "MAINPID",
                                                              "INVOCATION_ID",
                                                              "JOURNAL_STREAM",
                                                              "MANAGERPID",
                                                              "MANAGERPIDFDID",
                                                              "TRIGGER_UNIT",
                                                              "TRIGGER_PATH",
                                                              "RUNTIME_DIRECTORY",
                                                              "STATE_DIRECTORY",
                                                              "CACHE_DIRECTORY",
                                                              "LOGS_DIRECTORY",
                                                              "CONFIGURATION_DIRECTORY",
                                                              "CREDENTIALS_DIRECTORY"};
  static constexpr std::array<std::string_view, 6> kPrefixes = {
      "WATCHDOG_", "LISTEN_", "SYSTEMD_", "MEMORY_PRESSURE_", "TRIGGER_TIMER_", "MONITOR_"};
  std::erase_if(environment, [](std::string_view variable) {
    const std::string_view name = variable.substr(0, variable.find('='));
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
           std::any_of(kPrefixes.begin(), kPrefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
  });
}

}  // namespace uvinetd
