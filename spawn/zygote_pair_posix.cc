// SPDX-License-Identifier: ISC
// No zygotes here: there is no pair, so none is ever started.
#include "spawn/zygote_pair.h"

namespace uvinetd {

Result<ZygotePair> make_zygote_pair() {
  return fail("zygote", {}, ENOSYS);
}

bool send_packet(int, std::string_view, int) {
  return false;
}

ZygotePacket receive_packet(int, std::span<char>) {
  return {ZygotePacket::Event::Closed, 0, 0};
}

UniqueFd take_back(int) {
  return {};
}

std::string zygote_library() {
  return {};
}

}  // namespace uvinetd
