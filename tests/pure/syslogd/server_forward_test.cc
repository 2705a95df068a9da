// SPDX-License-Identifier: ISC
// Other hosts: what goes to them, and what does not go round.
#include "tests/pure/syslogd/server_targets.h"

namespace uvinetd::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class SyslogForward : public SyslogTargets, public ::testing::WithParamInterface<const char*> {
 protected:
  // Another host.
  std::uint16_t listen(const std::string& host) {
    auto address = SocketAddress::parse_ip(host, 0);
    other_ = UniqueFd(socket(address->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(other_.get(), address->data(), address->size()), 0);
    EXPECT_TRUE(set_nonblocking(other_.get(), true));
    return SocketAddress::local_of(other_.get())->port();
  }
  std::string receive(std::string_view part) {
    std::string found;
    EXPECT_TRUE(eventually([&] {
      std::array<char, 9000> some;
      const auto size = recv(other_.get(), some.data(), some.size(), 0);
      if (size > 0) found.assign(some.data(), static_cast<std::size_t>(size));
      return found.find(part) != std::string::npos;
    })) << part;
    return found;
  }
  // A server that forwards to another host, and writes down what it has said.
  struct Relay {
    SocketAddress to;
    std::uint16_t port;  // of the other host
    SyslogSetup setup;
  };
  Relay begin_relay() {
    add_unix("log");
    const auto to = add_udp("127.0.0.1");
    const auto port = listen("127.0.0.1");
    start();
    return {to, port, setup_of({forward("127.0.0.1", port), file("all")})};
  }
  UniqueFd other_;
};

TEST_P(SyslogForward, BothForms) {
  add_unix("log");
  const auto port = listen(GetParam());
  start();
  use(1, setup_of({forward(GetParam(), port)}));
  log("<38>Nov 26 20:41:21 tester: one");
  EXPECT_EQ(receive("one"), "<38>Nov 26 20:41:21 here " + tag("tester") + ": one");
  use(2, setup_of({forward(GetParam(), port, SyslogForm::Rfc5424)}));
  log("<38>Nov 26 20:41:21 tester: two");
  const auto pid = kIsPidKnown ? std::to_string(getpid()) : "-";
  EXPECT_THAT(receive("two"),
              ContainsRegex("^<38>1 [0-9]{4}-11-26T20:41:21.* here tester " + pid + " - - two$"));
}
INSTANTIATE_TEST_SUITE_P(Families, SyslogForward, ::testing::Values("127.0.0.1", "::1"));

TEST_F(SyslogForward, NamesAreLookedUpOffTheLoop) {
  add_unix("log");
  const auto port = listen("127.0.0.1");
  start();
  use(1, setup_of({forward("localhost", port), forward("no.such.host.invalid", 514), file("all")}));
  log("<13>tester: one");
  file_has("all", "one\n");
  file_has("all", "cannot forward to @no.such.host.invalid:514: ");
}

TEST_F(SyslogForward, AHostThatRefusesIsLeftAloneForAWhile) {
  add_unix("log");
  const auto port = listen("127.0.0.1");
  other_.reset();
  start();
  use(1, setup_of({forward("127.0.0.1", port), file("all")}));
  for (int i = 0; i < 20; ++i) {
    log_many(20, "round " + std::to_string(i));
    file_has("all", ": 19 round " + std::to_string(i) + "\n");
  }
  const auto told = "cannot forward to @127.0.0.1:" + std::to_string(port) +
                    ": Connection refused; its messages wait";
  file_has("all", told);
  EXPECT_EQ(count_of(text_of(path("all")), told), 1U);
}

TEST_F(SyslogForward, WhatCameFromTheNetworkGoesOnOnlyWhereThatIsWanted) {
  auto [to, port, setup] = begin_relay();
  use(1, setup);
  send_udp("<13>far: unwanted", to, "127.0.0.2");
  file_has("all", " 127.0.0.2 far: unwanted\n");
  log("<13>tester: local");
  EXPECT_THAT(receive("tester"), HasSubstr("local"));

  setup.settings.relays = true;
  use(2, setup);
  send_udp("<13>far: wanted", to, "127.0.0.2");
  EXPECT_THAT(receive("wanted"), HasSubstr(" 127.0.0.2 far: wanted"));
  send_udp("<13>far: back to its sender", to, "127.0.0.1");
  send_udp("<13>far: last", to, "127.0.0.2");
  file_has("all", "back to its sender\n");
  std::array<char, 9000> some;
  std::string all;
  receive("last");
  while (recv(other_.get(), some.data(), some.size(), 0) > 0) all += some.data();
  EXPECT_THAT(all, Not(HasSubstr("back")));
}

TEST_F(SyslogForward, WhatSeveralHostsSayIsRelayedForEach) {
  auto [to, port, setup] = begin_relay();
  setup.settings.relays = true;
  setup.settings.folds_repeats = false;
  use(1, setup);
  for (int host = 2; host < 12; ++host) {
    for (int i = 0; i < 3; ++i)
      send_udp("<4>Nov 26 20:41:21 kernel: link down", to, "127.0.0." + std::to_string(host));
  }
  for (int host = 2; host < 12; ++host) {
    for (int i = 0; i < 3; ++i) receive(" 127.0.0." + std::to_string(host) + " kernel: link down");
  }
}

TEST_F(SyslogForward, WhatIsNotRelayedIsCountedAndTold) {
  auto [to, port, setup] = begin_relay();
  setup.settings.relays = true;
  setup.settings.trusts_host = true;
  use(1, setup);
  for (int host = 2; host < 6; ++host)
    send_udp("<13>Nov 26 20:41:21 origin far: round", to, "127.0.0." + std::to_string(host));
  send_udp("<13>Nov 26 20:41:21 origin far: last", to, "127.0.0.2");
  receive("round");
  receive("last");
  EXPECT_EQ(terminate(), 0);
  EXPECT_THAT(text_of(path("all")),
              AllOf(HasSubstr("3 messages were not relayed to @127.0.0.1:" + std::to_string(port) +
                              ": the same had been before\n"),
                    HasSubstr("stopping: received 5, dropped 3,")));
}

TEST_F(SyslogForward, AServerThatForwardsToItselfComesToAnEnd) {
  add_unix("log");
  const auto own = add_udp("127.0.0.1").port();
  start();
  auto setup = setup_of({forward("127.0.0.1", own), file("all")});
  setup.settings.relays = true;
  use(1, setup);
  log("<13>tester: round");
  file_has("all", " 127.0.0.1 tester");
  log("<13>tester: end");
  file_has("all", " 127.0.0.1 tester");
  EXPECT_EQ(terminate(), 0);
  EXPECT_LE(count_of(text_of(path("all")), "round\n"), 2U);
}

}  // namespace
}  // namespace uvinetd::test
