// SPDX-License-Identifier: ISC
// One direction of a relay: moves what `from` says to `to`, and its end of file after that.
//
//     Reading --bytes came--> Writing --all are gone--> Reading
//     Reading --end of file, passed on--> Done
//     any --`from` is in error--> Broken     any --`to` takes nothing any more--> Refused
//
// Nothing more is read before what was read has gone on: a side that does not read stops the other
// one, and neither costs more than one pipe.
#pragma once

#include <cstdint>

#include "core/reactor/relay/pipe_pool.h"

namespace uvinetd {

class Pump {
 public:
  enum class State : std::uint8_t { Reading, Writing, Done, Broken, Refused };

  explicit Pump(PipePool& pool) : conduit_(pool) {}
  // Non-blocking sockets. Does a bounded amount of work; says what it waits for: `from` to be
  // readable or `to` to be writable.
  State step(int from, int to) noexcept;
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] std::uint64_t moved() const { return moved_; }  // bytes that have gone on

 private:
  State round(int from, int to) noexcept;

  Conduit conduit_;
  State state_ = State::Reading;
  bool is_waiting_ = false;  // for a socket
  std::uint64_t moved_ = 0;
};

}  // namespace uvinetd
