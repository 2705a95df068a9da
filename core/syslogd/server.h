// SPDX-License-Identifier: ISC
// uvinetd-syslogd: takes messages off its sockets and writes them to targets that the monitor opens
// for it.
//
// One turn: the sockets that are readable, a batch of each in turns; each message to the backlogs
// of its targets; then one write for each of these. Rules and targets are replaced all at once,
// between two messages. Before the first Use nothing is read: the kernel keeps it.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/address.h"
#include "core/base/channel.h"
#include "core/base/loop.h"
#include "core/base/poller.h"
#include "core/base/siphash.h"
#include "core/syslogd/receiver.h"
#include "core/syslogd/router.h"
#include "core/syslogd/sender_rates.h"
#include "core/syslogd/syslog_wire.h"

namespace uvinetd {

class SyslogServer final : public SyslogSinkHost {
 public:
  // `sockets` are shared with others, and stay as they are. `records` is the place among them of
  // the one that the daemon's own records come to; nothing of it is limited.
  SyslogServer(Channel monitor, Poller poller, std::vector<UniqueFd> sockets,
               std::optional<std::size_t> records);
  ~SyslogServer() override;

  // Until it was told to end, or the monitor is gone. Returns the exit status.
  int run();

  // ---- what targets need ----
  Loop& loop() override { return loop_; }
  Timers& timers() override { return timers_; }
  SyslogCounts& counts() override { return counts_; }
  void tell(SyslogSeverity severity, std::string text, const SyslogSink* about,
            bool reaches_it) override;
  void ask_rotation(SyslogSink& target) override;
  std::uint64_t ask_terminals(const std::vector<std::string>& users) override;
  void want_flush(SyslogSink& target) override;

 private:
  static constexpr int kRounds = 16;              // batches of each socket in one turn
  static constexpr std::size_t kManyAtOnce = 16;  // datagrams of a socket, then it rests
  static constexpr std::chrono::milliseconds kRest{1};
  static constexpr std::size_t kMostOwn = 64;
  static constexpr std::size_t kMostAsked = 16 * 1024;  // bytes of names in one question
  static constexpr std::chrono::milliseconds kKernelPeriod{10'000};
  static constexpr std::chrono::milliseconds kCountsPeriod{1'000};
  static constexpr std::chrono::milliseconds kDrainTime{1'000};  // what is queued is read
  static constexpr std::chrono::milliseconds kFlushTime{1'000};  // and then written

  struct Socket {
    UniqueFd fd;
    bool is_unix = false;
    bool is_journals = false;  // at which the journal passes on what it hears, the kernel too
    bool is_records = false;
    std::optional<std::uint32_t> kernel_dropped;  // as its last datagram has told it
  };
  // Rules whose Use has not come yet.
  struct Coming {
    std::uint32_t generation = 0;
    SyslogSetup setup;
    struct Opened {
      UniqueFd fd;
      int code = 0;
    };
    std::vector<std::optional<Opened>> targets;  // by action
  };
  // For terminals, until the end of the turn.
  struct Question {
    std::uint64_t ticket = 0;  // 0: there is none
    std::vector<std::string> users;
    std::size_t bytes = 0;
  };
  // A message of the server's own that waits for the end of the turn.
  struct Own {
    SyslogSeverity severity = SyslogSeverity::Info;
    std::string text;
    std::optional<SyslogSink::Id> about;  // the target that it does not go to
  };

  // server_channel.cc: the monitor
  void on_channel();
  void handle(Message message);
  void begin(const SyslogGeneration& told, std::vector<UniqueFd> fds);
  void take_target(const SyslogTarget& told, std::vector<UniqueFd> fds);
  void use(const SyslogGeneration& told);
  void send(SyslogMessageType type, std::string_view body);
  void send_question(Question& question);
  void send_counts();
  void lose_monitor();

  // server_messages.cc: from a socket to the targets
  void read_sockets();
  std::size_t read_batch(Socket& socket);
  void rest(std::uint32_t socket);
  void go_on();
  void take(const ReceivedDatagram& datagram, Socket& socket, std::timespec arrival);
  [[nodiscard]] std::string_view address_of(const ReceivedDatagram& datagram);
  [[nodiscard]] bool is_within_rate(const ReceivedDatagram& datagram, const Socket& socket);
  void count_kernel_dropped(std::uint32_t total, Socket& socket);
  void tell_kernel_dropped();
  void set_refusal_timer();
  void tell_refused(SenderRates::Time now);
  void tell_own();
  void write_own(const Own& own);
  void end_turn();
  void want_turn();

  void set_mark_timer();
  void stop();
  void end_when_written(std::chrono::milliseconds deadline);
  [[nodiscard]] bool is_busy() const;

  Loop loop_;
  Timers timers_{loop_};
  Channel channel_;
  Poller poller_;
  std::vector<Socket> sockets_;
  std::vector<std::uint32_t> resting_;  // of these, not looked at for a moment
  std::optional<FdWatcher> channel_watcher_;
  std::optional<FdWatcher> poller_watcher_;
  std::vector<std::unique_ptr<SignalWatcher>> signals_;

  std::unique_ptr<Coming> coming_;
  std::uint32_t refused_ = 0;  // the generation that was not understood; 0: none
  std::unique_ptr<SyslogRouter> router_;
  SipKey key_;
  SenderRates rates_{key_};
  StartRate rate_;  // of one sender
  Receiver receiver_;
  SyslogRecordRules record_rules_;
  SyslogRecord record_;
  SocketAddress last_peer_;  // whose text address_text_ is
  std::string address_text_;

  SyslogCounts counts_;
  std::array<std::uint64_t, 7> told_counts_{};
  Timers::Id counts_timer_ = 0;
  Timers::Id mark_timer_ = 0;
  Timers::Id refusal_timer_ = 0;
  Timers::Id kernel_timer_ = 0;
  Timers::Id turn_timer_ = 0;

  std::uint64_t kernel_dropped_ = 0;  // and not told yet
  Question ask_some_;
  Question ask_all_;
  std::uint64_t last_ticket_ = 0;
  std::deque<Own> own_;
  std::uint64_t own_lost_ = 0;
  std::vector<SyslogSink*> dirty_;
  bool is_in_turn_ = false;
  bool is_stopping_ = false;
  int status_ = 0;
};

}  // namespace uvinetd
