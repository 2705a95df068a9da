// SPDX-License-Identifier: ISC
#include "bench/micro/launcher_process.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "core/base/process.h"
#include "core/monitor/role.h"
#include "spawn/ledger.h"

namespace uvinetd::bench {
namespace {

constexpr int kPatienceMs = 10'000;

// nullopt: it is closed, broken, or nothing came.
std::optional<Message> next_message(Channel& channel) {
  for (;;) {
    (void)channel.flush();
    auto received = channel.receive();
    if (received.event == Channel::Event::Message) return std::move(received.message);
    if (received.event != Channel::Event::Nothing) return std::nullopt;
    const auto events = static_cast<short>(channel.has_backlog() ? POLLIN | POLLOUT : POLLIN);
    pollfd one{channel.fd(), events, 0};
    if (poll(&one, 1, kPatienceMs) != 1) return std::nullopt;
  }
}

TableIdentity own_identity() {
  TableIdentity out;
  out.key = LauncherProcess::kIdentity;
  out.uid = getuid();
  out.gid = getgid();
  out.name = "bench";
  return out;
}

Status send(Channel& channel, MessageType type, const std::string& body,
            const std::vector<int>& fds) {
  return channel.send(static_cast<std::uint16_t>(type), body, fds);
}

}  // namespace

LauncherProcess::~LauncherProcess() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

Status LauncherProcess::start(const std::vector<TableService>& services, SpawnerKind spawner) {
  const auto binaries = RoleBinaries::open();
  if (!binaries) return tl::unexpected(binaries.error());
  auto role = start_role(binaries->launcher(), "uvi-launcher: bench", false);
  if (!role) return tl::unexpected(role.error());
  pid_ = role->pid;
  monitor_ = std::move(role->channel);
  if (!await(MessageType::Hello)) return fail("uvi-launcher", "says no hello", 0);
  if (auto status = take_start(services, spawner); !status) return status;
  return connect();
}

Status LauncherProcess::take_start(const std::vector<TableService>& services, SpawnerKind spawner) {
  auto page = make_shared_page("ledger-bench", kLedgerBytes);
  if (!page) return tl::unexpected(page.error());
  page_ = std::move(*page);
  const auto table =
      make_read_only_memory("table-bench", print_table(1, {own_identity()}, services));
  if (!table) return tl::unexpected(table.error());
  const auto limit = original_descriptor_limit();
  LauncherStart start;
  start.launcher = 1;
  start.identity = kIdentity;
  start.is_dumpable = true;
  start.soft_descriptor_limit = limit.rlim_cur;
  start.hard_descriptor_limit = limit.rlim_max;
  start.spawner = spawner;
  auto sent =
      send(monitor_, MessageType::LauncherStart, print(start), {table->get(), page_.writer.get()});
  if (!sent) return sent;
  const auto message = await(MessageType::LauncherStarted);
  const auto started = message ? parse_as<LauncherStarted>(message->body) : std::nullopt;
  if (!started) return fail("uvi-launcher", "does not start", EPROTO);
  if (started->code != 0) return fail("uvi-launcher", started->step, started->code);
  return {};
}

Status LauncherProcess::connect() {
  auto pair = Channel::make_pair();
  if (!pair) return tl::unexpected(pair.error());
  auto sent = send(monitor_, MessageType::ReactorChannel, print(Epoch{1}), {pair->first.get()});
  if (!sent) return sent;
  reactor_ = Channel(std::move(pair->second));
  if (!await(MessageType::Drained)) return fail("uvi-launcher", "takes no reactor", EPROTO);
  return {};
}

std::optional<Message> LauncherProcess::await(MessageType type) {
  for (;;) {
    auto message = next_message(monitor_);
    if (!message || message->type == static_cast<std::uint16_t>(type)) return message;
  }
}

Status LauncherProcess::launch(LaunchId id, std::uint32_t service, int connection) {
  return send(reactor_, MessageType::Launch, print(Launch{id, service, 1}), {connection});
}

std::optional<Report> LauncherProcess::next_report() {
  while (reports_.empty()) {
    const auto message = next_message(reactor_);
    const auto reports = message ? parse_as<Reports>(message->body) : std::nullopt;
    if (!reports) return std::nullopt;
    reports_.insert(reports_.end(), reports->list.begin(), reports->list.end());
  }
  auto report = std::move(reports_.front());
  reports_.pop_front();
  return report;
}

}  // namespace uvinetd::bench
