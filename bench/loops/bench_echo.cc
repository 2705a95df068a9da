// SPDX-License-Identifier: ISC
// bench_echo PORT [ADDRESS]
//
// A plain libuv TCP echo server, one write request per read, as libuv's guide teaches it: what the
// echo built-in is compared with. Writes "ready" when it listens. Runs until it is killed.
#include <errno.h>
#include <uv.h>

#include <cstdio>
#include <memory>

#include "bench/loops/listeners.h"

namespace {

constexpr int kBacklog = 4096;
constexpr int kMostConnections = 10'000;
constexpr std::size_t kBufferBytes = 65536;

struct Reply {
  uv_write_t request{};
  std::unique_ptr<char[]> bytes;
};

void close_client(uv_handle_t* handle) {
  uv_close(handle, [](uv_handle_t* closed) { delete reinterpret_cast<uv_tcp_t*>(closed); });
}

void on_written(uv_write_t* request, int status) {
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(request->data));
  auto* client = reinterpret_cast<uv_handle_t*>(request->handle);
  if (status != 0 && uv_is_closing(client) == 0) close_client(client);
}

void allocate(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
  *buffer = uv_buf_init(new char[kBufferBytes], kBufferBytes);
}

void on_read(uv_stream_t* client, ssize_t size, const uv_buf_t* buffer) {
  std::unique_ptr<char[]> bytes(buffer->base);
  if (size < 0) close_client(reinterpret_cast<uv_handle_t*>(client));
  if (size <= 0) return;
  auto reply = std::make_unique<Reply>();
  reply->request.data = reply.get();
  reply->bytes = std::move(bytes);
  uv_buf_t out = uv_buf_init(reply->bytes.get(), static_cast<unsigned>(size));
  const int code = uv_write(&reply->request, client, &out, 1, on_written);
  if (code == 0) {
    static_cast<void>(reply.release());  // on_written takes it back
  } else {
    close_client(reinterpret_cast<uv_handle_t*>(client));
  }
}

void on_connection(uv_stream_t* listener, int status) {
  if (status != 0) return;
  auto* client = new uv_tcp_t;
  uv_tcp_init(listener->loop, client);
  auto* stream = reinterpret_cast<uv_stream_t*>(client);
  if (uv_accept(listener, stream) != 0 || uv_read_start(stream, allocate, on_read) != 0) {
    close_client(reinterpret_cast<uv_handle_t*>(client));
  }
}

void require(int code, const char* what) {
  if (code == 0) return;
  errno = -code;  // libuv's error numbers on Unix
  bench::die(what);
}

}  // namespace

int main(int argc, char** argv) {
  const auto port =
      argc == 2 || argc == 3 ? bench::parse_ports(argv[1]) : std::optional<bench::PortRange>();
  const auto address =
      port ? bench::parse_address(argc == 3 ? argv[2] : "127.0.0.1", port->first) : std::nullopt;
  if (!address) {
    std::fputs("usage: bench_echo PORT [ADDRESS]\n", stderr);
    return 2;
  }
  bench::make_room_for(kMostConnections);
  uv_tcp_t listener;
  require(uv_tcp_init(uv_default_loop(), &listener), "socket");
  require(uv_tcp_bind(&listener, reinterpret_cast<const sockaddr*>(&*address), 0), "bind");
  require(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), kBacklog, on_connection), "listen");
  bench::say_ready();
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
