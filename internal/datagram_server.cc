// SPDX-License-Identifier: ISC
#include "internal/datagram_server.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "internal/datagram_guard.h"
#include "internal/packet_info.h"

namespace uvinetd {
namespace {

constexpr std::size_t kDatagramBytes = 64 * 1024;  // more than a UDP datagram can hold

std::array<std::byte, kDatagramBytes> request_bytes;
std::array<std::byte, kDatagramBytes> reply_bytes;

OwnNetwork& own_network() noexcept {
  static OwnNetwork own;
  return own;
}

// When the system does not say, `broadcasts` is left alone.
void read_broadcasts(std::vector<std::uint32_t>& broadcasts) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return;
  broadcasts.clear();
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if ((at->ifa_flags & IFF_BROADCAST) == 0 || at->ifa_broadaddr == nullptr) continue;
    if (at->ifa_broadaddr->sa_family != AF_INET) continue;
    const auto* address = reinterpret_cast<const sockaddr_in*>(at->ifa_broadaddr);
    broadcasts.push_back(ntohl(address->sin_addr.s_addr));
  }
  freeifaddrs(list);
}

bool send_reply(int fd, const SocketAddress& to, const Arrival& arrival,
                std::size_t size) noexcept {
  iovec part{reply_bytes.data(), size};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.data());
  message.msg_namelen = to.size();
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  PacketControl control;
  write_packet_info(message, control, arrival);
  ssize_t sent = 0;
  do {
    sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

}  // namespace

struct DatagramServer::Packet {
  SocketAddress source;
  Arrival arrival;
  std::size_t size = 0;
  bool is_truncated = false;

  // False with errno when nothing was read. A Unix socket gets no room for control data: a sender
  // could fill our descriptor table through it.
  bool receive(int fd, bool is_ip) noexcept {
    sockaddr_storage from{};
    iovec part{request_bytes.data(), request_bytes.size()};
    PacketControl control;
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = is_ip ? control.bytes : nullptr;
    message.msg_controllen = is_ip ? sizeof control.bytes : 0;
    const ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    if (got < 0) return false;
    source = SocketAddress(reinterpret_cast<const sockaddr*>(&from), message.msg_namelen);
    arrival = read_packet_info(message);
    size = static_cast<std::size_t>(got);
    is_truncated = (message.msg_flags & MSG_TRUNC) != 0;
    return true;
  }
};

DatagramServer::DatagramServer(const Builtin& builtin, int fd) noexcept
    : builtin_(builtin), fd_(fd) {
  const auto local = SocketAddress::local_of(fd);
  is_ip_ = local && local->is_ip();
  if (is_ip_) enable_packet_info(fd, local->family());
}

int DatagramServer::on_readable(int most, std::time_t now) noexcept {
  int read = 0;
  for (int turn = 0; turn < most; ++turn) {
    Packet packet;
    if (packet.receive(fd_, is_ip_)) {
      ++read;
      answer(packet, now);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    }
  }
  return read;
}

void DatagramServer::answer(const Packet& packet, std::time_t now) noexcept {
  if (refuses_ && refuses_(packet.source)) {
    ++counts_.refused_client;
    last_refused_ = packet.source;
    return;
  }
  const auto request = std::span(request_bytes).first(packet.size);
  std::size_t size = builtin_.answer(request, reply_bytes, now);
  if (size == kNoReply) {
    ++counts_.answered;
    return;
  }
  const auto verdict = guard_datagram(packet.source, packet.arrival, own_network());
  if (verdict != DatagramVerdict::Allow) {
    ++(verdict == DatagramVerdict::Port ? counts_.refused_port : counts_.refused_address);
    last_refused_ = packet.source;
    return;
  }
  if (builtin_.is_cut_to_request && !is_same_host(packet.source, packet.arrival)) {
    size = std::min(size, packet.size);
  }
  const bool is_sent = !packet.is_truncated && send_reply(fd_, packet.source, packet.arrival, size);
  ++(is_sent ? counts_.answered : counts_.send_failed);
}

DatagramCounts DatagramServer::take_counts() noexcept {
  return std::exchange(counts_, DatagramCounts{});
}

void DatagramServer::set_own_ports(const std::uint16_t* ports, std::size_t count) {
  OwnNetwork& own = own_network();
  own.ports.reset();
  for (std::size_t i = 0; i < count; ++i) own.ports.set(ports[i]);
  read_broadcasts(own.broadcasts);
}

}  // namespace uvinetd
