// SPDX-License-Identifier: ISC
// When clients are served: times of the day, the load of the host.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/codec.h"

namespace uvinetd {

// Times of every day, in minutes since midnight.
struct DayTimes {
  struct Range {
    std::uint16_t begin = 0;
    std::uint16_t end = 0;  // not in it

    friend bool operator==(const Range&, const Range&) = default;
  };
  // In a table: sorted, disjoint, none past midnight.
  std::vector<Range> ranges;

  friend bool operator==(const DayTimes&, const DayTimes&) = default;
};

struct HoursSettings {
  DayTimes times;       // without any range: always
  double max_load = 0;  // the load of one minute at which nobody is let in any more; 0: none

  friend bool operator==(const HoursSettings&, const HoursSettings&) = default;
};

void put(Writer& out, const HoursSettings& settings);
void get(Reader& in, HoursSettings& out);

}  // namespace uvinetd
