// SPDX-License-Identifier: ISC
// A service that is the log of this host: what its sockets and its arguments may be.
#pragma once

#include <span>

#include "core/config/field.h"
#include "core/config/reporter.h"
#include "core/config/service_spec.h"

namespace uvinetd {

// In ServiceSpec::key_at: of the path of the rules.
inline constexpr char kSyslogRulesKey[] = "syslog.rules";

// Makes `spec`, whose sockets and mode are set, the one server of them all. `at`: of the word that
// says what it is. Arguments become settings. False: reported.
bool make_syslog_service(Place at, std::span<const Field> arguments, Reporter& report,
                         ServiceSpec& spec);

// Everybody may write to the Unix sockets of a log of inetd.conf where no mode is written: as in
// TOML. Other services are left as they are.
void open_log_sockets(ServiceSpec& spec);

}  // namespace uvinetd
