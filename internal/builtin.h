// SPDX-License-Identifier: ISC
// The services that the reactor answers itself, as one table. A built-in never blocks, never
// allocates without bound and never looks anything up.
#pragma once

#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace uvinetd {

// What a stream session waits for next. HandOver: not for more of the client, but for the caller to
// pass it on to the service that wanted() names.
enum class Interest : unsigned char { Read, Write, ReadWrite, Close, HandOver };

// One client's conversation over a connected, non-blocking stream socket that the caller owns.
class StreamSession {
 public:
  virtual ~StreamSession() = default;
  // The socket is ready (or was just accepted): does a bounded amount of I/O and says what to wait
  // for. Close: the session is over, well or badly; the caller closes the socket.
  virtual Interest step(int fd) noexcept = 0;

  // After HandOver. The client's next byte in the socket is the service's first.
  [[nodiscard]] virtual std::string_view wanted() const { return {}; }
  // After HandOver, when the client stays after all: it is told so. Then as after step().
  virtual Interest tell(int /*fd*/, std::string /*text*/) noexcept { return Interest::Close; }
  // How long it may last in all; 0: as long as it is not idle for too long. When a step has changed
  // the limit, the time begins anew.
  [[nodiscard]] virtual std::chrono::seconds time_limit() const { return std::chrono::seconds(0); }
};

inline constexpr std::size_t kNoReply = static_cast<std::size_t>(-1);

// Writes the reply to one datagram and returns its size in bytes; nullopt-like: kNoReply. A reply
// that does not fit is cut.
using Answer = std::size_t (*)(std::span<const std::byte> request, std::span<std::byte> reply,
                               std::time_t now);

// `open` is null for a service without a stream form, `answer` for one without a datagram form.
struct Builtin {
  std::string_view name;  // "echo"
  std::unique_ptr<StreamSession> (*open)();
  Answer answer = nullptr;
  // The reply may have any length, so a client of another host gets no more than it sent: a forged
  // sender address then gains the forger nothing.
  bool is_cut_to_request = false;
  // It tells what only the caller knows, who has its stream form, too (core/reactor/web).
  bool speaks_http = false;

  [[nodiscard]] bool has_stream_form() const { return open != nullptr || speaks_http; }
};

// The whole table; find returns null for an unknown name. Matching is exact.
[[nodiscard]] std::span<const Builtin> all_builtins();
[[nodiscard]] const Builtin* find_builtin(std::string_view name);

}  // namespace uvinetd
