// SPDX-License-Identifier: ISC
// Where a first touch of the connection cannot be seen, every zygote parks before main().
#include "spawn/zygote/zygote.h"

namespace uvinetd::zygote {

bool start_io_park() {
  return false;
}

}  // namespace uvinetd::zygote
