// SPDX-License-Identifier: ISC
#include "core/config/access_time.h"

#include <gtest/gtest.h>

#include <string>

namespace uvinetd::testing {
namespace {

using Range = DayTimes::Range;

TEST(AccessTimes, AreReadToTheMinute) {
  EXPECT_EQ(parse_access_time("08:00-17:30"), (Range{480, 1050}));
  EXPECT_EQ(parse_access_time("8:05-9:00"), (Range{485, 540}));
  EXPECT_EQ(parse_access_time("00:00-24:00"), (Range{0, 1440}));
  EXPECT_EQ(parse_access_time("22:00-06:00"), (Range{1320, 360}));
  EXPECT_EQ(parse_access_time("23:59-0:00"), (Range{1439, 0}));
}

TEST(AccessTimes, AreNothingElse) {
  for (const char* text :
       {"", "-", "8-17", "08:00", "08:00-", "-08:00", "08:00-08:00", "24:00-08:00", "08:60-09:00",
        "08:00-24:01", "008:00-9:00", "08:0-9:00-10:00", "-1:00-2:00", "08:00 - 09:00",
        "99:99-1:00", "08:00-4294967296:00"}) {
    EXPECT_FALSE(parse_access_time(text)) << text;
  }
}

// What a minute is, without ranges being merged.
bool is_in(const std::vector<Range>& ranges, unsigned minute) {
  for (const auto& range : ranges) {
    const bool is_over_midnight = range.begin >= range.end;
    const bool is_after = minute >= range.begin;
    const bool is_before = minute < range.end;
    if (is_over_midnight ? is_after || is_before : is_after && is_before) return true;
  }
  return false;
}

TEST(AccessTimes, MergedCoverTheSameMinutesSortedAndDisjoint) {
  const std::vector<std::vector<Range>> cases{
      {{480, 1050}},
      {{1320, 360}},
      {{480, 600}, {540, 720}},
      {{600, 720}, {480, 600}},
      {{0, 1440}},
      {{1439, 0}, {0, 1}},
      {{1320, 360}, {300, 1330}},
      {{1, 2}, {3, 4}, {3, 4}, {1438, 1}},
  };
  for (const auto& ranges : cases) {
    const auto merged = merge_access_times(ranges).ranges;
    unsigned last = 0;
    for (const auto& range : merged) {
      EXPECT_TRUE(range.begin >= last && range.begin < range.end && range.end <= kMinutesOfDay);
      last = range.end + 1U;  // two that touch are one
    }
    for (unsigned minute = 0; minute < kMinutesOfDay; ++minute) {
      EXPECT_EQ(is_in(merged, minute), is_in(ranges, minute)) << minute;
    }
  }
}

TEST(AccessTimes, MergedAreBoundedWhateverTheyWereMadeOf) {
  std::vector<Range> ranges;
  for (std::uint16_t minute = 0; minute < kMinutesOfDay; minute += 2) {
    for (int i = 0; i < 10; ++i) ranges.push_back({minute, static_cast<std::uint16_t>(minute + 1)});
  }
  EXPECT_EQ(merge_access_times(ranges).ranges.size(), kMinutesOfDay / 2);
  EXPECT_TRUE(merge_access_times({}).ranges.empty());
}

}  // namespace
}  // namespace uvinetd::testing
