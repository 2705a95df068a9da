// SPDX-License-Identifier: ISC
// A real reactor in a process of its own, with the test as its monitor and its launchers.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/base/process.h"
#include "core/reactor/reactor.h"
#include "tests/pure/reactor/fake_launcher.h"
#include "tests/pure/reactor/local_sockets.h"

namespace uvinetd::test {

class ReactorRing : public testing::Test {
 protected:
  static constexpr std::uint32_t kIdentity = 1;

  ~ReactorRing() override {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  static TableService service(std::uint32_t key, std::uint32_t listener, int type = SOCK_STREAM) {
    TableService out;
    out.key = key;
    out.id = "service" + std::to_string(key);
    out.identity = kIdentity;
    out.socket_type = type;
    out.program = "/bin/true";
    out.argv = {"true"};
    out.listeners = {{listener, SocketAddress()}};
    return out;
  }
  static TableService builtin(std::uint32_t key, std::uint32_t listener, const char* name) {
    auto out = service(key, listener);
    out.internal.edit() = name;
    return out;
  }

  // A reactor that serves nothing yet; its table so far has these services.
  void start(const std::vector<TableService>& services = {}) {
    auto pair = *Channel::make_pair();
    const UniqueFd log(open(log_path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    pid_ = fork();
    if (pid_ == 0) {
      pair.first.reset();
      sockets_.clear();
      ignore_operator_signals();
      auto poller = Poller::open();
      if (!poller) _exit(99);
      Reactor reactor{Channel(std::move(pair.second)), std::move(*poller)};
      const int status = reactor.run();
      std::ofstream(metrics_path()) << text_of(*reactor.metrics_text(true));
      _exit(status);
    }
    monitor_ = Channel(std::move(pair.first));
    ReactorStart start;
    start.epoch = 1;
    start.is_dumpable = true;
    start.logs_connections = true;
    start.log_level = static_cast<std::uint8_t>(LogLevel::Debug);
    start.log_form = static_cast<std::uint8_t>(LogForm::Plain);
    start.log_ident = "uvinetd";
    const auto table = make_table(services);
    send(MessageType::ReactorStart, print(start), {table.get(), log.get()});
  }
  UniqueFd make_table(const std::vector<TableService>& services) {
    return std::move(
        *make_read_only_memory("table-test", print_table(++generation_, {}, services)));
  }
  // Makes this the reactor's table; sockets that are new to it go along. Returns when it is used.
  void apply(const std::vector<TableService>& services) {
    const auto table = make_table(services);
    send(MessageType::Table, print(Generation{generation_}), {table.get()});
    send_sockets();
    apply_what_it_has();
  }
  void send_sockets() {
    ListenerKeys keys;
    std::vector<int> fds;
    for (const auto& [key, fd] : new_sockets_) {
      keys.keys.push_back(key);
      fds.push_back(fd);
    }
    if (!fds.empty()) send(MessageType::Listeners, print(keys), fds);
    new_sockets_.clear();
  }
  void apply_what_it_has() {
    send(MessageType::Apply, print(Generation{generation_}));
    await(MessageType::Applied);
  }
  // The monitor's socket with this key; goes out with the next apply().
  int own(std::uint32_t key, UniqueFd fd) {
    new_sockets_.emplace_back(key, fd.get());
    return (sockets_[key] = std::move(fd)).get();
  }
  int tcp(std::uint32_t key) {
    auto fd = bound_ip_socket(SOCK_STREAM);
    EXPECT_EQ(listen(fd.get(), 128), 0);
    return own(key, std::move(fd));
  }
  int udp(std::uint32_t key) { return own(key, bound_ip_socket(SOCK_DGRAM)); }

  // Without a queue the reactor keeps copies of its connections.
  FakeLauncher join(std::uint32_t id, bool has_queue = false) {
    UniqueFd end;
    FakeLauncher out(end);
    std::vector<int> fds{end.get(), out.page.reader.get()};
    if (has_queue) fds.push_back(out.channel.fd());
    send(MessageType::LauncherJoined, print(LauncherJoined{id, kIdentity}), fds);
    return out;
  }
  void send(MessageType type, const std::string& body = {}, const std::vector<int>& fds = {}) {
    EXPECT_TRUE(monitor_.send(static_cast<std::uint16_t>(type), body, fds));
  }
  // The next message of this type; others before it are thrown away.
  Message await(MessageType type) {
    for (;;) {
      auto received = monitor_.receive();
      if (received.event == Channel::Event::Message) {
        if (received.message.type == static_cast<std::uint16_t>(type)) {
          return std::move(received.message);
        }
      } else if (received.event != Channel::Event::Nothing || !wait_for_input(monitor_.fd())) {
        ADD_FAILURE() << "no message of type " << static_cast<int>(type);
        return {};
      }
    }
  }
  // The reactor has read all that was sent to it, and done what it asked for.
  void settle() {
    send(MessageType::Ping);
    await(MessageType::Pong);
  }
  // The next launch, waited for.
  static Launch launch_of(FakeLauncher& launcher) {
    std::optional<Launch> launch;
    EXPECT_TRUE(eventually([&] { return (launch = launcher.next_launch()).has_value(); }));
    return launch.value_or(Launch());
  }
  // Answers a launch that this connects to, and says which it was.
  static void run(FakeLauncher& launcher, LaunchId id) {
    launcher.report(ReportKind::Started, id);
    launcher.report(ReportKind::Exited, id);
  }
  int wait_for_end() {
    int status = -1;
    EXPECT_TRUE(eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }));
    pid_ = -1;
    return status;
  }
  // Ends the reactor, as if the monitor had gone, and says what it has counted.
  std::string end_and_measure() {
    settle();
    monitor_.close();
    EXPECT_EQ(wait_for_end(), 0);
    return text_of_file(metrics_path());
  }
  static std::string text_of(TextSource& source) {
    std::string out;
    while (source.next(out)) {
    }
    return out;
  }
  static std::string text_of_file(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  [[nodiscard]] std::string metrics_path() const { return directory_.file("metrics"); }
  [[nodiscard]] std::string log_path() const { return directory_.file("log"); }
  [[nodiscard]] std::string log() const { return text_of_file(log_path()); }
  [[nodiscard]] bool logs(const std::string& text) const {
    return eventually([&] { return log().find(text) != std::string::npos; });
  }

  TemporaryDirectory directory_;
  pid_t pid_ = -1;
  Channel monitor_;
  std::uint32_t generation_ = 0;
  std::map<std::uint32_t, UniqueFd> sockets_;
  std::vector<std::pair<std::uint32_t, int>> new_sockets_;
};

}  // namespace uvinetd::test
