// SPDX-License-Identifier: ISC
// The client's end of the control socket: blocking, and never for longer than it was told to.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/control/line_buffer.h"
#include "core/control/request.h"

namespace uvinetd {

enum class ClientTrouble : std::uint8_t {
  NotRunning,  // nobody listens there
  NotAllowed,  // the socket may not be opened
  NoSocket,    // it cannot be used: no socket, a name that is too long
  Lost,        // the connection has ended before the answer
  Silent,      // nothing for too long
  Nonsense,    // what came is no answer
};
struct ClientError {
  ClientTrouble trouble;
  std::string reason;  // with the errno's words where it has one
};
template <typename T>
using Asked = tl::expected<T, ClientError>;

class ControlClient {
 public:
  static constexpr std::size_t kLongestReply = 16 * 1024 * 1024;  // bytes

  // Blocks: for at most `patience`, as every call below does.
  [[nodiscard]] static Asked<ControlClient> connect(const std::string& path,
                                                    std::chrono::milliseconds patience);

  [[nodiscard]] Asked<void> send(const ControlRequest& request);
  // The next line without its end; nullopt: the daemon has closed.
  [[nodiscard]] Asked<std::optional<std::string>> read_line();

  // For who polls: fd() for input, then take_input() once, then next_line() to the last.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Never waits. False: the daemon has closed.
  [[nodiscard]] Asked<bool> take_input();
  // Of what was taken.
  [[nodiscard]] Asked<std::optional<std::string>> next_line();

 private:
  ControlClient(UniqueFd fd, std::chrono::milliseconds patience)
      : fd_(std::move(fd)), patience_(patience), buffer_(kLongestReply) {}

  using Deadline = std::chrono::steady_clock::time_point;
  [[nodiscard]] Asked<void> await(short events, Deadline deadline) const;

  UniqueFd fd_;
  std::chrono::milliseconds patience_;
  LineBuffer buffer_;
};

}  // namespace uvinetd
