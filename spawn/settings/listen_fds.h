// SPDX-License-Identifier: ISC
// What systemd calls socket activation (sd_listen_fds(3)): a server that finds several sockets, in
// a row from a known descriptor on.
#pragma once

#include <cstddef>

namespace uvinetd {

inline constexpr int kFirstListenFd = 3;  // SD_LISTEN_FDS_START
// Of one server. Far more than anybody needs, and far less than one message can carry.
inline constexpr std::size_t kMostListenFds = 64;
inline constexpr std::size_t kMostListenName = 255;  // bytes; systemd's own bound

}  // namespace uvinetd
