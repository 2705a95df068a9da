// SPDX-License-Identifier: ISC
// Keeps rpcbind(8) told where our RPC services are. All talking is done by a helper process with a
// deadline; what fails is tried again, later and later, by itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/config/load/helper_process.h"
#include "core/monitor/rpc_binder.h"

namespace uvinetd {

// What the helper does with one binding.
struct RpcCalls {
  std::function<bool(const RpcBinding&)> add = register_at_rpcbind;
  std::function<bool(const RpcBinding&)> remove = withdraw_from_rpcbind;
};

class RpcRegistrar {
 public:
  static constexpr std::chrono::seconds kDeadline{10};  // of a helper
  static constexpr std::chrono::milliseconds kFirstRetry{1'000};
  static constexpr std::chrono::milliseconds kLongestRetry{60'000};

  // `on_idle` is called whenever a helper is done.
  RpcRegistrar(Loop& loop, Timers& timers, Log& log, std::function<void()> on_idle,
               RpcCalls calls = {})
      : loop_(loop),
        timers_(timers),
        log_(log),
        on_idle_(std::move(on_idle)),
        calls_(std::move(calls)) {}
  ~RpcRegistrar();
  RpcRegistrar(const RpcRegistrar&) = delete;
  RpcRegistrar& operator=(const RpcRegistrar&) = delete;

  // Brings what rpcbind knows to this.
  void want(std::vector<RpcBinding> bindings);
  // The next want() tells everything again: rpcbind may have been restarted.
  void renew() { is_renewal_ = true; }
  // Withdraws everything and does not begin again. is_busy() says until when it lasts.
  void stop();

  // A process has ended that somebody else has collected: true when it was the helper.
  bool on_process_end(pid_t pid);
  [[nodiscard]] bool is_busy() const { return helper_ != nullptr; }
  [[nodiscard]] const std::vector<RpcBinding>& registered() const { return registered_; }
  // What the program before this one has told rpcbind.
  void restore(std::vector<RpcBinding> registered) { registered_ = std::move(registered); }

 private:
  struct Job {
    bool is_removal = false;
    RpcBinding binding;
  };

  void work();
  void start(std::vector<Job> jobs);
  void on_answers();
  void done(const Job& job, bool is_good);
  void finish();
  void retry_later();

  Loop& loop_;
  Timers& timers_;
  Log& log_;
  std::function<void()> on_idle_;
  RpcCalls calls_;
  std::vector<RpcBinding> wanted_;
  std::vector<RpcBinding> registered_;
  std::unique_ptr<HelperProcess> helper_;
  std::unique_ptr<FdWatcher> watcher_;
  std::vector<Job> jobs_;     // of the helper
  std::size_t answered_ = 0;  // of them
  std::size_t failed_ = 0;    // of them
  Timers::Id deadline_ = 0;
  Timers::Id retry_ = 0;
  std::chrono::milliseconds retry_delay_ = kFirstRetry;
  bool is_renewal_ = false;
  bool is_failing_ = false;  // and that has been told
  bool is_stopped_ = false;
};

}  // namespace uvinetd
