// SPDX-License-Identifier: ISC
// What is on its way in one direction of a relay, in memory: filled only when it is empty, and it
// costs nothing then.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <memory>

#include "core/reactor/relay/flow.h"

namespace uvinetd {

class ByteBuffer {
 public:
  static constexpr std::size_t kBytes = 64 * 1024;

  [[nodiscard]] std::size_t held() const { return end_ - begin_; }
  // Must be empty.
  FlowResult fill(int from) noexcept {
    if (bytes_ == nullptr) bytes_ = std::make_unique<std::byte[]>(kBytes);
    const auto got = flow_result(recv(from, bytes_.get(), kBytes, MSG_DONTWAIT));
    begin_ = 0;
    end_ = got.bytes;
    return got;
  }
  FlowResult drain(int to) noexcept {
    const auto sent =
        flow_result(send(to, bytes_.get() + begin_, held(), MSG_DONTWAIT | MSG_NOSIGNAL));
    begin_ += sent.bytes;
    return sent;
  }
  // While nothing comes; must be empty.
  void give_back() noexcept { bytes_.reset(); }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace uvinetd
