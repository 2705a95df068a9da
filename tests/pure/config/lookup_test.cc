// SPDX-License-Identifier: ISC
#include "core/config/load/lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

#include "tests/pure/config/fake_name_service.h"

namespace uvinetd::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

bool has_no_child() {
  return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

LookupResults run_lookups(const LookupRequest& request, milliseconds deadline,
                          const NameService& service) {
  LookupHelper helper(service);
  return helper.ask(request, deadline);
}

TEST(Lookup, AnswersEverything) {
  LookupRequest request;
  request.users = {"ann", "1002", "4242", "ghost", "fail"};
  request.groups = {"staff", "ghosts"};
  request.hosts = {"both.example", "nowhere.example"};
  const auto results = run_lookups(request, seconds(60), FakeNameService());
  EXPECT_EQ(results.users.at("ann").value.uid, 1001U);
  EXPECT_EQ(results.users.at("ann").value.shell, "/bin/ash");
  EXPECT_THAT(results.users.at("ann").value.groups, ElementsAre(27, 100));
  EXPECT_EQ(results.users.at("1002").value.name, "a.b");
  EXPECT_EQ(results.users.at("4242").state, LookupState::Absent);
  EXPECT_EQ(results.users.at("ghost").state, LookupState::Absent);
  EXPECT_EQ(results.users.at("fail").state, LookupState::Failed);
  EXPECT_EQ(results.groups.at("staff").value, 50U);
  EXPECT_EQ(results.groups.at("ghosts").state, LookupState::Absent);
  EXPECT_THAT(results.hosts.at("both.example").value,
              ElementsAre("10.0.0.1", "10.0.0.2", "2001:db8::1"));
  EXPECT_EQ(results.hosts.at("nowhere.example").state, LookupState::Absent);
  EXPECT_TRUE(has_no_child());
}

TEST(Lookup, ANameServiceThatHangsIsKilledAtTheDeadline) {
  LookupRequest request;
  request.users = {"ann"};
  request.hosts = {"both.example", "hang.example", "zzz.example"};
  const auto results = run_lookups(request, milliseconds(300), FakeNameService());
  EXPECT_EQ(results.users.count("ann"), 1U);
  EXPECT_EQ(results.hosts.count("both.example"), 1U);
  EXPECT_EQ(results.hosts.count("hang.example"), 0U);
  EXPECT_EQ(results.hosts.count("zzz.example"), 0U);
  EXPECT_TRUE(has_no_child());
}

TEST(Lookup, AHelperThatDiesLosesOnlyWhatItHadNotAnswered) {
  LookupRequest request;
  request.users = {"ann", "die"};
  request.groups = {"staff"};
  const auto results = run_lookups(request, seconds(60), FakeNameService());
  EXPECT_EQ(results.users.count("ann"), 1U);
  EXPECT_EQ(results.users.count("die"), 0U);
  EXPECT_THAT(results.groups, IsEmpty());
  EXPECT_TRUE(has_no_child());
}

TEST(Lookup, ManyAnswersPassThroughThePipe) {
  FakeNameService service;
  LookupRequest request;
  for (int i = 0; i < 20000; ++i) {
    const auto name = "host" + std::to_string(i);
    service.hosts[name] = {"10.0.0.1", "10.0.0.2", "2001:db8::1"};
    request.hosts.insert(name);
  }
  service.users["ann"].groups.assign(65536, 7);
  request.users.insert("ann");
  const auto results = run_lookups(request, seconds(60), service);
  EXPECT_EQ(results.hosts.size(), 20000U);
  EXPECT_EQ(results.users.at("ann").value.groups.size(), 65536U);
}

TEST(Lookup, NothingToAskIsAnsweredAtOnce) {
  EXPECT_THAT(run_lookups({}, milliseconds(0), FakeNameService()).users, IsEmpty());
}

TEST(Lookup, LeavesTheCallersSignalsAsTheyWere) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  sigset_t before;
  sigprocmask(SIG_BLOCK, &mask, &before);
  LookupRequest request;
  request.users = {"ann"};
  EXPECT_EQ(run_lookups(request, seconds(60), FakeNameService()).users.size(), 1U);
  sigset_t after;
  sigprocmask(SIG_SETMASK, &before, &after);
  EXPECT_EQ(sigismember(&after, SIGUSR1), 1);
  EXPECT_EQ(sigismember(&after, SIGUSR2), 0);
}

TEST(Lookup, TheSystemKnowsRootAndLocalhost) {
  LookupRequest request;
  request.users = {"root", "0"};
  request.hosts = {"localhost"};
  const auto results = run_lookups(request, seconds(60), system_name_service());
  EXPECT_EQ(results.users.at("root").state, LookupState::Found);
  EXPECT_EQ(results.users.at("root").value.uid, 0U);
  EXPECT_EQ(results.users.at("0").value.uid, 0U);
  EXPECT_FALSE(results.hosts.at("localhost").value.empty());
}

}  // namespace
}  // namespace uvinetd::testing
