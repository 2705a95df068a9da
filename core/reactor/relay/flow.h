// SPDX-License-Identifier: ISC
// What became of one attempt to move bytes between a socket and what holds them.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace uvinetd {

// Moved: `bytes` > 0 went through. Again: not now. End: end of file. Broken: a reset or another
// error, `code`.
enum class Flow : std::uint8_t { Moved, Again, End, Broken };

struct FlowResult {
  Flow flow = Flow::Broken;
  std::size_t bytes = 0;
  int code = 0;
};

inline FlowResult flow_result(ssize_t moved) noexcept {
  if (moved > 0) return {Flow::Moved, static_cast<std::size_t>(moved), 0};
  if (moved == 0) return {Flow::End, 0, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {Flow::Again, 0, 0};
  return {Flow::Broken, 0, errno};
}

}  // namespace uvinetd
