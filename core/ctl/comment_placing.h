// SPDX-License-Identifier: ISC
// Where the comments of the files, and what is said about them, go in one converted file. Pure.
#pragma once

#include "core/config/load/loader.h"
#include "core/config/source_outline.h"

namespace uvinetd {

// A comment goes to the service that it stands in, else to the next one below it; what comes before
// the first entry of the first file, a blank line in between, is the head, as is all of a first
// file without services of its own. A warning goes to its service. What is left out, and with it
// each error, has no service: it goes to the head, with its place.
[[nodiscard]] PlacedComments place_comments(const WrittenConfig& config);

}  // namespace uvinetd
