// SPDX-License-Identifier: ISC
// Puts together, line by line, what servers write to the log (`stderr = "log"`). Pure: bytes and
// times in, lines out.
//
// A writer is a process of a launcher's servers, as the kernel tells it. Whose it is may be known
// only a moment later, when the launcher has reported the start: until then its lines are kept.
// Bounded: so many writers with unfinished lines, so many bytes of each, so many lines per second
// of each service.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/event.h"

namespace uvinetd {

// Which server a writer belongs to.
struct ErrorOwner {
  std::uint32_t service = 0;  // 0: nobody knows; `id` then says whose launcher it came from
  std::string_view key;       // of `id`: "id"; "user" where only the identity is known
  std::string id;
  pid_t pid = 0;  // of the server; 0: not known which of the service's
  std::string from;
};

class ErrorLines {
 public:
  using Time = std::chrono::milliseconds;
  static constexpr std::size_t kMostLineBytes = 1000;  // the rest of a line is left out
  static constexpr std::size_t kMostKeptBytes = 8 * 1024;
  static constexpr std::size_t kMostWriters = 256;
  static constexpr std::uint32_t kLinesPerSecond = 200;  // of one service
  static constexpr Time kOwnerPatience{500};             // then a line is told without its server
  static constexpr Time kLinePatience{5'000};            // then the beginning of a line is told

  struct Writer {
    std::uint32_t launcher = 0;
    std::uint32_t identity = 0;
    pid_t pid = 0;  // 0: not known
  };
  struct Callbacks {
    // The server that the writer belongs to, if that is known.
    std::function<std::optional<ErrorOwner>(const Writer&)> find;
    // What is told when nobody knows.
    std::function<ErrorOwner(const Writer&)> unknown;
    std::function<void(Event line)> write;
  };
  explicit ErrorLines(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}

  void take(const Writer& writer, std::string_view bytes, Time now);
  // The server has ended: what it began to say is all there is.
  void ended(pid_t server, Time now);
  // Nobody can write to this launcher's log any more.
  void closed(std::uint32_t launcher, Time now);
  // Tells what has waited long enough. To be called now and then while is_waiting().
  void look(Time now);
  [[nodiscard]] bool is_waiting() const { return !kept_.empty() || has_withheld_; }
  // Lines wait for their owner: soon.
  [[nodiscard]] bool is_owner_awaited() const;

 private:
  struct Kept {
    Writer writer;
    std::optional<ErrorOwner> owner;
    std::string text;
    Time since{0};
    std::uint64_t lost = 0;    // bytes that found no room
    bool is_skipping = false;  // up to the end of a line that was too long
  };
  struct Rate {
    Time start{0};
    std::uint32_t lines = 0;
    std::uint64_t withheld = 0;
    ErrorOwner owner;
  };
  using Key = std::pair<std::uint32_t, pid_t>;

  // Whole lines go out; true: nothing is left.
  bool tell_lines(Kept& kept, Time now);
  void tell_all(Kept& kept, Time now);
  void tell(const ErrorOwner& owner, const Writer& writer, std::string_view line, bool is_cut,
            Time now);
  void tell_withheld(Rate& rate);
  void write(const ErrorOwner& owner, pid_t pid, std::string_view from, std::string_view text);
  void settle_owner(Kept& kept);
  void make_room(Time now);

  Callbacks callbacks_;
  std::map<Key, Kept> kept_;
  std::map<std::uint32_t, Rate> rates_;  // by service
  bool has_withheld_ = false;
};

}  // namespace uvinetd
