// SPDX-License-Identifier: ISC
// The PROXY protocol, version 1 (a line) and 2 (binary): by what a proxy says first of each
// connection, who the client is and where it came to. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/address.h"
#include "spawn/settings/relay.h"

namespace uvinetd {

struct ProxyHeader {
  static constexpr std::size_t kLongest = 4096;  // bytes, with all that we pass over
  static constexpr std::size_t kLongestLine = 107;

  enum class State : std::uint8_t { Incomplete, Complete, Malformed };
  State state = State::Malformed;
  std::size_t size = 0;  // Complete: of the header; what follows is the client's
  // Complete: unset when the proxy speaks for itself, or does not say for whom. Never a family that
  // the other one is not.
  SocketAddress peer;
  SocketAddress local;
};

// `bytes` begin with the header. All bytes of an Incomplete one belong to it.
[[nodiscard]] ProxyHeader parse_proxy_header(std::string_view bytes);

// "" for ProxyForm::None. Of addresses that are not of one internet family it says nothing.
[[nodiscard]] std::string print_proxy_header(ProxyForm form, const SocketAddress& peer,
                                             const SocketAddress& local);

}  // namespace uvinetd
