// SPDX-License-Identifier: ISC
#include "core/monitor/reload_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace uvinetd {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

LoadedService service(const std::string& id, const std::string& program = "/bin/true") {
  LoadedService out;
  out.spec.id = id;
  out.spec.program = program;
  return out;
}

Diagnostic diagnostic(int line, const std::string& message, const std::string& file = "a.conf",
                      Severity severity = Severity::Error) {
  Diagnostic out;
  out.severity = severity;
  out.at = {std::make_shared<const std::string>(file), line, 1};
  out.message = message;
  out.slug = "slug";
  return out;
}

void expect_diff(const ReloadDiff& diff, std::size_t kept, std::size_t added, std::size_t removed,
                 std::size_t changed) {
  EXPECT_EQ(diff.kept, kept);
  EXPECT_EQ(diff.added, added);
  EXPECT_EQ(diff.removed, removed);
  EXPECT_EQ(diff.changed, changed);
}

TEST(ReloadDiff, NothingAndNothingAreTheSame) {
  expect_diff(diff({}, {}), 0, 0, 0, 0);
}

TEST(ReloadDiff, CountsEachServiceOnce) {
  expect_diff(diff({service("a"), service("b"), service("c")},
                   {service("d"), service("c"), service("a", "/bin/false")}),
              1, 1, 1, 1);
}

TEST(ReloadDiff, NamesTheFirstOfThem) {
  const auto named = diff({service("a"), service("b"), service("c")},
                          {service("d"), service("c"), service("a", "/bin/false")});
  EXPECT_THAT(named.added_ids, testing::ElementsAre("d"));
  EXPECT_THAT(named.removed_ids, testing::ElementsAre("b"));
  EXPECT_THAT(named.changed_ids, testing::ElementsAre("a"));
  std::vector<LoadedService> many;
  for (int i = 0; i < 1000; ++i) many.push_back(service(std::to_string(i)));
  EXPECT_THAT(diff({}, many).added_ids, SizeIs(ReloadDiff::kMostNamed));
  EXPECT_THAT(diff(many, {}).removed_ids, SizeIs(ReloadDiff::kMostNamed));
}

TEST(ReloadDiff, TheOrderIsNoChange) {
  expect_diff(diff({service("a"), service("b")}, {service("b"), service("a")}), 2, 0, 0, 0);
}

TEST(ReloadDiff, ALineThatMovedIsNoChange) {
  auto before = service("a");
  auto after = service("a");
  before.spec.at.line = 4;
  after.spec.at.line = 90;
  expect_diff(diff({before}, {after}), 1, 0, 0, 0);
}

TEST(ReloadDiff, AnotherIdentityBehindTheSameNameIsAChange) {
  auto after = service("a");
  after.identity.groups = {5};
  expect_diff(diff({service("a")}, {after}), 0, 0, 0, 1);
}

TEST(NewErrors, AreThoseThatWereNotThereBefore) {
  const auto list =
      new_errors({diagnostic(1, "old")}, {diagnostic(1, "old"), diagnostic(2, "new")});
  ASSERT_THAT(list, SizeIs(1));
  EXPECT_EQ(list[0].message, "new");
}

TEST(NewErrors, AnErrorThatMovedIsKnown) {
  EXPECT_THAT(new_errors({diagnostic(1, "old")}, {diagnostic(99, "old")}), IsEmpty());
}

TEST(NewErrors, TheSameErrorInAnotherFileIsNew) {
  EXPECT_THAT(new_errors({diagnostic(1, "old")}, {diagnostic(1, "old", "b.conf")}), SizeIs(1));
}

TEST(NewErrors, OneMoreOfTheSameKindIsNew) {
  const Diagnostics two = {diagnostic(1, "same"), diagnostic(2, "same")};
  const Diagnostics three = {diagnostic(1, "same"), diagnostic(2, "same"), diagnostic(3, "same")};
  EXPECT_THAT(new_errors(two, three), SizeIs(1));
  EXPECT_THAT(new_errors(three, two), IsEmpty());
}

TEST(NewErrors, WarningsAreNone) {
  const auto warning = diagnostic(1, "text", "a.conf", Severity::Warning);
  EXPECT_THAT(new_errors({}, {warning}), IsEmpty());
  // And a warning does not excuse the error of the same words.
  EXPECT_THAT(new_errors({warning}, {diagnostic(1, "text")}), SizeIs(1));
}

TEST(NewErrors, OneWithoutAFileIsKnownTo) {
  auto bare = diagnostic(0, "text");
  bare.at.file = nullptr;
  EXPECT_THAT(new_errors({bare}, {bare}), IsEmpty());
  EXPECT_THAT(new_errors({}, {bare}), SizeIs(1));
}

}  // namespace
}  // namespace uvinetd
