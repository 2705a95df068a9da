// SPDX-License-Identifier: ISC
#include "spawn/report_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kNow = 1h;

class ReportQueueTest : public testing::Test {
 protected:
  ReportQueueTest()
      : page(*make_shared_page("ledger-test", kLedgerBytes)),
        ledger(*LedgerWriter::map(page.writer.get())),
        reader(*LedgerReader::map(page.reader.get())) {
    connect();
  }
  void connect() {
    auto pair = *Channel::make_pair();
    launcher = Channel(std::move(pair.first));
    reactor = Channel(std::move(pair.second));
  }
  static Report report(LaunchId id) {
    Report out;
    out.id = id;
    return out;
  }
  // A child that has come and gone, and the report of its end.
  void push_end(LaunchId id) {
    const auto slot = ledger.begin(id, 1, 1, 1, nullptr).value();
    ledger.end(slot, 0);
    queue.free_when_sent(slot);
    queue.push(report(id), false, kNow);
  }
  void flush() { queue.flush(launcher, &ledger); }
  // The ids in the next packet; none when there is none.
  std::vector<LaunchId> next_packet() {
    std::vector<LaunchId> out;
    const auto received = reactor.receive();
    if (received.event != Channel::Event::Message) return out;
    const auto reports = parse_as<Reports>(received.message.body);
    for (const auto& each : reports->list) out.push_back(each.id);
    return out;
  }

  SharedPage page;
  LedgerWriter ledger;
  LedgerReader reader;
  Channel launcher, reactor;
  ReportQueue queue;
};

using Ids = std::vector<LaunchId>;

TEST_F(ReportQueueTest, NothingIsNeverDue) {
  EXPECT_FALSE(queue.is_waiting());
  EXPECT_FALSE(queue.is_due(kNow + 24h));
  flush();
  EXPECT_EQ(next_packet(), Ids());
}

TEST_F(ReportQueueTest, APromptReportIsDueAtOnce) {
  queue.push(report(1), true, kNow);
  EXPECT_TRUE(queue.is_due(kNow));
  flush();
  EXPECT_EQ(next_packet(), Ids({1}));
  EXPECT_FALSE(queue.is_waiting());
}

TEST_F(ReportQueueTest, AnotherWaitsAMomentFromTheFirstOn) {
  queue.push(report(1), false, kNow);
  queue.push(report(2), false, kNow + ReportQueue::kDelay / 2);
  EXPECT_TRUE(queue.is_waiting());
  EXPECT_FALSE(queue.is_due(kNow + ReportQueue::kDelay - 1ns));
  EXPECT_TRUE(queue.is_due(kNow + ReportQueue::kDelay));
  EXPECT_EQ(queue.due(), kNow + ReportQueue::kDelay);
}

TEST_F(ReportQueueTest, APromptOneTakesThoseThatWaitAlong) {
  queue.push(report(1), false, kNow);
  queue.push(report(2), true, kNow);
  EXPECT_TRUE(queue.is_due(kNow));
  flush();
  EXPECT_EQ(next_packet(), Ids({1, 2}));
}

TEST_F(ReportQueueTest, ACrowdDoesNotWait) {
  for (LaunchId id = 1; id < ReportQueue::kCrowd; ++id) queue.push(report(id), false, kNow);
  EXPECT_FALSE(queue.is_due(kNow));
  queue.push(report(ReportQueue::kCrowd), false, kNow);
  EXPECT_TRUE(queue.is_due(kNow));
  flush();
  EXPECT_FALSE(queue.is_due(kNow));
  EXPECT_EQ(next_packet().size(), ReportQueue::kCrowd);
  EXPECT_EQ(next_packet(), Ids());
}

TEST_F(ReportQueueTest, MoreThanAPacketHoldsGoInOrderInSeveral) {
  for (LaunchId id = 1; id <= 600; ++id) queue.push(report(id), false, kNow);
  flush();
  LaunchId expected = 0;
  for (auto packet = next_packet(); !packet.empty(); packet = next_packet()) {
    for (const auto id : packet) EXPECT_EQ(id, ++expected);
  }
  EXPECT_EQ(expected, 600U);
}

TEST_F(ReportQueueTest, ASlotIsFreeWhenTheReportOfItsEndHasLeft) {
  push_end(1);
  EXPECT_EQ(reader.entries().size(), 1U);
  flush();
  EXPECT_TRUE(reader.entries().empty());
}

TEST_F(ReportQueueTest, ASlotIsKeptWhileTheReportStandsInABacklog) {
  const std::string filler(30'000, 'f');
  while (!launcher.has_backlog()) ASSERT_TRUE(launcher.send(1, filler));
  push_end(1);
  flush();
  EXPECT_FALSE(queue.is_waiting());  // it is on its way
  EXPECT_EQ(reader.entries().size(), 1U);
  while (launcher.has_backlog()) {
    (void)reactor.receive();
    flush();
  }
  EXPECT_TRUE(reader.entries().empty());
}

TEST_F(ReportQueueTest, WhatADeadReactorDidNotGetIsForTheNextOne) {
  push_end(1);
  reactor.close();
  flush();  // the death has not been noticed yet
  EXPECT_FALSE(queue.is_waiting());
  launcher.close();
  push_end(2);
  flush();
  EXPECT_FALSE(queue.is_waiting());  // nobody to wake up for
  EXPECT_EQ(reader.entries().size(), 2U);
  connect();
  queue.hurry();
  EXPECT_TRUE(queue.is_due(kNow));
  flush();
  EXPECT_EQ(next_packet(), Ids({1, 2}));
  EXPECT_TRUE(reader.entries().empty());
}

}  // namespace
}  // namespace uvinetd
