// SPDX-License-Identifier: ISC
// The launcher's ends of the socket pairs that zygotes and their children are spoken to by. Linux
// only; the messages are those of spawn/zygote/wire.h.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

struct ZygotePair {
  UniqueFd ours;    // the kernel tells who sent what is read here (SO_PASSCRED, unix(7))
  UniqueFd theirs;  // blocking
};
Result<ZygotePair> make_zygote_pair();

// One that is ready before it is wanted, so that no client waits for it to be made.
class ReadyZygotePair {
 public:
  // nullopt: there are no descriptors.
  [[nodiscard]] std::optional<ZygotePair> take() {
    prepare();
    return std::exchange(pair_, std::nullopt);
  }
  void prepare() {
    if (pair_) return;
    if (auto made = make_zygote_pair()) pair_ = std::move(*made);
  }

 private:
  std::optional<ZygotePair> pair_;
};

// One packet, with a descriptor if `fd` is not -1. Never blocks: false when there is no room for it
// or nobody to read it.
[[nodiscard]] bool send_packet(int to, std::string_view packet, int fd);

struct ZygotePacket {
  enum class Event { Packet, Nothing, Closed } event = Event::Nothing;
  std::size_t size = 0;  // as it was sent: may be more than the buffer holds
  pid_t sender = 0;      // by the kernel; 0: unknown
};
// The next one, if it is there. Never blocks. Descriptors that come with it are closed.
[[nodiscard]] ZygotePacket receive_packet(int from, std::span<char> buffer);

// The descriptor of a packet that was sent to the other end and that nobody has received there.
// Never blocks.
[[nodiscard]] UniqueFd take_back(int theirs);

// Where uvi-zygote.so is: beside the program that runs. "": there is none.
[[nodiscard]] std::string zygote_library();

}  // namespace uvinetd
