// SPDX-License-Identifier: ISC
// What `top` shows: services between two looks at the daemon, sorted, filtered, scrolled; and what
// its keys change. Pure.
//
//     TopSource ──TopSnapshot──▶ TopModel ──▶ top_frame() ──▶ TopScreen
//                      keys ──────▶
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ctl/command.h"
#include "core/ctl/live/service_columns.h"

namespace uvinetd {

struct TopSnapshot {
  std::chrono::steady_clock::time_point at;
  std::string daemon;  // a line about it: version, pid, age
  std::vector<ServiceView> services;
};

// "uvinetd 0.1.0  pid 12  up 3m12s", of a reply to `status`.
[[nodiscard]] std::string daemon_line(const nlohmann::json& status);

// Of all services, those that the filter hides too.
struct TopTotals {
  std::size_t services = 0;
  std::size_t paused = 0;
  std::int64_t running = 0;
  std::optional<std::int64_t> queue;
  ServiceRates rates;
};

enum class TopKey : std::uint8_t {
  Character,  // with its byte
  Enter,
  Escape,
  Backspace,
  Up,
  Down,
  PageUp,
  PageDown,
  Home,
  End,
  Left,
  Right,
};

class TopModel {
 public:
  explicit TopModel(const LiveOptions& options);

  // While the display is paused it only remembers the last one.
  void take(TopSnapshot snapshot);
  // The daemon cannot be asked; "": it can again.
  void set_trouble(std::string trouble) { trouble_ = std::move(trouble); }
  // `page`: rows that are on the screen. False: the user quits.
  bool on_key(TopKey key, char character, std::size_t page);

  [[nodiscard]] const std::vector<ServiceRow>& rows() const { return rows_; }
  [[nodiscard]] const TopTotals& totals() const { return totals_; }
  [[nodiscard]] const std::string& daemon() const { return now_.daemon; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] const std::string& filter() const { return filter_; }
  [[nodiscard]] const ServiceColumn& sort() const { return *sort_; }
  [[nodiscard]] bool is_reverse() const { return is_reverse_; }
  [[nodiscard]] bool is_paused() const { return is_paused_; }
  [[nodiscard]] bool is_typing() const { return is_typing_; }  // the filter
  [[nodiscard]] bool has_help() const { return has_help_; }
  [[nodiscard]] bool has_rates() const { return has_rates_; }
  [[nodiscard]] bool is_filled() const { return !now_.daemon.empty() || !now_.services.empty(); }
  // The first row on a screen with so many.
  [[nodiscard]] std::size_t first(std::size_t page) const;

 private:
  void show(TopSnapshot snapshot);
  void arrange();
  void sort_by(const ServiceColumn* column);
  void sort_by_neighbour(int step);
  void scroll(std::size_t to) { first_ = to; }
  bool on_command(char character);
  void on_typed(TopKey key, char character);

  TopSnapshot now_;
  TopSnapshot waiting_;  // for the end of the pause
  bool has_waiting_ = false;
  bool has_rates_ = false;
  std::vector<ServiceRow> all_;
  std::vector<ServiceRow> rows_;
  TopTotals totals_;
  std::string trouble_;
  std::string filter_;
  const ServiceColumn* sort_;
  bool is_reverse_ = false;
  bool is_paused_ = false;
  bool is_typing_ = false;
  bool has_help_ = false;
  std::size_t first_ = 0;
};

}  // namespace uvinetd
