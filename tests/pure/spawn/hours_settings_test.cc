// SPDX-License-Identifier: ISC
#include "spawn/settings/hours.h"

#include <gtest/gtest.h>

#include <limits>

namespace uvinetd::testing {
namespace {

std::string bytes_of(const HoursSettings& settings) {
  Writer out;
  put(out, settings);
  return out.take();
}

// Whether these bytes are settings.
bool is_read(const std::string& bytes, HoursSettings& out) {
  Reader in(bytes);
  get(in, out);
  return in.is_at_end();
}

TEST(HoursSettings, ComeBackAsTheyWere) {
  HoursSettings whole;
  for (std::uint16_t minute = 0; minute < 1440; minute += 2) {
    whole.times.ranges.push_back({minute, static_cast<std::uint16_t>(minute + 1)});
  }
  for (const auto& settings : {HoursSettings(), HoursSettings{{{{0, 1440}}}, 0},
                               HoursSettings{{{{0, 1}, {1439, 1440}}}, 1e-9},
                               HoursSettings{{}, std::numeric_limits<double>::max()}, whole}) {
    HoursSettings read;
    EXPECT_TRUE(is_read(bytes_of(settings), read));
    EXPECT_EQ(read, settings);
  }
}

TEST(HoursSettings, OfNoDayAreNone) {
  using Ranges = std::vector<DayTimes::Range>;
  for (const Ranges& ranges :
       {Ranges{{1, 1}}, Ranges{{2, 1}}, Ranges{{0, 1441}}, Ranges{{5, 9}, {1, 2}},
        Ranges{{0, 9}, {8, 10}}, Ranges{{1440, 1440}}, Ranges(721, {0, 1})}) {
    HoursSettings read;
    EXPECT_FALSE(is_read(bytes_of({{ranges}, 0}), read));
    EXPECT_EQ(read, HoursSettings());
  }
  for (const double load :
       {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    HoursSettings read;
    EXPECT_FALSE(is_read(bytes_of({{}, load}), read));
    EXPECT_EQ(read, HoursSettings());
  }
}

TEST(HoursSettings, ThatEndEarlyAreNone) {
  const auto bytes = bytes_of({{{{480, 600}, {700, 800}}}, 2.5});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    HoursSettings read;
    EXPECT_FALSE(is_read(bytes.substr(0, size), read)) << size;
    EXPECT_EQ(read, HoursSettings());
  }
}

}  // namespace
}  // namespace uvinetd::testing
