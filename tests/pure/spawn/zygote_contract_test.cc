// SPDX-License-Identifier: ISC
// A zygote and its child end by every message that is not in the contract; a program that cannot be
// one says why; and one that nobody wants parked runs as if the library were not there.
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>

#include "tests/pure/spawn/warm_start.h"

namespace uvinetd::test {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

// ---- breaches --------------------------------------------------------------------------------

struct Breach {
  const char* name;
  std::string bytes;
  int descriptors = 1;
};

template <typename Message>
std::string spoiled(Message message, std::size_t at) {
  auto bytes = bytes_of(message);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return bytes;
}
const zygote::Head kFork{zygote::kMagic, zygote::Kind::Fork, 0};

class ForkBreach : public testing::TestWithParam<Breach> {};

TEST_P(ForkBreach, EndsTheZygote) {
  WarmProgram warm({.argv = program({"echo"})});
  ASSERT_TRUE(warm.parks());
  const UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<int> descriptors(static_cast<std::size_t>(GetParam().descriptors), fd.get());
  ASSERT_TRUE(send_bytes(warm.channel(), GetParam().bytes, descriptors));
  EXPECT_EQ(WEXITSTATUS(warm.collect()), 1);
}

INSTANTIATE_TEST_SUITE_P(, ForkBreach,
                         testing::Values(Breach{"Magic", spoiled(kFork, 0)},
                                         Breach{"Kind", spoiled(kFork, 4)},
                                         Breach{"Zero", spoiled(kFork, 6)},
                                         Breach{"TooShort", bytes_of(kFork).substr(0, 7)},
                                         Breach{"TooLong", bytes_of(kFork) + "x"},
                                         Breach{"NoDescriptor", bytes_of(kFork), 0},
                                         Breach{"TwoDescriptors", bytes_of(kFork), 2},
                                         Breach{"ManyDescriptors", bytes_of(kFork), 100},
                                         Breach{"Serve", serve_message({})}),
                         [](const auto& each) { return std::string(each.param.name); });

class ServeBreach : public testing::TestWithParam<Breach> {};

TEST_P(ServeBreach, EndsTheChildAndNotTheZygote) {
  WarmProgram warm({.argv = program({"echo"})});
  ASSERT_TRUE(warm.parks());
  const auto child = warm.fork();
  const UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<int> descriptors(static_cast<std::size_t>(GetParam().descriptors), fd.get());
  ASSERT_TRUE(send_bytes(child.pair.get(), GetParam().bytes, descriptors));
  const int status = wait_for(child.pid);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_EQ(warm.end(), 0);
}

std::string serve_bytes(std::uint32_t count, const std::string& strings) {
  zygote::Serve serve;
  serve.variables = count;
  return bytes_of(serve) + strings;
}

INSTANTIATE_TEST_SUITE_P(
    , ServeBreach,
    testing::Values(Breach{"Magic", spoiled(zygote::Serve{}, 1)}, Breach{"Fork", fork_message()},
                    Breach{"TooShort", bytes_of(zygote::Serve{}).substr(0, 11)},
                    Breach{"Empty", std::string("x")},
                    Breach{"NoZero", serve_bytes(1, "PROTO=TCP")},
                    Breach{"TooFewStrings", serve_bytes(2, "PROTO=TCP\0"s)},
                    Breach{"TooManyStrings", serve_bytes(1, "PROTO=TCP\0A=1\0"s)},
                    Breach{"NoStringAtAll", serve_bytes(0xffffffff, "")},
                    Breach{"NoEquals", serve_bytes(1, "PROTO\0"s)},
                    Breach{"NoName", serve_bytes(1, "=TCP\0"s)},
                    Breach{"TooLongForASlot", serve_message({longest_variable() + "."})},
                    Breach{"TooLong", serve_message(Strings(20, longest_variable()))},
                    Breach{"NoDescriptor", serve_message({}), 0},
                    Breach{"TwoDescriptors", serve_message({}), 2}),
    [](const auto& each) { return std::string(each.param.name); });

// ---- refusals --------------------------------------------------------------------------------

struct RefusalCase {
  const char* name;
  std::string at_start;
  std::string reason;
};

class Refusal : public testing::TestWithParam<RefusalCase> {};

TEST_P(Refusal, HasAReason) {
  char folder[] = "/tmp/uvinetd-zygote-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  auto at_start = GetParam().at_start;
  if (const auto at = at_start.find("FOLDER"); at != std::string::npos) {
    at_start.replace(at, 6, folder);
  }
  const WarmOptions options{.argv = program({"echo"}), .environment = {"AT_START=" + at_start}};
  WarmProgram warm(options);
  EXPECT_EQ(warm.refusal(), GetParam().reason);
  EXPECT_EQ(warm.hear(), "");
  EXPECT_EQ(warm.collect(), 0);
  EXPECT_EQ(std::system(("rm -r " + std::string(folder)).c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(
    , Refusal,
    testing::Values(RefusalCase{"OneThread", "thread 1", "it has 2 threads"},
                    RefusalCase{"ManyThreads", "thread 11", "it has 12 threads"},
                    RefusalCase{"AReplacedFile", "map-and-remove FOLDER/file",
                                "a file that it has mapped was replaced"},
                    RefusalCase{"TooManyFiles", "map-many FOLDER", "it has too many files mapped"},
                    RefusalCase{"MoreRightsThanItsCaller", "secure",
                                "it runs with more rights than its caller"},
                    RefusalCase{"AKernelThatCannotCopyAThread", "forbid-prctl 40",
                                "the kernel cannot copy a thread (CONFIG_CHECKPOINT_RESTORE)"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Zygote, RefusesALauncherOfAnotherBuild) {
  for (const auto* const wish : {"main 0", "main 1", "io 0"}) {
    for (const auto* const build : {"", "another", UVINETD_BUILD_ID " ", UVINETD_BUILD_ID "0"}) {
      SCOPED_TRACE(std::string(wish) + ' ' + build);
      WarmProgram warm({.argv = program({"echo"}), .wish = wish, .build = build});
      EXPECT_EQ(warm.refusal(), "uvi-zygote.so is of another build than the running uvinetd");
      EXPECT_EQ(warm.collect(), 0);
    }
  }
}

TEST(Zygote, ThatEndsBeforeItParksClosesItsChannel) {
  WarmProgram leaves({.argv = program({"echo"}), .environment = {"AT_START=exit 3"}});
  EXPECT_EQ(leaves.hear(), "");
  EXPECT_EQ(WEXITSTATUS(leaves.collect()), 3);
  WarmProgram crashes({.argv = program({"echo"}), .environment = {"AT_START=abort"}});
  EXPECT_EQ(crashes.hear(), "");
  EXPECT_EQ(WTERMSIG(crashes.collect()), SIGABRT);
}

// ---- where nobody wants a zygote -------------------------------------------------------------

TEST(ZygoteLibrary, LeavesAProgramAloneThatNobodyWantsParked) {
  for (const std::string wish : {"", "main", "main ", "main x", "main 0", "main 00 x", "io", "io 0",
                                 "Main 0 x", "main  0 x"}) {
    SCOPED_TRACE(wish);
    auto connection = make_ends(SOCK_STREAM);
    const auto channel = make_ends(SOCK_SEQPACKET);
    const pid_t pid =
        start(program({"state"}), {"LD_PRELOAD=" UVINETD_ZYGOTE_LIBRARY, "UVINETD_ZYGOTE=" + wish},
              connection.theirs.get(), channel.theirs.get());
    connection.theirs.reset();
    EXPECT_THAT(read_all(connection.ours.get()),
                HasSubstr("variable UVINETD_ZYGOTE=" + wish + "\n"));
    EXPECT_EQ(wait_for(pid), 0);
  }
}

TEST(ZygoteLibrary, LeavesAProgramAloneThatHasNoChannel) {
  const auto stream = make_ends(SOCK_STREAM);
  for (const int channel : {-1, stream.theirs.get()}) {
    auto connection = make_ends(SOCK_STREAM);
    const pid_t pid =
        start(program({"state"}),
              {"LD_PRELOAD=" UVINETD_ZYGOTE_LIBRARY, "UVINETD_ZYGOTE=main 0 " UVINETD_BUILD_ID},
              connection.theirs.get(), channel);
    connection.theirs.reset();
    EXPECT_THAT(read_all(connection.ours.get()),
                HasSubstr("variable UVINETD_ZYGOTE=main 0 " UVINETD_BUILD_ID "\n"));
    EXPECT_EQ(wait_for(pid), 0);
  }
}

TEST(ZygoteLibrary, NeedsNoLibraryButTheCLibrary) {
  const std::string command = "readelf -d " UVINETD_ZYGOTE_LIBRARY " | grep NEEDED";
  FILE* const output = popen(command.c_str(), "re");
  ASSERT_NE(output, nullptr);
  Strings needed;
  char line[512];
  while (fgets(line, sizeof line, output) != nullptr) needed.emplace_back(line);
  pclose(output);
  EXPECT_THAT(needed, testing::ElementsAre(HasSubstr("[libc.so.6]")));
}

}  // namespace
}  // namespace uvinetd::test
