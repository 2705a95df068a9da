// SPDX-License-Identifier: ISC
// The columns of `list` and `top`: what stands in them, and how they sort. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ctl/live/service_view.h"
#include "core/ctl/live/text_table.h"

namespace uvinetd {

enum class ColumnPlace : unsigned char { List, Top };

struct ServiceColumn {
  std::string_view name;  // of --sort
  std::string_view title;
  bool is_in_list;
  bool is_in_top;
  // Numbers stand at the right, and the largest comes first; nullptr: a text, in its order.
  double (*number)(const ServiceRow& row);
  std::string (*text)(const ServiceRow& row);
};

[[nodiscard]] std::vector<const ServiceColumn*> columns_of(ColumnPlace place);
[[nodiscard]] std::vector<std::string_view> column_names(ColumnPlace place);
// nullptr: none of this name there.
[[nodiscard]] const ServiceColumn* find_column(std::string_view name, ColumnPlace place);
// What the text of a column is to be painted with in this row.
[[nodiscard]] Paint paint_of(const ServiceColumn& column, const ServiceRow& row);

// Those that are equal keep their order. `column` nullptr: all do.
void sort_rows(std::vector<ServiceRow>& rows, const ServiceColumn* column, bool is_reverse);

}  // namespace uvinetd
