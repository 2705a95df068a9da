/* SPDX-License-Identifier: ISC
 * A server that reads one line and tells which version of it, and of its library, is running.
 */
#include <stdio.h>

#include "warm_library.h"

int main(void) {
  char line[256];
  if (fgets(line, sizeof line, stdin) == NULL) return 0;
  printf("program %s library %s\n", VERSION, library_version());
  return 0;
}
