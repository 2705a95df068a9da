// SPDX-License-Identifier: ISC
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "core/reactor/relay/pipe_pool.h"

namespace uvinetd {
namespace {

constexpr std::size_t kMostMoved = 64 * 1024;  // the capacity of a pipe

FlowResult move_bytes(int from, int to, std::size_t most) noexcept {
  ssize_t moved = 0;
  do {
    moved = splice(from, nullptr, to, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (moved < 0 && errno == EINTR);
  return flow_result(moved);
}

}  // namespace

Pipe PipePool::take() noexcept {
  Pipe out;
  if (!idle_.empty()) {
    out = std::move(idle_.back());
    idle_.pop_back();
  } else {
    std::array<int, 2> ends{-1, -1};
    if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return out;
    out = {UniqueFd(ends[0]), UniqueFd(ends[1])};
  }
  ++taken_;
  return out;
}

void PipePool::give_back(Pipe pipe) noexcept {
  --taken_;
  if (pipe.in.is_open() && idle_.size() < kMostIdle) idle_.push_back(std::move(pipe));
}

FlowResult Conduit::fill(int from) noexcept {
  if (!pipe_.in.is_open()) pipe_ = pool_.take();
  if (!pipe_.in.is_open()) return buffer_.fill(from);
  const auto got = move_bytes(from, pipe_.in.get(), kMostMoved);
  in_pipe_ = got.bytes;
  return got;
}

FlowResult Conduit::drain(int to) noexcept {
  if (in_pipe_ == 0) return buffer_.drain(to);
  const auto sent = move_bytes(pipe_.out.get(), to, in_pipe_);
  in_pipe_ -= sent.bytes;
  return sent;
}

void Conduit::give_back() noexcept {
  if (buffer_.held() == 0) buffer_.give_back();
  if (!pipe_.in.is_open()) return;
  auto pipe = std::exchange(pipe_, {});
  pool_.give_back(in_pipe_ == 0 ? std::move(pipe) : Pipe());
  in_pipe_ = 0;
}

}  // namespace uvinetd
