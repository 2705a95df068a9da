// SPDX-License-Identifier: ISC
#include "core/ctl/top/top_model.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/ctl/live/human.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLongestFilter = 100;  // bytes

struct SortKey {
  char key;
  std::string_view column;
};
constexpr std::array kSortKeys{
    SortKey{'i', "id"},    SortKey{'s', "starts"},   SortKey{'n', "running"},
    SortKey{'u', "queue"}, SortKey{'f', "refusals"}, SortKey{'l', "p99"},
    SortKey{'c', "load"},
};

// Of a filter of which the last byte goes: its whole character.
void drop_character(std::string& text) {
  while (!text.empty()) {
    const auto last = static_cast<unsigned char>(text.back());
    text.pop_back();
    if ((last & 0xC0U) != 0x80U) return;
  }
}

TopTotals totals_of(const std::vector<ServiceRow>& rows) {
  TopTotals out;
  for (const auto& row : rows) {
    ++out.services;
    out.paused += is_paused(row.service) ? 1 : 0;
    out.running += row.service.running;
    if (row.service.queue) out.queue = out.queue.value_or(0) + *row.service.queue;
    add_rates(row.rates, out.rates);
  }
  return out;
}

}  // namespace

std::string daemon_line(const nlohmann::json& status) {
  std::string out = "uvinetd";
  if (const auto version = text_of(status, "version"); !version.empty()) out += " " + version;
  if (const auto pid = number_of(status, "pid")) out += "  pid " + std::to_string(*pid);
  if (const auto age = number_of(status, "uptime_ms")) {
    out += "  up " + age_text(std::chrono::milliseconds(*age));
  }
  const auto* accepting = member_of(status, "accepting");
  if (accepting != nullptr && accepting->is_boolean() && !accepting->get<bool>()) {
    out += "  not accepting";
  }
  return out;
}

TopModel::TopModel(const LiveOptions& options)
    : filter_(options.filter),
      sort_(find_column(options.sort.empty() ? "starts" : options.sort, ColumnPlace::Top)),
      is_reverse_(options.reverse) {}

void TopModel::take(TopSnapshot snapshot) {
  if (!is_paused_) return show(std::move(snapshot));
  waiting_ = std::move(snapshot);
  has_waiting_ = true;
}

void TopModel::show(TopSnapshot snapshot) {
  std::unordered_map<std::string_view, const ServiceView*> before;
  for (const auto& service : now_.services) before.emplace(service.id, &service);
  has_rates_ = is_filled();
  const auto seconds = std::chrono::duration<double>(snapshot.at - now_.at).count();
  all_.clear();
  for (const auto& service : snapshot.services) {
    const auto found = before.find(service.id);
    // One that was not there has begun since.
    const auto rates = !has_rates_
                           ? ServiceRates()
                           : rates_between(found == before.end() ? ServiceView() : *found->second,
                                           service, seconds);
    all_.push_back({service, rates});
  }
  now_ = std::move(snapshot);
  totals_ = totals_of(all_);
  arrange();
}

void TopModel::arrange() {
  rows_.clear();
  std::copy_if(all_.begin(), all_.end(), std::back_inserter(rows_), [this](const ServiceRow& row) {
    return filter_.empty() || has_text(row.service, filter_);
  });
  // Those that are equal stand by their ids, whatever order the daemon has.
  sort_rows(rows_, find_column("id", ColumnPlace::Top), false);
  sort_rows(rows_, sort_, is_reverse_);
}

std::size_t TopModel::first(std::size_t page) const {
  const auto last = rows_.size() > page ? rows_.size() - page : 0;
  return std::min(first_, last);
}

void TopModel::sort_by(const ServiceColumn* column) {
  is_reverse_ = column == sort_ && !is_reverse_;
  sort_ = column;
  arrange();
}

void TopModel::sort_by_neighbour(int step) {
  const auto columns = columns_of(ColumnPlace::Top);
  const auto at = std::find(columns.begin(), columns.end(), sort_) - columns.begin();
  const auto count = static_cast<std::ptrdiff_t>(columns.size());
  sort_ = columns[static_cast<std::size_t>((at + step + count) % count)];
  is_reverse_ = false;
  arrange();
}

// Control characters and bytes that are no text yet are not typed into it; UTF-8 comes byte by
// byte.
void TopModel::on_typed(TopKey key, char character) {
  switch (key) {
    case TopKey::Enter:
      is_typing_ = false;
      return;
    case TopKey::Escape:
      is_typing_ = false;
      filter_.clear();
      return arrange();
    case TopKey::Backspace:
      drop_character(filter_);
      return arrange();
    case TopKey::Character:
      if (static_cast<unsigned char>(character) < ' ' || filter_.size() >= kLongestFilter) return;
      filter_ += character;
      return arrange();
    case TopKey::Up:
    case TopKey::Down:
    case TopKey::PageUp:
    case TopKey::PageDown:
    case TopKey::Home:
    case TopKey::End:
    case TopKey::Left:
    case TopKey::Right:
      return;
  }
}

bool TopModel::on_command(char character) {
  switch (character) {
    case 'q':
      return false;
    case 'h':
    case '?':
      has_help_ = !has_help_;
      return true;
    case '/':
      is_typing_ = true;
      has_help_ = false;
      return true;
    case ' ':
      is_paused_ = !is_paused_;
      if (!is_paused_ && std::exchange(has_waiting_, false)) show(std::move(waiting_));
      return true;
    case 'r':
      is_reverse_ = !is_reverse_;
      arrange();
      return true;
    case '<':
      sort_by_neighbour(-1);
      return true;
    case '>':
      sort_by_neighbour(1);
      return true;
    default:
      break;
  }
  for (const auto& each : kSortKeys) {
    if (each.key == character) sort_by(find_column(each.column, ColumnPlace::Top));
  }
  return true;
}

bool TopModel::on_key(TopKey key, char character, std::size_t page) {
  if (is_typing_) {
    on_typed(key, character);
    return true;
  }
  const auto at = first(page);
  switch (key) {
    case TopKey::Character:
      return on_command(character);
    case TopKey::Escape:
      has_help_ = false;
      break;
    case TopKey::Up:
      scroll(at > 0 ? at - 1 : 0);
      break;
    case TopKey::Down:
      scroll(at + 1);
      break;
    case TopKey::PageUp:
      scroll(at > page ? at - page : 0);
      break;
    case TopKey::PageDown:
      scroll(at + page);
      break;
    case TopKey::Home:
      scroll(0);
      break;
    case TopKey::End:
      scroll(rows_.size());
      break;
    case TopKey::Left:
      sort_by_neighbour(-1);
      break;
    case TopKey::Right:
      sort_by_neighbour(1);
      break;
    case TopKey::Enter:
    case TopKey::Backspace:
      break;
  }
  return true;
}

}  // namespace uvinetd
