// SPDX-License-Identifier: ISC
// The model as the lines of a screen. Pure: TopScreen only puts them there.
#pragma once

#include <string>
#include <vector>

#include "core/ctl/top/top_model.h"

namespace uvinetd {

struct TopSize {
  std::size_t lines = 24;
  std::size_t columns = 80;
};

struct TopSpan {
  std::string text;
  Paint paint = Paint::None;
  bool is_reverse = false;
};
using TopLine = std::vector<TopSpan>;

// Never more lines than the screen has, and none that is wider.
[[nodiscard]] std::vector<TopLine> top_frame(const TopModel& model, TopSize size);
// Rows of services that a screen has room for.
[[nodiscard]] std::size_t page_of(TopSize size);
// Of each column of the table, in columns of the screen; 0: there is no room for it.
[[nodiscard]] std::vector<std::size_t> top_widths(const std::vector<ServiceRow>& rows,
                                                  std::size_t columns);

}  // namespace uvinetd
