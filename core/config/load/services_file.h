// SPDX-License-Identifier: ISC
// The services database as a value: the text of /etc/services, with a fixed list of well-known
// names behind it, so that a container without that file serves the same ports.
// Source: services(5). The first entry of a name and protocol wins, as with getservbyname(3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/config/inetd/inetd_conf.h"

namespace uvinetd {

class ServicesFile : public ServiceNames {
 public:
  // Lines that are no entry are passed over.
  explicit ServicesFile(std::string_view text);

  [[nodiscard]] std::optional<std::uint16_t> port_of(std::string_view name,
                                                     std::string_view protocol) const override;
  [[nodiscard]] std::vector<std::string> all() const override;

 private:
  struct Ports {
    std::optional<std::uint16_t> tcp;
    std::optional<std::uint16_t> udp;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  void add(std::string_view name, std::uint16_t port, std::string_view protocol);
  void add_line(std::string_view line);

  std::unordered_map<std::string, Ports, Hash, std::equal_to<>> ports_;
};

}  // namespace uvinetd
