// SPDX-License-Identifier: ISC
// The launcher's end of a reactor's channel: the test answers for it.
//
// It takes launches off its queue before it works on them, unless it peeks at them.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "core/base/channel.h"
#include "spawn/ledger.h"
#include "spawn/wire.h"

namespace uvinetd::test {

struct FakeLauncher {
  Channel channel;
  SharedPage page;
  std::optional<LedgerWriter> ledger;
  std::vector<UniqueFd> sockets;  // what came with the launches

  // The end for the reactor is put into `other_end`.
  explicit FakeLauncher(UniqueFd& other_end) {
    auto pair = *Channel::make_pair();
    channel = Channel(std::move(pair.first));
    other_end = std::move(pair.second);
    page = std::move(*make_shared_page("ledger-test", kLedgerBytes));
    ledger.emplace(std::move(*LedgerWriter::map(page.writer.get())));
  }

  // Another descriptor of this end, for the reactor.
  [[nodiscard]] UniqueFd queue() const { return UniqueFd(dup(channel.fd())); }

  // The next launch, if one has come.
  std::optional<Launch> next_launch() {
    const auto launch = take(channel.receive());
    if (launch) ledger->count_taken();
    return launch;
  }
  // The same, but it stays where it is.
  std::optional<Launch> peek_launch() { return take(channel.peek()); }
  std::optional<Launch> take(Channel::Received received) {
    if (received.event != Channel::Event::Message) return std::nullopt;
    for (auto& fd : received.message.fds) sockets.push_back(std::move(fd));
    const auto launch = parse_as<Launch>(received.message.body);
    EXPECT_TRUE(launch);
    return launch;
  }
  // All that have come since the last call.
  std::vector<LaunchId> launches() {
    std::vector<LaunchId> out;
    while (const auto launch = next_launch()) out.push_back(launch->id);
    return out;
  }
  void send(const Report& report) {
    EXPECT_TRUE(
        channel.send(static_cast<std::uint16_t>(MessageType::Reports), print(Reports{{report}})));
  }
  void report(ReportKind kind, LaunchId id, int pid = 100) {
    Report out;
    out.kind = kind;
    out.id = id;
    out.pid = pid;
    send(out);
  }
  // The connection goes back with it when there is one.
  void report_failure(LaunchId id, int code, const char* step, int connection = -1) {
    Report out;
    out.kind = ReportKind::Failed;
    out.id = id;
    out.code = code;
    out.step = step;
    std::vector<int> fds;
    if (connection >= 0) fds.push_back(connection);
    EXPECT_TRUE(
        channel.send(static_cast<std::uint16_t>(MessageType::Reports), print(Reports{{out}}), fds));
  }
};

}  // namespace uvinetd::test
