// SPDX-License-Identifier: ISC
#include "core/reactor/relay/proxy_reader.h"

#include <sys/socket.h>

#include <cerrno>
#include <string_view>

namespace uvinetd {
namespace {

ssize_t receive(int fd, char* into, std::size_t most, int flags) {
  ssize_t got = 0;
  do {
    got = recv(fd, into, most, MSG_DONTWAIT | flags);
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

// All bytes of a header that is not complete belong to it: so they are taken off, and what is left
// wakes nobody before there is more.
ProxyHeader read_proxy_header(int fd, std::string& taken) {
  const auto before = taken.size();
  taken.resize(ProxyHeader::kLongest);
  const auto peeked = receive(fd, taken.data() + before, taken.size() - before, MSG_PEEK);
  const bool is_nothing = peeked < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  taken.resize(before + (peeked > 0 ? static_cast<std::size_t>(peeked) : 0));
  if (is_nothing) return {ProxyHeader::State::Incomplete, 0, {}, {}};
  if (peeked <= 0) return {};
  auto header = parse_proxy_header(taken);
  if (header.state == ProxyHeader::State::Malformed) return header;
  if (header.state == ProxyHeader::State::Complete) taken.resize(header.size);
  const auto size = taken.size() - before;
  const auto got = receive(fd, taken.data() + before, size, 0);
  return got == static_cast<ssize_t>(size) ? header : ProxyHeader();
}

}  // namespace uvinetd
