// SPDX-License-Identifier: ISC
// What is on its way in one direction of a relay: in a pipe of the kernel's, where bytes are moved
// without being copied (splice(2)), else in memory. A pipe is held only while bytes are in it.
#pragma once

#include <cstddef>
#include <vector>

#include "core/base/unique_fd.h"
#include "core/reactor/relay/byte_buffer.h"

namespace uvinetd {

struct Pipe {
  UniqueFd out;  // read from
  UniqueFd in;   // written to
};

// Empty pipes that wait for their next bytes, a few of them.
class PipePool {
 public:
  static constexpr std::size_t kMostIdle = 32;

  // Not open where there is no splice(2), or no descriptor.
  [[nodiscard]] Pipe take() noexcept;
  void give_back(Pipe pipe) noexcept;
  // Of those that are taken: the few idle ones are there for the next.
  [[nodiscard]] std::size_t descriptors() const { return 2 * taken_; }

 private:
  std::vector<Pipe> idle_;
  std::size_t taken_ = 0;
};

class Conduit {
 public:
  explicit Conduit(PipePool& pool) : pool_(pool) {}
  ~Conduit() { give_back(); }
  Conduit(const Conduit&) = delete;
  Conduit& operator=(const Conduit&) = delete;

  [[nodiscard]] bool is_empty() const { return in_pipe_ == 0 && buffer_.held() == 0; }
  FlowResult fill(int from) noexcept;  // must be empty
  FlowResult drain(int to) noexcept;   // must not be empty
  // While nothing comes. A pipe with bytes in it is closed.
  void give_back() noexcept;

 private:
  [[maybe_unused]] PipePool& pool_;  // where there are pipes
  Pipe pipe_;
  std::size_t in_pipe_ = 0;
  ByteBuffer buffer_;
};

}  // namespace uvinetd
