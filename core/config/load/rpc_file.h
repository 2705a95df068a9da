// SPDX-License-Identifier: ISC
// The numbers of SunRPC programs as a value: the text of /etc/rpc, with a fixed list of well-known
// programs behind it. Source: rpc(5). The first entry of a name wins.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace uvinetd {

class RpcFile {
 public:
  // Lines that are no entry are passed over.
  explicit RpcFile(std::string_view text);

  // Of a name, an alias, or decimal digits.
  [[nodiscard]] std::optional<std::uint32_t> number_of(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all() const;  // sorted

 private:
  void add_line(std::string_view line);

  std::map<std::string, std::uint32_t, std::less<>> numbers_;
};

// /etc/rpc, read once; never the network.
[[nodiscard]] const RpcFile& system_rpc_names();

}  // namespace uvinetd
