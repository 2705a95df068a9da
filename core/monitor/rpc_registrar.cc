// SPDX-License-Identifier: ISC
#include "core/monitor/rpc_registrar.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/monitor/daemonise.h"

namespace uvinetd {
namespace {

bool contains(const std::vector<RpcBinding>& list, const RpcBinding& binding) {
  return std::find(list.begin(), list.end(), binding) != list.end();
}

}  // namespace

RpcRegistrar::~RpcRegistrar() {
  timers_.cancel(deadline_);
  timers_.cancel(retry_);
}

void RpcRegistrar::want(std::vector<RpcBinding> bindings) {
  if (is_stopped_) return;
  wanted_ = std::move(bindings);
  if (std::exchange(is_renewal_, false)) {
    std::erase_if(registered_,
                  [this](const RpcBinding& binding) { return contains(wanted_, binding); });
  }
  retry_delay_ = kFirstRetry;
  timers_.cancel(retry_);
  work();
}

void RpcRegistrar::stop() {
  if (std::exchange(is_stopped_, true)) return;
  // What the helper was doing may have been done.
  for (const auto& job : jobs_) {
    if (!job.is_removal && !contains(registered_, job.binding)) registered_.push_back(job.binding);
  }
  wanted_.clear();
  jobs_.clear();
  timers_.cancel(retry_);
  timers_.cancel(deadline_);
  watcher_.reset();
  helper_.reset();
  work();
}

void RpcRegistrar::work() {
  if (is_busy()) return;  // finish() comes back
  std::vector<Job> jobs;
  for (const auto& binding : registered_) {
    if (!contains(wanted_, binding)) jobs.push_back({true, binding});
  }
  for (const auto& binding : wanted_) {
    if (!contains(registered_, binding)) jobs.push_back({false, binding});
  }
  if (!jobs.empty()) start(std::move(jobs));
}

// The helper answers with one byte for each job, in order.
void RpcRegistrar::start(std::vector<Job> jobs) {
  jobs_ = std::move(jobs);
  answered_ = failed_ = 0;
  helper_ = std::make_unique<HelperProcess>([this](int fd) {
    clean_inherited_state(fd);  // our sockets must not outlive us in it
    alarm(static_cast<unsigned>(kDeadline.count()));
    for (const auto& job : jobs_) {
      const bool is_good = job.is_removal ? calls_.remove(job.binding) : calls_.add(job.binding);
      if (!write_all(fd, is_good ? "+" : "-")) return;
    }
  });
  if (!helper_->is_running()) return finish();
  watcher_ = std::make_unique<FdWatcher>(loop_, helper_->fd(), [this](int) { on_answers(); });
  watcher_->watch(UV_READABLE);
  deadline_ = timers_.after(kDeadline, [this] {
    deadline_ = 0;
    finish();
  });
}

void RpcRegistrar::on_answers() {
  char answers[256];
  const auto size = ::read(helper_->fd(), answers, sizeof answers);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  for (ssize_t i = 0; i < size && answered_ < jobs_.size(); ++i) {
    done(jobs_[answered_++], answers[i] == '+');
  }
  if (size <= 0 || answered_ == jobs_.size()) finish();
}

// What cannot be withdrawn is not there any more.
void RpcRegistrar::done(const Job& job, bool is_good) {
  if (job.is_removal) {
    std::erase(registered_, job.binding);
  } else if (is_good) {
    registered_.push_back(job.binding);
  } else {
    ++failed_;
  }
}

void RpcRegistrar::finish() {
  timers_.cancel(deadline_);
  watcher_.reset();
  helper_.reset();
  for (; answered_ < jobs_.size(); ++answered_) done(jobs_[answered_], false);
  jobs_.clear();
  if (failed_ > 0) {
    retry_later();
  } else {
    if (std::exchange(is_failing_, false)) log_.notice("RPC services: registered at last");
    retry_delay_ = kFirstRetry;
    work();  // what was wanted meanwhile
  }
  if (!is_busy()) on_idle_();
}

void RpcRegistrar::retry_later() {
  if (is_stopped_) return;
  if (!std::exchange(is_failing_, true)) {
    log_.error("RPC services: rpcbind does not take the registration; retrying");
  }
  retry_ = timers_.after(retry_delay_, [this] {
    retry_ = 0;
    work();
  });
  retry_delay_ = std::min(retry_delay_ * 2, kLongestRetry);
}

bool RpcRegistrar::on_process_end(pid_t pid) {
  if (helper_ == nullptr || helper_->pid() != pid) return false;
  helper_->forget();
  return true;
}

}  // namespace uvinetd
