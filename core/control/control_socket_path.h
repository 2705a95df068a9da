// SPDX-License-Identifier: ISC
// Where the control socket stands if nobody says so.
#pragma once

#include <string>

namespace uvinetd {

// `folder`: run_folder(); "" has none.
[[nodiscard]] inline std::string control_socket_in(const std::string& folder) {
  return folder.empty() ? folder : folder + "/control";
}

}  // namespace uvinetd
