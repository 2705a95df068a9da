// SPDX-License-Identifier: ISC
#include "core/monitor/readiness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "core/base/address.h"
#include "core/base/channel_frame.h"
#include "core/base/environment.h"
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

std::optional<std::uint64_t> whole_number(const std::optional<std::string>& text) {
  std::uint64_t number = 0;
  if (!text) return std::nullopt;
  const char* const end = text->data() + text->size();
  const auto [at, code] = std::from_chars(text->data(), end, number);
  if (code != std::errc() || at != end || text->empty()) return std::nullopt;
  return number;
}

// As sd_watchdog_enabled(3) has it. What is less than a millisecond cannot be meant.
std::optional<std::chrono::milliseconds> take_watchdog() {
  const auto microseconds = whole_number(take_variable("WATCHDOG_USEC"));
  const auto pid = take_variable("WATCHDOG_PID");
  if (pid && whole_number(pid) != static_cast<std::uint64_t>(::getpid())) return std::nullopt;
  constexpr std::uint64_t kMost = 1'000'000'000'000;  // eleven days
  if (!microseconds || *microseconds < 1'000 || *microseconds > kMost) return std::nullopt;
  return std::chrono::milliseconds(*microseconds / 1'000);
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
  if (const auto path = take_variable("NOTIFY_SOCKET"); path && !path->empty()) {
    if (path->front() == '/' || path->front() == '@') path_ = *path;
  }
  watchdog_ = take_watchdog();
  const auto store = whole_number(take_variable("FDSTORE"));
  if (path_.empty()) watchdog_.reset();
  if (!path_.empty() && store) descriptor_store_ = static_cast<std::size_t>(*store);
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

Readiness::Sent Readiness::try_notify(std::string_view text, int descriptor) {
  const auto address = SocketAddress::unix_path(path_);
  if (path_.empty() || !address) return Sent::Failed;
  if (!socket_.is_open()) socket_ = open_datagram_socket();
  iovec part{const_cast<char*>(text.data()), text.size()};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(address->data());
  message.msg_namelen = address->size();
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ControlBuffer control;
  if (descriptor >= 0) control.fill(message, {&descriptor, 1});
  while (::sendmsg(socket_.get(), &message, kNoSignal | MSG_DONTWAIT) < 0) {
    if (errno == EINTR) continue;
    return is_worth_a_retry(errno) ? Sent::Later : Sent::Failed;
  }
  return Sent::Done;
}

void Readiness::ready(std::string_view status) {
  last_status_ = one_line(status);
  notify("READY=1\nSTATUS=" + last_status_);
  if (!ready_fd_.is_open()) return;
  const PipeSignalIgnored ignored;
  while (::write(ready_fd_.get(), "\n", 1) < 0 && errno == EINTR) {
  }
  ready_fd_.reset();
}

void Readiness::reloading() {
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds()));
}

void Readiness::stopping(std::string_view status, std::optional<std::chrono::milliseconds> most) {
  last_status_ = one_line(status);
  auto text = "STOPPING=1\nSTATUS=" + last_status_;
  if (most) text += "\nEXTEND_TIMEOUT_USEC=" + std::to_string(most->count() * 1'000);
  notify(text);
}

std::vector<std::string> Readiness::variables() const {
  std::vector<std::string> out;
  if (!path_.empty()) out.push_back("NOTIFY_SOCKET=" + path_);
  if (watchdog_) {
    const auto time = std::chrono::microseconds(*watchdog_).count();
    out.push_back("WATCHDOG_USEC=" + std::to_string(time));
  }
  if (descriptor_store_ > 0) out.push_back("FDSTORE=" + std::to_string(descriptor_store_));
  return out;
}

void Readiness::status(std::string_view text) {
  auto line = one_line(text);
  if (line == last_status_) return;
  last_status_ = std::move(line);
  notify("STATUS=" + last_status_);
}

// A manager that does not read what it is told cannot complain of our silence.
void Readiness::alive() {
  if (watchdog_) (void)try_notify("WATCHDOG=1", -1);
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
