// SPDX-License-Identifier: ISC
// The descriptors that a zygote has when it parks, and what becomes of them in a child.
#pragma once

#include "spawn/zygote/zygote.h"

namespace uvinetd::zygote {

// Looks through all of them, the channel left out. Returns why the process cannot park, or null.
const char* survey_descriptors();

// Puts the connection wherever the placeholder was, and closes `connection`.
void replace_placeholder(int connection);

// Opens every regular file anew, at the offset that it had, so that no two children move the same
// one. To be called when the process may read its own /proc/self, thus when it is dumpable.
void separate_files();

}  // namespace uvinetd::zygote
