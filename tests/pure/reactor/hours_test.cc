// SPDX-License-Identifier: ISC
#include "core/reactor/admission/hours.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <ctime>
#include <limits>
#include <string>

#include "core/reactor/admission/load_average.h"

namespace uvinetd::testing {
namespace {

TEST(Hours, AMinuteIsWithinARangeFromItsBeginUntilJustBeforeItsEnd) {
  const DayTimes times{{{0, 1}, {480, 600}, {1439, 1440}}};
  for (unsigned minute = 0; minute < 1440; ++minute) {
    const bool is_open = minute == 0 || (minute >= 480 && minute < 600) || minute == 1439;
    EXPECT_EQ(is_within(times, minute), is_open) << minute;
    EXPECT_TRUE(is_within({}, minute));
  }
}

TEST(Hours, TooBusyIsFromTheLimitOnAndWhereNobodyKnows) {
  EXPECT_FALSE(is_too_busy(2.5, 2.49));
  EXPECT_TRUE(is_too_busy(2.5, 2.5));
  EXPECT_TRUE(is_too_busy(2.5, 100));
  EXPECT_TRUE(is_too_busy(2.5, std::nullopt));
  EXPECT_FALSE(is_too_busy(0, 100));
  EXPECT_FALSE(is_too_busy(0, std::nullopt));
}

TEST(Hours, TheLoadIsKnown) {
  const auto load = load_average();
  ASSERT_TRUE(load);
  EXPECT_GE(*load, 0);
}

TEST(Hours, ReasonsAreTimeBeforeLoad) {
  HoursCheck check;
  const std::chrono::milliseconds now{5'000};
  EXPECT_EQ(check.refuse({}, now), nullptr);
  HoursSettings settings;
  settings.times.ranges = {{0, 1440}};
  settings.max_load = std::numeric_limits<double>::max();
  EXPECT_EQ(check.refuse(settings, now), nullptr);
}

// Where it is morning in one of two zones that are twelve hours apart, it is not in the other.
TEST(Hours, AreThoseOfTheZone) {
  const char* before = getenv("TZ");
  const std::string old = before != nullptr ? before : "";
  const auto refused_in = [](const char* zone, const DayTimes& times) {
    setenv("TZ", zone, 1);
    tzset();
    HoursSettings settings;
    settings.times = times;
    return HoursCheck().refuse(settings, std::chrono::milliseconds(0)) != nullptr;
  };
  const DayTimes morning{{{0, 720}}};
  EXPECT_NE(refused_in("XXX0", morning), refused_in("XXX-12", morning));
  if (before != nullptr) {
    setenv("TZ", old.c_str(), 1);
  } else {
    unsetenv("TZ");
  }
  tzset();
}

}  // namespace
}  // namespace uvinetd::testing
