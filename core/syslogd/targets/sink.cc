// SPDX-License-Identifier: ISC
#include "core/syslogd/targets/sink.h"

#include <utility>

namespace uvinetd {

std::string SyslogSink::name() const {
  switch (action().kind) {
    case SyslogActionKind::Users: {
      std::string out =
          action().users.size() == 1 && action().users[0] == "*" ? "all users" : "users ";
      if (out.back() != ' ') return out;
      for (const auto& user : action().users) out += user + ',';
      out.pop_back();
      return out;
    }
    case SyslogActionKind::Forward: {
      const bool is_v6 = action().host.find(':') != std::string::npos;
      return (is_v6 ? "@[" + action().host + ']' : '@' + action().host) + ':' +
             std::to_string(action().port);
    }
    default:
      return action().path;
  }
}

bool SyslogSink::is_same_place(const SyslogSink& other) const {
  return action().kind == other.action().kind && action().path == other.action().path &&
         action().users == other.action().users && action().host == other.action().host &&
         action().port == other.action().port;
}

void SyslogSink::tell_dropped(bool reaches_it) {
  if (dropped_ == 0) return;
  const auto count = std::exchange(dropped_, 0);
  host_.tell(SyslogSeverity::Warning,
             std::to_string(count) + (count == 1 ? " message" : " messages") + " for " + name() +
                 (count == 1 ? " was dropped" : " were dropped"),
             this, reaches_it);
}

}  // namespace uvinetd
