// SPDX-License-Identifier: ISC
// Framed messages with descriptors between two of our processes.
//
// Linux: an AF_UNIX SOCK_SEQPACKET pair, one packet per message. Elsewhere: a stream pair with a
// length-prefixed frame (macOS has no SEQPACKET for AF_UNIX). Both are close-on-exec and
// non-blocking; sending never blocks: what does not fit is queued in order and goes out by flush().
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

struct Message {
  std::uint16_t type = 0;
  std::string body;
  std::vector<UniqueFd> fds;
};

class Channel {
 public:
  static constexpr std::size_t kMaxBody = 64 * 1024;  // bytes of one message
  static constexpr std::size_t kMaxFds = 250;         // descriptors of one message (SCM_MAX_FD 253)

  Channel() = default;
  explicit Channel(UniqueFd end) : fd_(std::move(end)) {}

  // Two connected ends for two processes.
  static Result<std::pair<UniqueFd, UniqueFd>> make_pair();

  // Sends now or queues. `fds` are borrowed when sent at once and duplicated when queued.
  // Errors: EPIPE, ECONNRESET: the peer is gone (still receive(): its last messages may be queued).
  // EMFILE: it had to be queued, and there was no descriptor for a duplicate. EMSGSIZE: above
  // kMaxBody or kMaxFds. After an error the message is neither sent nor queued.
  Status send(std::uint16_t type, std::string_view body, const std::vector<int>& fds = {});
  // Sends what is queued, as far as it goes. ETOOMANYREFS counts as "not now".
  Status flush();
  [[nodiscard]] bool has_backlog() const { return !queue_.empty(); }
  [[nodiscard]] std::size_t backlog() const { return queue_.size(); }

  enum class Event { Message, Nothing, Closed, Malformed, TooFewDescriptors };
  struct Received {
    Event event = Event::Nothing;
    Message message;
  };
  // The next message, if one is there. Never blocks. After ECONNRESET it reads on: messages that
  // were queued before the peer died are still delivered, then Closed.
  // Malformed: wrong version or length; the peer must be ended. Its descriptors are closed.
  // TooFewDescriptors: this process is out of descriptors (MSG_CTRUNC); message.type and body are
  // valid, fds are not; an error of that one message, not of the channel.
  Received receive();

  // As receive(), but the message stays where it is, descriptors and all, until drop(): while it is
  // being worked on it is lost neither with this process nor with its memory, because whoever else
  // holds this end can still receive() it. Only the next message can be looked at.
  Received peek();
  // Takes away what peek() gave.
  void drop();
  // Whether peek() keeps that promise here. A stream cannot: there peek() is receive().
  [[nodiscard]] static bool keeps_peeked();
  // Tells the peer that this end is closed, even if somebody else holds it too, and closes it.
  void end();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool is_open() const { return fd_.is_open(); }
  void close();  // drops the backlog

 private:
  struct Outgoing {
    std::string frame;
    std::size_t sent = 0;  // bytes of the frame already gone (stream form only)
    std::vector<UniqueFd> fds;
  };
  // Failed: errno says why; the frame has not gone.
  enum class Sent { Done, Later, Failed };
  // Sends what `sent` bytes of head and body have not gone yet, and adds to `sent`.
  Sent send_frame(std::string_view head, std::string_view body, std::size_t& sent,
                  std::span<const int> fds);
  Status enqueue(std::string_view head, std::string_view body, std::size_t sent,
                 std::span<const int> fds);

  Received read(int flags);

  UniqueFd fd_;
  std::deque<Outgoing> queue_;
  std::string partial_;  // stream form: bytes of a frame not complete yet
  std::vector<UniqueFd> partial_fds_;
  bool partial_truncated_ = false;
};

}  // namespace uvinetd
