// SPDX-License-Identifier: ISC
// The sockets of a service as fields of an inetd.conf: the inverse of service_field.h.
#pragma once

#include <string>
#include <vector>

#include "core/config/inetd/inetd_conf.h"

namespace uvinetd {

// What one line says of its sockets.
struct SocketFields {
  std::vector<std::string> addresses;  // empty: none need be written
  std::string service;                 // name, port or path, without addresses
  std::string type;                    // "stream"
  std::string protocol;                // "tcp6", without buffers

  [[nodiscard]] std::string service_word() const;
};

// As few lines as can have all the sockets of `spec`. Where the language cannot say it, they are
// the nearest that it can. The id is kept if there are lines that give it.
[[nodiscard]] std::vector<SocketFields> socket_fields(const ServiceSpec& spec, Dialect dialect,
                                                      const ServiceNames& names);

}  // namespace uvinetd
