// SPDX-License-Identifier: ISC
// There is no splice(2): everything is in memory.
#include "core/reactor/relay/pipe_pool.h"

namespace uvinetd {

Pipe PipePool::take() noexcept {
  return {};
}

void PipePool::give_back(Pipe /*pipe*/) noexcept {}

FlowResult Conduit::fill(int from) noexcept {
  return buffer_.fill(from);
}

FlowResult Conduit::drain(int to) noexcept {
  return buffer_.drain(to);
}

void Conduit::give_back() noexcept {
  if (buffer_.held() == 0) buffer_.give_back();
}

}  // namespace uvinetd
