// SPDX-License-Identifier: ISC
// The registrar with helpers that write down what they were told to do.
#include "core/monitor/rpc_registrar.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/pure/base/turning_loop.h"
#include "tests/pure/monitor/sockets_of_tests.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

RpcBinding binding(std::uint32_t program, std::uint16_t port = 700) {
  return {program, 1, 3, "udp", *SocketAddress::parse_ip("127.0.0.1", port)};
}

class RpcRegistrarTest : public LoopTest {
 protected:
  // In the helper.
  bool write(const char* what, const RpcBinding& told) const {
    const auto line =
        what + std::to_string(told.program) + ' ' + std::to_string(told.address.port()) + '\n';
    const int fd = open(diary.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const bool is_good = ::write(fd, line.data(), line.size()) > 0;
    close(fd);
    if (access(directory.file("hang").c_str(), F_OK) == 0) pause();
    return is_good && access(directory.file("refuse").c_str(), F_OK) != 0;
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    std::ifstream file(diary);
    for (std::string line; std::getline(file, line);) out.push_back(line);
    return out;
  }
  bool rests() {
    return turn_until([this] { return !registrar.is_busy(); });
  }
  void touch(const char* name) const { std::ofstream(directory.file(name)) << "x"; }
  void remove(const char* name) const { unlink(directory.file(name).c_str()); }

  TemporaryDirectory directory;
  std::string diary = directory.file("diary");
  Log log;
  int idle = 0;
  RpcRegistrar registrar{loop,
                         timers,
                         log,
                         [this] { ++idle; },
                         {[this](const RpcBinding& told) { return write("+", told); },
                          [this](const RpcBinding& told) { return write("-", told); }}};
};

TEST_F(RpcRegistrarTest, WithoutRpcServicesThereIsNoHelper) {
  registrar.want({});
  EXPECT_FALSE(registrar.is_busy());
  registrar.stop();
  EXPECT_FALSE(registrar.is_busy());
}

TEST_F(RpcRegistrarTest, TellsWhatIsNewAndWithdrawsWhatIsGone) {
  registrar.want({binding(1), binding(2)});
  EXPECT_TRUE(registrar.is_busy());
  EXPECT_TRUE(rests());
  EXPECT_THAT(registrar.registered(), SizeIs(2));
  registrar.want({binding(1), binding(2)});
  EXPECT_FALSE(registrar.is_busy());
  registrar.want({binding(2), binding(3)});
  EXPECT_TRUE(rests());
  registrar.want({binding(2, 701), binding(3)});
  EXPECT_TRUE(rests());
  EXPECT_THAT(lines(), ElementsAre("+1 700", "+2 700", "-1 700", "+3 700", "-2 700", "+2 701"));
  EXPECT_EQ(idle, 3);
}

TEST_F(RpcRegistrarTest, ARenewalTellsEverythingAgainAndWithdrawsWhatIsGone) {
  registrar.want({binding(1), binding(2)});
  EXPECT_TRUE(rests());
  registrar.renew();
  registrar.want({binding(2)});
  EXPECT_TRUE(rests());
  EXPECT_THAT(lines(), ElementsAre("+1 700", "+2 700", "-1 700", "+2 700"));
  EXPECT_THAT(registrar.registered(), ElementsAre(binding(2)));
}

TEST_F(RpcRegistrarTest, WhatIsWantedMeanwhileComesNext) {
  registrar.want({binding(1)});
  registrar.want({binding(2)});
  EXPECT_TRUE(turn_until([this] { return lines().size() == 3; }));
  EXPECT_TRUE(rests());
  EXPECT_THAT(lines(), ElementsAre("+1 700", "-1 700", "+2 700"));
  EXPECT_THAT(registrar.registered(), ElementsAre(binding(2)));
}

TEST_F(RpcRegistrarTest, WhatFailsIsTriedAgain) {
  touch("refuse");
  registrar.want({binding(1)});
  EXPECT_TRUE(rests());
  EXPECT_THAT(registrar.registered(), IsEmpty());
  remove("refuse");
  EXPECT_TRUE(turn_until([this] { return registrar.registered().size() == 1; }));
  EXPECT_THAT(lines(), ElementsAre("+1 700", "+1 700"));
}

TEST_F(RpcRegistrarTest, StoppingWithdrawsEverythingAlsoWhatHangs) {
  registrar.want({binding(1)});
  EXPECT_TRUE(rests());
  touch("hang");
  registrar.want({binding(1), binding(2)});
  EXPECT_TRUE(turn_until([this] { return lines().size() == 2; }));
  remove("hang");
  registrar.stop();
  EXPECT_TRUE(rests());
  EXPECT_THAT(lines(), ElementsAre("+1 700", "+2 700", "-1 700", "-2 700"));
  registrar.want({binding(3)});
  EXPECT_FALSE(registrar.is_busy());
}

TEST_F(RpcRegistrarTest, AHelperThatSomebodyElseCollectsIsNotKilledAfterwards) {
  registrar.want({binding(1)});
  int status = 0;
  const pid_t pid = waitpid(-1, &status, 0);
  EXPECT_FALSE(registrar.on_process_end(pid + 1));
  EXPECT_TRUE(registrar.on_process_end(pid));
  EXPECT_FALSE(registrar.on_process_end(pid));
  EXPECT_TRUE(rests());
  EXPECT_THAT(registrar.registered(), SizeIs(1));
}

// A new daemon must be able to bind while an old one's helper still talks.
TEST_F(RpcRegistrarTest, AHelperHoldsNoSocketOfOurs) {
  UniqueFd listener(socket(AF_UNIX, SOCK_STREAM, 0));
  const auto path = directory.file("socket");
  const auto address = *SocketAddress::unix_path(path);
  ASSERT_EQ(bind(listener.get(), address.data(), address.size()), 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  touch("hang");
  registrar.want({binding(1)});
  EXPECT_TRUE(turn_until([this] { return lines().size() == 1; }));
  listener.reset();
  EXPECT_FALSE(connects_to(path, SOCK_STREAM));
}

}  // namespace
}  // namespace uvinetd
