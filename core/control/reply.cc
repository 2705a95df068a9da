// SPDX-License-Identifier: ISC
#include "core/control/reply.h"

#include <nlohmann/json.hpp>

namespace uvinetd {

// Names may have bytes that are no UTF-8: they are told with a replacement character.
std::string reply_line(std::string_view key, const nlohmann::json& value) {
  const nlohmann::json line{{key, value}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string reply_end() {
  return reply_line("end", true);
}

std::string reply_error(const ControlError& error) {
  return reply_line("error", {{"code", error.code}, {"message", error.message}});
}

}  // namespace uvinetd
