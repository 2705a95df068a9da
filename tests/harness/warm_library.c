/* SPDX-License-Identifier: ISC */
#include "warm_library.h"

const char* library_version(void) {
  return VERSION;
}
