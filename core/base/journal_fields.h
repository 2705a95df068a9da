// SPDX-License-Identifier: ISC
// An event as the journal takes it with its fields, in one datagram: systemd's "Native Journal
// Protocol" (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/). A field is "NAME=value\n"; one whose
// value has a newline is "NAME\n", the size of the value as 64 bits, little end first, the value
// and
// "\n". The socket is /run/systemd/journal/socket.
//
// Fields: MESSAGE, PRIORITY, SYSLOG_FACILITY, SYSLOG_IDENTIFIER; UVINETD_EVENT, the event's name;
// and each of its values, UVINETD_ID, UVINETD_FROM and so on. What is "-" in text is left out.
#pragma once

#include <string>
#include <string_view>

#include "core/base/event.h"

namespace uvinetd {

// `message` is the event's text in the log's format; `facility` is as in syslog(3).
[[nodiscard]] std::string journal_fields(const Event& event, std::string_view message, int facility,
                                         std::string_view ident);

}  // namespace uvinetd
