// SPDX-License-Identifier: ISC
// Looks at the daemon, one after the other, without ever making the keys wait: `status`, `list`
// and, for the CPU of servers that run, `ps`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/ctl/live/answer.h"
#include "core/ctl/live/control_client.h"
#include "core/ctl/top/top_model.h"

namespace uvinetd {

class TopSource {
 public:
  using Time = std::chrono::steady_clock::time_point;

  TopSource(std::string path, std::chrono::milliseconds patience)
      : path_(std::move(path)), patience_(patience) {}

  // Connects where it is not connected and asks the first question. Nothing happens while a look is
  // under way.
  [[nodiscard]] Asked<void> begin(Time now);
  // What has come is taken. A snapshot when the look is complete. After an error begin() connects
  // anew.
  [[nodiscard]] Asked<std::optional<TopSnapshot>> on_input(Time now);
  // The daemon has been silent for too long: an error then.
  [[nodiscard]] Asked<void> check(Time now);

  // To be polled for input; -1: not connected.
  [[nodiscard]] int fd() const { return client_ ? client_->fd() : -1; }
  [[nodiscard]] bool is_looking() const { return is_looking_; }

 private:
  [[nodiscard]] Asked<void> ask_next(ControlVerb verb);
  [[nodiscard]] Asked<bool> on_line(const std::string& line, Time now);  // true: complete
  [[nodiscard]] Asked<bool> on_end(const Reply& reply, Time now);
  [[nodiscard]] TopSnapshot snapshot(Time now);
  tl::unexpected<ClientError> give_up(ClientError error);

  std::string path_;
  std::chrono::milliseconds patience_;
  std::optional<ControlClient> client_;
  bool is_looking_ = false;
  ControlVerb asked_ = ControlVerb::DaemonStatus;
  Time last_word_;
  Time asked_at_;
  std::size_t heard_ = 0;  // bytes, since then
  std::string daemon_;
  std::vector<ServiceView> services_;
  std::vector<nlohmann::json> servers_;
};

}  // namespace uvinetd
