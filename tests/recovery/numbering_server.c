/* SPDX-License-Identifier: ISC
 * The server of the proofs of recovery. A client says a number; the server writes "NUMBER PID" to a
 * file, in one write to its end, and only then gives the number back. So whoever was answered
 * stands in the file, and whoever was served twice stands there twice.
 *
 *   once FILE               one client, on descriptor 0
 *   hold                    "PID" for each line of the client, up to its end of file
 *   wait-tcp FILE COUNT     descriptor 0 is the listener: COUNT clients, then the end
 *   wait-udp FILE COUNT     descriptor 0 is the socket: COUNT datagrams, then the end
 *
 * The last two write "begin PID" and "end PID" too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kUsage = 64, kBroken = 70, kLongest = 64 };

static int file = -1;

static void write_all(int fd, const char* text, size_t size) {
  while (size > 0) {
    const ssize_t done = write(fd, text, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return; /* the client is gone */
    text += done;
    size -= (size_t)done;
  }
}

static void note(const char* word) {
  char line[2 * kLongest];
  const int size = snprintf(line, sizeof line, "%.*s %ld\n", kLongest, word, (long)getpid());
  if (write(file, line, (size_t)size) != size) _exit(kBroken);
}

/* A line without its end; false at the end of file. */
static int read_line(int fd, char* line) {
  size_t size = 0;
  while (size < kLongest - 1) {
    const ssize_t done = read(fd, line + size, 1);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return 0;
    if (line[size] == '\n') {
      line[size] = '\0';
      return 1;
    }
    ++size;
  }
  return 0;
}

static void serve(int fd) {
  char line[kLongest + 1];
  if (!read_line(fd, line)) return; /* nobody asked for anything */
  note(line);
  strcat(line, "\n");
  write_all(fd, line, strlen(line));
}

static void hold(void) {
  char line[kLongest];
  while (read_line(0, line)) {
    const int size = snprintf(line, sizeof line, "%ld\n", (long)getpid());
    write_all(0, line, (size_t)size);
  }
}

static void wait_tcp(long count) {
  note("begin");
  while (count > 0) {
    const int client = accept(0, NULL, NULL);
    if (client < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      exit(kBroken);
    }
    serve(client);
    close(client);
    --count;
  }
  note("end");
}

static void wait_udp(long count) {
  note("begin");
  while (count > 0) {
    char text[kLongest];
    struct sockaddr_storage from;
    socklen_t from_size = sizeof from;
    const ssize_t size = recvfrom(0, text, sizeof text - 1, 0, (struct sockaddr*)&from, &from_size);
    if (size < 0) {
      if (errno == EINTR) continue;
      exit(kBroken);
    }
    text[size] = '\0';
    note(text);
    (void)sendto(0, text, (size_t)size, 0, (struct sockaddr*)&from, from_size);
    --count;
  }
  note("end");
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "hold") == 0) {
    hold();
    return 0;
  }
  if (argc < 3) return kUsage;
  file = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return kBroken;
  const long count = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
  if (strcmp(argv[1], "once") == 0) {
    serve(0);
  } else if (strcmp(argv[1], "wait-tcp") == 0) {
    wait_tcp(count);
  } else if (strcmp(argv[1], "wait-udp") == 0) {
    wait_udp(count);
  } else {
    return kUsage;
  }
  return 0;
}
