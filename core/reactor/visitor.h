// SPDX-License-Identifier: ISC
// A client between accept and its server: its connection, and which way it came.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/unique_fd.h"
#include "core/reactor/admission/client.h"
#include "core/reactor/metrics/meter.h"
#include "core/reactor/service.h"

namespace uvinetd {

struct Visitor {
  std::uint32_t service = 0;
  std::uint32_t listener = kNoListener;  // kNoListener: through the multiplexer
  UniqueFd connection;
  Client client;
  bool was_watched = false;       // its connection was, and is non-blocking since
  bool has_banner = false;        // has been sent what everybody is sent
  std::string proxy_header = {};  // as much of it as has come
  bool counts_globally = false;   // while it waits: as a server, beside as one of its service
  Accepted accepted{0};           // when its connection was taken from the kernel

  [[nodiscard]] bool is_muxed() const { return listener == kNoListener; }
};

}  // namespace uvinetd
