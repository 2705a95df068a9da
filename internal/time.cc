// SPDX-License-Identifier: ISC
// RFC 868: the time for machines: seconds since 1900-01-01 00:00 UTC, four bytes, most significant
// first. The number wraps on 2036-02-07.
#include <algorithm>
#include <array>
#include <cstdint>

#include "internal/one_answer.h"
#include "internal/services.h"

namespace uvinetd {
namespace {

constexpr std::uint64_t kSecondsFrom1900To1970 = 2'208'988'800;

}  // namespace

std::unique_ptr<StreamSession> open_time() {
  return std::make_unique<OneAnswer>(answer_time);
}

std::size_t answer_time(std::span<const std::byte> /*request*/, std::span<std::byte> reply,
                        std::time_t now) {
  const auto seconds = static_cast<std::uint64_t>(now) + kSecondsFrom1900To1970;
  const std::array bytes{
      static_cast<std::byte>(seconds >> 24 & 0xff), static_cast<std::byte>(seconds >> 16 & 0xff),
      static_cast<std::byte>(seconds >> 8 & 0xff), static_cast<std::byte>(seconds & 0xff)};
  const auto size = std::min(bytes.size(), reply.size());
  std::copy_n(bytes.begin(), size, reply.begin());
  return size;
}

}  // namespace uvinetd
