// SPDX-License-Identifier: ISC
// The process that finds the names of clients. Bounded: 16 questions are asked at once, and those
// that stand in line or are not answered in time are answered as what nobody could be asked about.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "core/base/channel.h"
#include "core/base/loop.h"
#include "core/resolver/name_query.h"
#include "spawn/wire.h"

namespace uvinetd {

class Resolver {
 public:
  static constexpr std::size_t kMostAtOnce = 16;
  static constexpr std::size_t kMostInLine = 1024;
  static constexpr std::chrono::seconds kDeadline{5};

  explicit Resolver(Channel monitor);

  // Returns the exit status of the process.
  int run();

 private:
  struct Question {
    std::uint64_t number = 0;
    std::string address;
    Timers::Id deadline = 0;
  };

  void on_monitor_ready();
  void on_start(Message& message);
  void on_reactor_ready();
  void take(const FindName& question);
  void ask_next();
  void on_answer(std::uint64_t number, const std::optional<std::string>& name);
  void give_up(std::uint64_t number);
  void answer(const std::string& address, const std::optional<std::string>& name);
  void end(int status);

  Loop loop_;
  Timers timers_{loop_};
  Channel monitor_;
  Channel reactor_;
  std::unique_ptr<FdWatcher> monitor_watcher_;
  std::unique_ptr<FdWatcher> reactor_watcher_;
  std::map<std::uint64_t, Question> open_;  // not answered yet
  std::deque<std::uint64_t> line_;
  std::map<std::uint64_t, std::unique_ptr<NameQuery>> asked_;  // a thread is at it
  std::uint64_t last_ = 0;
  int exit_status_ = 0;
};

}  // namespace uvinetd
