// SPDX-License-Identifier: ISC
#include "core/reactor/relay/proxy_header.h"

#include <gtest/gtest.h>

#include <string>

namespace uvinetd {
namespace {

using State = ProxyHeader::State;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

SocketAddress ip(const char* host, std::uint16_t port) {
  return *SocketAddress::parse_ip(host, port);
}

// A header of version 2; `length` as it is written, or that of `rest`.
std::string binary(unsigned command, unsigned family, const std::string& rest, int length = -1) {
  const auto written = length < 0 ? rest.size() : static_cast<std::size_t>(length);
  std::string out = kSignature;
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(written >> 8U);
  out += static_cast<char>(written & 255U);
  return out + rest;
}

const std::string kInet("\x0a\x00\x00\x01\xc0\xa8\x00\x02\x01\x00\x00\x16", 12);

State state_of(const std::string& text) {
  return parse_proxy_header(text).state;
}

TEST(ProxyHeader, OfVersion1NamesBothEnds) {
  const std::string line = "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n";
  const auto header = parse_proxy_header(line + "GET");
  ASSERT_EQ(header.state, State::Complete);
  EXPECT_EQ(header.size, line.size());
  EXPECT_EQ(header.peer, ip("192.0.2.1", 56324));
  EXPECT_EQ(header.local, ip("192.0.2.2", 443));
  const auto v6 = parse_proxy_header("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n");
  ASSERT_EQ(v6.state, State::Complete);
  EXPECT_EQ(v6.peer, ip("2001:db8::1", 1));
  EXPECT_EQ(v6.local, ip("::1", 65535));
}

TEST(ProxyHeader, ThatSaysUnknownIsTheProxysOwn) {
  for (const char* line : {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"}) {
    const auto header = parse_proxy_header(line);
    EXPECT_EQ(header.state, State::Complete) << line;
    EXPECT_EQ(header.size, std::string(line).size());
    EXPECT_FALSE(header.peer.is_ip());
    EXPECT_FALSE(header.local.is_ip());
  }
}

TEST(ProxyHeader, OfVersion1IsTakenToTheLetter) {
  for (const char* line : {"PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
                           "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
                           "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
                           "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1 2x\r\n",
                           "PROXY TCP4 192.0.2.1 ::1 1 2\r\n",
                           "PROXY TCP4 ::1 ::1 1 2\r\n",
                           "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
                           "PROXY TCP6 fe80::1%lo ::1 1 2\r\n",
                           "PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n",
                           "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
                           "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n",
                           "PROXY \r\n",
                           "PROXY\r\n",
                           "proxy UNKNOWN\r\n",
                           "GET / HTTP/1.0\r\n",
                           "\r\n\r\nx",
                           "P ROXY"}) {
    EXPECT_EQ(state_of(line), State::Malformed) << line;
  }
  EXPECT_EQ(state_of("G"), State::Malformed);
  EXPECT_EQ(state_of("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\n"), State::Incomplete);
}

TEST(ProxyHeader, OfVersion1HasABoundedLine) {
  const auto longest = "PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n";
  ASSERT_EQ(longest.size(), ProxyHeader::kLongestLine);
  EXPECT_EQ(state_of(longest), State::Complete);
  EXPECT_EQ(state_of("PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n"), State::Malformed);
}

// Wherever it is cut, what is there belongs to the header, and nothing is known yet.
TEST(ProxyHeader, IsIncompleteAtEveryByteBeforeItsLast) {
  for (const auto& whole : {std::string("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"),
                            std::string("PROXY UNKNOWN\r\n"), binary(0x21, 0x11, kInet + "tlvs"),
                            binary(0x20, 0, "")}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(state_of(whole.substr(0, size)), State::Incomplete) << size << " of " << whole;
    }
    for (const char* more : {"", "x", "\r\n"}) {
      const auto header = parse_proxy_header(whole + more);
      EXPECT_EQ(header.state, State::Complete);
      EXPECT_EQ(header.size, whole.size());
    }
  }
}

TEST(ProxyHeader, OfVersion2NamesBothEndsAndMoreIsPassedOver) {
  const auto bytes = binary(0x21, 0x11, kInet + std::string("\x04\x00\x01\x00", 4));
  const auto header = parse_proxy_header(bytes + "SSH-2.0");
  ASSERT_EQ(header.state, State::Complete);
  EXPECT_EQ(header.size, bytes.size());
  EXPECT_EQ(header.peer, ip("10.0.0.1", 256));
  EXPECT_EQ(header.local, ip("192.168.0.2", 22));
  std::string inet6(36, '\0');
  inet6[15] = inet6[31] = '\1';
  inet6[33] = '\x50';
  const auto v6 = parse_proxy_header(binary(0x21, 0x21, inet6));
  EXPECT_EQ(v6.peer, ip("::1", 80));
  EXPECT_EQ(v6.local, ip("::1", 0));
}

TEST(ProxyHeader, OfVersion2MayBeTheProxysOwn) {
  for (const auto& bytes :
       {binary(0x20, 0x00, ""), binary(0x20, 0x11, kInet), binary(0x20, 0xff, "anything"),
        binary(0x21, 0x00, ""), binary(0x21, 0x00, "tlvs"), binary(0x21, 0x10, kInet),
        binary(0x21, 0x31, std::string(216, 'x'))}) {
    const auto header = parse_proxy_header(bytes);
    EXPECT_EQ(header.state, State::Complete);
    EXPECT_EQ(header.size, bytes.size());
    EXPECT_FALSE(header.peer.is_ip());
  }
}

TEST(ProxyHeader, OfVersion2IsRefusedWhereItIsNoSuchThing) {
  EXPECT_EQ(state_of(binary(0x11, 0x11, kInet)), State::Malformed);  // another version
  EXPECT_EQ(state_of(binary(0x31, 0x11, kInet)), State::Malformed);
  EXPECT_EQ(state_of(binary(0x22, 0x11, kInet)), State::Malformed);  // another command
  EXPECT_EQ(state_of(binary(0x21, 0x12, kInet)), State::Malformed);  // datagrams
  EXPECT_EQ(state_of(binary(0x21, 0x13, kInet)), State::Malformed);
  EXPECT_EQ(state_of(binary(0x21, 0x41, kInet)), State::Malformed);  // another family
  EXPECT_EQ(state_of(binary(0x21, 0x11, "short")), State::Malformed);
  EXPECT_EQ(state_of(binary(0x21, 0x21, kInet)), State::Malformed);
  EXPECT_EQ(state_of(binary(0x21, 0x31, kInet)), State::Malformed);
}

TEST(ProxyHeader, OfVersion2HasABoundedLength) {
  const auto most = ProxyHeader::kLongest - 16;
  EXPECT_EQ(state_of(binary(0x21, 0x11, kInet + std::string(most - 12, 'x'))), State::Complete);
  EXPECT_EQ(state_of(binary(0x21, 0x11, kInet, static_cast<int>(most) + 1)), State::Malformed);
  EXPECT_EQ(state_of(binary(0x21, 0x11, kInet, 65535)), State::Malformed);
}

TEST(ProxyHeader, IsReadAsItIsPrinted) {
  const std::pair<SocketAddress, SocketAddress> ends[] = {
      {ip("192.0.2.1", 1), ip("192.0.2.2", 65535)}, {ip("2001:db8::1", 40000), ip("::1", 0)}};
  for (const auto form : {ProxyForm::V1, ProxyForm::V2}) {
    for (const auto& [peer, local] : ends) {
      const auto bytes = print_proxy_header(form, peer, local);
      const auto header = parse_proxy_header(bytes);
      ASSERT_EQ(header.state, State::Complete);
      EXPECT_EQ(header.size, bytes.size());
      EXPECT_EQ(header.peer, peer);
      EXPECT_EQ(header.local, local);
    }
  }
}

TEST(ProxyHeader, IsPrintedWithoutAddressesWhereThereAreNone) {
  const auto unix_end = *SocketAddress::unix_path("/run/x");
  for (const auto form : {ProxyForm::V1, ProxyForm::V2}) {
    for (const auto& bytes : {print_proxy_header(form, SocketAddress(), unix_end),
                              print_proxy_header(form, ip("192.0.2.1", 1), ip("::1", 2))}) {
      const auto header = parse_proxy_header(bytes);
      EXPECT_EQ(header.state, State::Complete);
      EXPECT_EQ(header.size, bytes.size());
      EXPECT_FALSE(header.peer.is_ip());
    }
  }
  EXPECT_EQ(print_proxy_header(ProxyForm::None, ip("::1", 1), ip("::1", 2)), "");
}

// A client of an IPv6 socket that came over IPv4 is an IPv4 client.
TEST(ProxyHeader, TellsMappedAddressesAsWhatTheyAre) {
  EXPECT_EQ(print_proxy_header(ProxyForm::V1, ip("::ffff:192.0.2.1", 7), ip("::ffff:192.0.2.2", 8)),
            "PROXY TCP4 192.0.2.1 192.0.2.2 7 8\r\n");
}

}  // namespace
}  // namespace uvinetd
