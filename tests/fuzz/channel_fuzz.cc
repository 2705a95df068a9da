// SPDX-License-Identifier: ISC
// Any packets on a channel, with any number of descriptors. The input is a row of packets: a byte
// for the descriptors, two for the length, then the bytes.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/base/channel.h"
#include "core/base/channel_frame.h"
#include "tests/fuzz/require.h"

namespace uvinetd {
namespace {

void send_packet(int to, std::string_view bytes, std::size_t fds) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ControlBuffer control;
  control.fill(message, std::vector<int>(std::min<std::size_t>(fds, Channel::kMaxFds), to));
  (void)sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void check(const Channel::Received& received) {
  const bool is_message = received.event == Channel::Event::Message;
  require(received.message.body.size() <= Channel::kMaxBody);
  require(is_message || received.message.fds.empty());
  for (const auto& fd : received.message.fds) require(fd.is_open());
}

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  auto pair = Channel::make_pair();
  require(pair.has_value());
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::size_t packets = 0;
  while (rest.size() > 3) {
    const auto fds = static_cast<unsigned char>(rest[0]);
    std::uint16_t length = 0;
    std::memcpy(&length, rest.data() + 1, sizeof length);
    rest.remove_prefix(3);
    const auto packet = rest.substr(0, length);
    rest.remove_prefix(packet.size());
    send_packet(pair->first.get(), packet, fds);
    ++packets;
  }
  pair->first.reset();
  Channel channel(std::move(pair->second));
  for (std::size_t i = 0; i <= packets; ++i) {
    const auto seen = channel.peek();
    check(seen);
    if (Channel::keeps_peeked() && i % 2 == 0) {
      const auto received = channel.receive();
      check(received);
      require(received.event == seen.event && received.message.type == seen.message.type);
      require(received.message.body == seen.message.body);
      require(received.message.fds.size() == seen.message.fds.size());
    } else {
      channel.drop();
    }
    if (seen.event == Channel::Event::Closed) return 0;
  }
  return 0;
}
