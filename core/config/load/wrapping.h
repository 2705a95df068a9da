// SPDX-License-Identifier: ISC
// Services that hosts.allow and hosts.deny decide about: started through tcpd(8), which asks
// hosts_access(5) and then becomes the server.
//
// tcpd knows a service by the file name of its program, gives the program that name as its first
// argument and sets the umask to 022. Where that is not what a service wants, where it cannot see
// the client, and where there is no program, the service is left out with an error: a file that
// keeps clients out is never passed over.
#pragma once

#include <vector>

#include "core/config/load/loader.h"

namespace uvinetd {

// Makes tcpd the program of each service that has a `libwrap`, and of those that the command line's
// options are about. What cannot be wrapped is dropped, and told.
void wrap_services(const LoadOptions& options, std::vector<ServiceSpec>& services,
                   Diagnostics& diagnostics);

}  // namespace uvinetd
