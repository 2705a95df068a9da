// SPDX-License-Identifier: ISC
// One client: does one exchange after another, as its loop tells it to.
//
//     start() ─▶ Pending ─ on_ready() ─▶ Pending … ─▶ Done | Failed
//            └─▶ Blocked ─ retry() ──┘     abandon() at any time
//
// A client never waits and never asks for the time of others: the loop owns time. It tells the
// poller which descriptor its slot has. After Done or Failed it can be started again.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "bench/load/poller.h"
#include "bench/load/sample.h"
#include "bench/load/source_deck.h"
#include "bench/load/target.h"
#include "core/base/unique_fd.h"

namespace uvinetd::bench {

enum class Exchange : std::uint8_t {
  Probe,   // the server answers with the 8 bytes of a probe, then the end
  Echo,    // one kept connection: bytes out, the same number back, again and again
  None,    // whatever comes, to the end
  Banner,  // the server speaks first; at its first byte we say no more, and read to the end
  Line,    // the same after a line of ours
  Hold,    // a probe's 8 bytes; then the connection is kept open
};

enum class Step : std::uint8_t {
  Pending,
  // The backlog of a Unix socket is full (connect(2), EAGAIN), or a connection that is to be
  // written to does not stand yet: nothing tells when that is over.
  Blocked,
  Done,
  Failed,
};

// What all clients of a run share. Outlives them.
struct ClientContext {
  Exchange exchange = Exchange::Probe;
  std::size_t size = 64;  // bytes of an echo or of a datagram
  std::string_view line;  // of Line, with its end
  nanoseconds timeout{0};
  TargetDeck* targets = nullptr;
  Poller* poller = nullptr;
  std::vector<UniqueFd>* held = nullptr;  // where connections of Hold go
  SourceDeck* sources = nullptr;          // null: the system chooses
};

class Client {
 public:
  Client(const ClientContext& context, std::size_t slot) : context_(context), slot_(slot) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  // Latency counts from `scheduled`, or from the call of connect() when that is kAbsent.
  virtual Step start(nanoseconds scheduled) = 0;
  virtual Step retry() { return Step::Pending; }
  virtual Step on_ready(bool has_hung_up) = 0;
  // Ends what is under way, and a kept connection too.
  void abandon();

  [[nodiscard]] const Sample& sample() const { return sample_; }
  [[nodiscard]] Failure failure() const { return failure_; }
  [[nodiscard]] int error_code() const { return error_code_; }  // errno, 0 when there is none

 protected:
  void begin(nanoseconds scheduled);
  Step watch();
  Step fail_with(Failure failure, int code = 0);
  Step fail_with_errno();  // of the socket's last call
  // The 8 bytes of a probe: when its program began, if that was after our start.
  Step finish_probe(const char* bytes, std::size_t size);
  [[nodiscard]] nanoseconds since_start() const;

  const ClientContext& context_;
  std::size_t slot_;
  UniqueFd fd_;
  Sample sample_;

 private:
  Failure failure_ = Failure::Other;
  int error_code_ = 0;
};

// The client for this exchange and kind of target.
std::unique_ptr<Client> make_client(const ClientContext& context, std::size_t slot);
std::unique_ptr<Client> make_stream_client(const ClientContext& context, std::size_t slot);
std::unique_ptr<Client> make_datagram_client(const ClientContext& context, std::size_t slot);
std::unique_ptr<Client> make_echo_client(const ClientContext& context, std::size_t slot);

}  // namespace uvinetd::bench
