// SPDX-License-Identifier: ISC
// One that asks to be served, as far as admission looks at it.
#pragma once

#include <optional>
#include <string>

#include "core/base/address.h"

namespace uvinetd {

// What a verdict may need from outside, in the order in which it is asked for.
enum class Awaited : std::uint8_t {
  Header,  // who it is, from a proxy in front of us
  Name,    // the confirmed name of its address
  Ident,   // what its host says of it (RFC 1413)
};

struct Client {
  SocketAddress peer;
  int socket = -1;                 // its connection, borrowed
  const char* at_limit = nullptr;  // what the service as a whole refuses it with, if it does

  // What has been waited for. Nothing is asked for twice.
  bool has_header = false;
  std::optional<std::string> name = {};  // in lower case; "": none that is confirmed
  bool is_identified = false;
  // Where it came to, when a proxy has said who `peer` is; else unset.
  SocketAddress local = {};
};

}  // namespace uvinetd
