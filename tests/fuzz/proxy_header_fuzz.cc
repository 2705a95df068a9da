// SPDX-License-Identifier: ISC
// Any bytes as what a proxy says first.
#include <cstdint>
#include <string_view>

#include "core/reactor/relay/proxy_header.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  using State = ProxyHeader::State;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto header = parse_proxy_header(bytes);
  require(header.peer.family() == header.local.family());
  if (header.state == State::Incomplete) {
    require(size < ProxyHeader::kLongest);
    return 0;
  }
  if (header.state == State::Malformed) return 0;
  require(header.size <= size && header.size <= ProxyHeader::kLongest);
  // It ends where it says, wherever the rest comes from.
  require(parse_proxy_header(bytes.substr(0, header.size)).state == State::Complete);
  require(parse_proxy_header(bytes.substr(0, header.size - 1)).state == State::Incomplete);
  if (!header.peer.is_ip()) return 0;
  for (const auto form : {ProxyForm::V1, ProxyForm::V2}) {
    const auto again = parse_proxy_header(print_proxy_header(form, header.peer, header.local));
    require(again.state == State::Complete);
    // Two ends of which one is an IPv4 address in IPv6 are not of one family any more.
    require(!again.peer.is_ip() || again.peer.port() == header.peer.port());
  }
  return 0;
}
