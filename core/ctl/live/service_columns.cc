// SPDX-License-Identifier: ISC
#include "core/ctl/live/service_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "core/ctl/live/human.h"

namespace uvinetd {
namespace {

using Row = ServiceRow;

std::string latency(const std::optional<std::int64_t>& usec) {
  return usec ? duration_text(std::chrono::microseconds(*usec)) : "-";
}

double order(const std::optional<std::int64_t>& number) {
  return number ? static_cast<double>(*number) : -1;
}

std::string state_text(const Row& row) {
  const auto& service = row.service;
  return service.reason.empty() ? service.state : service.state + ":" + service.reason;
}

std::string running_text(const Row& row) {
  const auto& service = row.service;
  const auto running = count_text(service.running);
  return service.limit == 0 ? running : running + "/" + count_text(service.limit);
}

constexpr std::array kColumns{
    ServiceColumn{"id", "SERVICE", true, true, nullptr,
                  [](const Row& row) { return row.service.id; }},
    ServiceColumn{"state", "STATE", true, true, nullptr, state_text},
    ServiceColumn{"starts", "START/S", false, true, [](const Row& row) { return row.rates.starts; },
                  [](const Row& row) { return rate_text(row.rates.starts); }},
    ServiceColumn{"running", "RUN", true, true,
                  [](const Row& row) { return static_cast<double>(row.service.running); },
                  running_text},
    ServiceColumn{"queue", "QUEUE", true, true,
                  [](const Row& row) { return order(row.service.queue); },
                  [](const Row& row) -> std::string {
                    return row.service.queue ? count_text(*row.service.queue) : "-";
                  }},
    ServiceColumn{"started", "STARTED", true, false,
                  [](const Row& row) { return static_cast<double>(row.service.started); },
                  [](const Row& row) { return count_text(row.service.started); }},
    ServiceColumn{"refused", "REFUSED", true, false,
                  [](const Row& row) { return static_cast<double>(sum_of(row.service.refused)); },
                  [](const Row& row) { return count_text(sum_of(row.service.refused)); }},
    ServiceColumn{"failed", "FAILED", true, false,
                  [](const Row& row) { return static_cast<double>(sum_of(row.service.failed)); },
                  [](const Row& row) { return count_text(sum_of(row.service.failed)); }},
    ServiceColumn{"refusals", "REF/S", false, true,
                  [](const Row& row) { return row.rates.refusals; },
                  [](const Row& row) { return rate_text(row.rates.refusals); }},
    ServiceColumn{"reason", "REASON", false, true, nullptr,
                  [](const Row& row) -> std::string {
                    return row.rates.by_reason.empty() ? "" : row.rates.by_reason[0].first;
                  }},
    ServiceColumn{"p50", "P50", true, true,
                  [](const Row& row) { return order(row.service.p50_usec); },
                  [](const Row& row) { return latency(row.service.p50_usec); }},
    ServiceColumn{"p99", "P99", true, true,
                  [](const Row& row) { return order(row.service.p99_usec); },
                  [](const Row& row) { return latency(row.service.p99_usec); }},
    ServiceColumn{"cpu", "CPU", true, false,
                  [](const Row& row) { return static_cast<double>(row.service.cpu_usec); },
                  [](const Row& row) {
                    return duration_text(std::chrono::microseconds(row.service.cpu_usec));
                  }},
    ServiceColumn{"load", "CPU%", false, true, [](const Row& row) { return row.rates.load; },
                  [](const Row& row) { return rate_text(row.rates.load * 100); }},
};

bool is_in(const ServiceColumn& column, ColumnPlace place) {
  return place == ColumnPlace::List ? column.is_in_list : column.is_in_top;
}

bool is_before(const ServiceColumn& column, const Row& a, const Row& b) {
  if (column.number != nullptr) return column.number(a) > column.number(b);
  // A row without a reason, say, comes after those that have one.
  const auto first = column.text(a);
  const auto second = column.text(b);
  if (first.empty() != second.empty()) return second.empty();
  return first < second;
}

}  // namespace

std::vector<const ServiceColumn*> columns_of(ColumnPlace place) {
  std::vector<const ServiceColumn*> out;
  for (const auto& column : kColumns) {
    if (is_in(column, place)) out.push_back(&column);
  }
  return out;
}

std::vector<std::string_view> column_names(ColumnPlace place) {
  std::vector<std::string_view> out;
  for (const auto* column : columns_of(place)) out.push_back(column->name);
  return out;
}

const ServiceColumn* find_column(std::string_view name, ColumnPlace place) {
  for (const auto* column : columns_of(place)) {
    if (column->name == name) return column;
  }
  return nullptr;
}

Paint paint_of(const ServiceColumn& column, const ServiceRow& row) {
  const auto& service = row.service;
  if (column.name == "state") {
    if (is_paused(service)) return Paint::Warning;
    return service.state == "unbound" ? Paint::Bad : Paint::None;
  }
  if (column.name == "running" && service.limit > 0 && service.running >= service.limit) {
    return Paint::Warning;
  }
  if (column.name == "queue" && service.queue.value_or(0) > 0) return Paint::Warning;
  if (column.name == "failed" && sum_of(service.failed) > 0) return Paint::Bad;
  if ((column.name == "refusals" || column.name == "reason") && row.rates.refusals > 0) {
    return Paint::Bad;
  }
  return Paint::None;
}

void sort_rows(std::vector<ServiceRow>& rows, const ServiceColumn* column, bool is_reverse) {
  if (column == nullptr) {
    if (is_reverse) std::reverse(rows.begin(), rows.end());
    return;
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return is_reverse ? is_before(*column, b, a) : is_before(*column, a, b);
  });
}

}  // namespace uvinetd
