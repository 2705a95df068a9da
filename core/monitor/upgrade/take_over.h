// SPDX-License-Identifier: ISC
// The program that takes the place of the one before it, and the one that is asked whether it
// could.
#pragma once

#include <string>
#include <vector>

#include "core/monitor/upgrade/program_swap.h"

namespace uvinetd {

// Goes on with what the program before has left in this process. Where it cannot, that one does
// again. Returns the exit status, as late as a daemon does. `argv` is this program's.
int take_over(const ResumeOrder& order, const std::vector<std::string>& argv);

// Whether this program can use the state in this descriptor, its configuration has no errors that
// were not known before, and its roles start and are of its build. Says on standard error what is
// in the way. Returns the exit status; changes nothing.
int check_upgrade(int state);

}  // namespace uvinetd
