// SPDX-License-Identifier: ISC
// A whole reactor and any row of messages on its channel, up to the monitor's end. The input is a
// row of messages: a byte for the type, one for the descriptors, two for the length, then the body.
//
// The descriptors are what the monitor would send with such a message, or something else; of the
// start only what would change this process for good is put right.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/reactor/reactor.h"
#include "spawn/ledger.h"
#include "spawn/table.h"
#include "tests/fuzz/require.h"

namespace uvinetd {
namespace {

int listening_socket(int type) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  require(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  if (type == SOCK_STREAM) require(listen(fd, 1) == 0);
  return fd;
}

TableService service(std::uint32_t key, int type, bool is_wait, const char* internal) {
  TableService out;
  out.key = key;
  out.id = "service" + std::to_string(key);
  out.identity = 1;
  out.socket_type = type;
  out.is_wait = is_wait;
  if (*internal != '\0') out.internal.edit() = internal;
  out.program = "/bin/true";
  out.argv = {"true"};
  out.instances = key;
  out.listeners = {{key, *SocketAddress::parse_ip("127.0.0.1", 79)}};
  return out;
}

// Everything that a monitor could hand over.
struct Things {
  int table = -1;
  int log = -1;
  int page = -1;
  std::array<int, 4> sockets{};
  std::array<int, 2> ends{};

  Things() {
    TableIdentity who;
    who.key = 1;
    who.name = "somebody";
    const auto bytes = print_table(
        1, {who},
        {service(1, SOCK_STREAM, false, ""), service(2, SOCK_STREAM, true, ""),
         service(3, SOCK_DGRAM, true, ""), service(4, SOCK_DGRAM, false, ""),
         service(5, SOCK_STREAM, false, "echo"), service(6, SOCK_DGRAM, false, "discard")});
    auto memory = make_read_only_memory("table", bytes);
    auto shared = make_shared_page("ledger", kLedgerBytes);
    require(memory.has_value() && shared.has_value());
    require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) ==
            0);
    table = memory->release();
    log = open("/dev/null", O_WRONLY | O_CLOEXEC);
    page = shared->reader.release();
    sockets = {listening_socket(SOCK_STREAM), listening_socket(SOCK_DGRAM),
               listening_socket(SOCK_STREAM), listening_socket(SOCK_DGRAM)};
  }

  // The first `count` of those that go with such a message.
  [[nodiscard]] std::vector<int> of(MessageType type, std::size_t count) const {
    std::vector<int> out;
    switch (type) {
      case MessageType::ReactorStart:
        out = {table, log};
        break;
      case MessageType::Table:
      case MessageType::AccessList:
        out = {table};
        break;
      case MessageType::LogTarget:
        out = {log};
        break;
      case MessageType::LauncherJoined:
        out = {ends[0], page, ends[1]};
        break;
      default:
        out.assign(sockets.begin(), sockets.end());
        break;
    }
    if (count < out.size()) out.resize(count);
    return out;
  }
};

std::string tamed(MessageType type, std::string_view body) {
  if (type != MessageType::ReactorStart) return std::string(body);
  auto start = parse_as<ReactorStart>(body).value_or(ReactorStart());
  start.becomes_user = false;
  start.is_dumpable = true;  // else calls are forbidden from then on
  return print(start);
}

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  static const Things things;
  auto pair = Channel::make_pair();
  auto poller = Poller::open();
  require(pair.has_value() && poller.has_value());
  Channel monitor(std::move(pair->first));
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (rest.size() > 4 && !monitor.has_backlog()) {
    const auto type = static_cast<MessageType>(rest[0] % 64);
    const std::size_t count = static_cast<unsigned char>(rest[1]) % 8;
    std::uint16_t length = 0;
    std::memcpy(&length, rest.data() + 2, sizeof length);
    rest.remove_prefix(4);
    const auto body = rest.substr(0, length);
    rest.remove_prefix(body.size());
    (void)monitor.send(static_cast<std::uint16_t>(type), tamed(type, body), things.of(type, count));
  }
  monitor.close();
  Reactor reactor{Channel(std::move(pair->second)), std::move(*poller)};
  require(reactor.run() <= 1);
  return 0;
}
