// SPDX-License-Identifier: ISC
// What a frame looks like, and the control buffer for its descriptors; shared by both forms of
// core/base/channel.h.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/channel.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

// Host byte order: both ends are one build on one host.
struct FrameHeader {
  static constexpr std::uint32_t kMagic = 0x75766901;  // "uvi", version 1

  std::uint32_t magic = kMagic;
  std::uint16_t type = 0;
  std::uint16_t fd_count = 0;
  std::uint32_t body_size = 0;

  [[nodiscard]] bool is_good() const noexcept {
    return magic == kMagic && fd_count <= Channel::kMaxFds && body_size <= Channel::kMaxBody;
  }
  [[nodiscard]] std::string_view bytes() const noexcept {
    return {reinterpret_cast<const char*>(this), sizeof *this};
  }
  // `bytes` has at least the size of a header.
  static FrameHeader from(std::string_view bytes) noexcept {
    FrameHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    return header;
  }
};
static_assert(sizeof(FrameHeader) == 12);

constexpr std::size_t kMaxFrame = sizeof(FrameHeader) + Channel::kMaxBody;

// Room for more descriptors than a frame may have, so that too many are seen as malformed and not
// as truncated.
class ControlBuffer {
 public:
  void attach(msghdr& message) noexcept {
    message.msg_control = bytes_.data();
    message.msg_controllen = static_cast<decltype(message.msg_controllen)>(bytes_.size());
  }
  // Writes an SCM_RIGHTS record of `fds` (at most kMaxFds); nothing when there are none.
  void fill(msghdr& message, std::span<const int> fds) noexcept;
  // Takes every descriptor that came with `message`.
  static void take(msghdr& message, std::vector<UniqueFd>& fds);

 private:
  static constexpr std::size_t kRoom = 253;                                   // SCM_MAX_FD
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kRoom)> bytes_;  // not zeroed
};

// The one receive buffer of the process: roles have one thread, and a packet's size is known only
// once it is there.
extern std::array<char, kMaxFrame> receive_buffer;

// What sendmsg(2) left in errno: worth another try later, or not.
[[nodiscard]] bool is_worth_a_retry(int code) noexcept;

}  // namespace uvinetd
