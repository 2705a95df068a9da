/* SPDX-License-Identifier: ISC
 * Stands where a role's program is looked for, and is killed at its start as often as the file
 * "deaths" beside it has bytes; each costs one. Then it becomes the program "real-role" beside it.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ;

enum { kBroken = 70 };

int main(int argc, char** argv) {
  char folder[PATH_MAX];
  char path[PATH_MAX + 16];
  struct stat status;
  (void)argc;
  const ssize_t size = readlink("/proc/self/exe", folder, sizeof folder - 1);
  if (size <= 0) return kBroken;
  folder[size] = '\0';
  *strrchr(folder, '/') = '\0';
  snprintf(path, sizeof path, "%s/deaths", folder);
  if (stat(path, &status) == 0 && status.st_size > 0) {
    if (truncate(path, status.st_size - 1) != 0) return kBroken;
    raise(SIGKILL);
  }
  snprintf(path, sizeof path, "%s/real-role", folder);
  execve(path, argv, environ);
  return kBroken;
}
