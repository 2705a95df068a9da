// SPDX-License-Identifier: ISC
// A server with targets of each kind.
#pragma once

#include "tests/pure/syslogd/server_ring.h"

namespace uvinetd::test {

class SyslogTargets : public ServerRing {
 protected:
  SyslogAction file(const std::string& name) const {
    return place(SyslogActionKind::File, path(name));
  }
  SyslogAction fifo(const std::string& name) const {
    EXPECT_EQ(mkfifo(path(name).c_str(), 0600), 0);
    return place(SyslogActionKind::Fifo, path(name));
  }
  static SyslogAction forward(const std::string& host, std::uint16_t port,
                              SyslogForm form = SyslogForm::Unset) {
    SyslogAction out;
    out.kind = SyslogActionKind::Forward;
    out.host = host;
    out.port = port;
    out.form = form;
    return out;
  }
  static SyslogAction users(std::vector<std::string> names) {
    SyslogAction out;
    out.kind = SyslogActionKind::Users;
    out.users = std::move(names);
    return out;
  }
  void log_many(int count, const std::string& text) {
    const auto address = SocketAddress::unix_path(path("log"));
    const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (int i = 0; i < count; ++i) {
      const auto whole = "<13>tester: " + std::to_string(i) + ' ' + text;
      ASSERT_EQ(sendto(fd.get(), whole.data(), whole.size(), 0, address->data(), address->size()),
                static_cast<ssize_t>(whole.size()));
    }
  }
};

}  // namespace uvinetd::test
