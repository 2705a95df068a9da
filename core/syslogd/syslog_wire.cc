// SPDX-License-Identifier: ISC
#include "core/syslogd/syslog_wire.h"

namespace uvinetd {

UVINETD_FIELDS(SyslogHello, b.version, b.build_id, b.pid)
UVINETD_FIELDS(SyslogGeneration, b.generation)
UVINETD_FIELDS(SyslogTarget, b.generation, b.action, b.code)
UVINETD_FIELDS(SyslogTerminals, b.ticket, b.users, b.absent)
UVINETD_FIELDS(SyslogCounts, b.received, b.malformed, b.truncated, b.limited, b.written,
               b.forwarded, b.dropped)

static bool is_in_range(const SyslogTarget& target) {
  return target.code >= 0;
}

#define UVINETD_SYSLOG_BODY(Type) UVINETD_BODY_DEFINED(Type, PlainEncoder, PlainDecoder)
UVINETD_SYSLOG_BODY(SyslogHello)
UVINETD_SYSLOG_BODY(SyslogGeneration)
UVINETD_SYSLOG_BODY(SyslogTarget)
UVINETD_SYSLOG_BODY(SyslogTerminals)
UVINETD_SYSLOG_BODY(SyslogCounts)
#undef UVINETD_SYSLOG_BODY

}  // namespace uvinetd
