// SPDX-License-Identifier: ISC
// `list`: services in columns.
#include <map>

#include "core/ctl/live/print.h"
#include "core/ctl/live/service_columns.h"
#include "core/ctl/live/text_table.h"

namespace uvinetd {
namespace {

bool is_wanted(const LiveOptions& live, const ServiceView& service) {
  if (live.running && service.running == 0) return false;
  if (live.paused && !is_paused(service)) return false;
  return live.filter.empty() || has_text(service, live.filter);
}

std::vector<ServiceRow> chosen_rows(const LiveOptions& live, const Answer& answer) {
  std::vector<ServiceRow> out;
  for (const auto* value : values_of(answer, "service")) {
    auto service = read_service(*value);
    if (is_wanted(live, service)) out.push_back({std::move(service), {}});
  }
  sort_rows(out, find_column(live.sort, ColumnPlace::List), live.reverse);
  return out;
}

}  // namespace

std::vector<const nlohmann::json*> chosen_services(const LiveOptions& live, const Answer& answer) {
  // Ids are unique; should a daemon repeat one, all of it are told.
  std::multimap<std::string, const nlohmann::json*> by_id;
  for (const auto* value : values_of(answer, "service"))
    by_id.emplace(text_of(*value, "id"), value);
  std::vector<const nlohmann::json*> out;
  for (const auto& row : chosen_rows(live, answer)) {
    const auto found = by_id.find(row.service.id);
    if (found == by_id.end()) continue;
    out.push_back(found->second);
    by_id.erase(found);
  }
  return out;
}

std::string print_list(const LiveOptions& live, const Answer& answer, PrintForm form) {
  const auto columns = columns_of(ColumnPlace::List);
  std::vector<TextTable::Column> titles;
  for (const auto* column : columns) {
    titles.push_back({std::string(column->title), column->number != nullptr});
  }
  TextTable table(std::move(titles), form.has_colors);
  for (const auto& row : chosen_rows(live, answer)) {
    std::vector<TableCell> cells;
    for (const auto* column : columns) cells.push_back({column->text(row), paint_of(*column, row)});
    table.add(std::move(cells));
  }
  return table.text();
}

}  // namespace uvinetd
