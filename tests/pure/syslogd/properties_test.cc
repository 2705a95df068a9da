// SPDX-License-Identifier: ISC
// Any datagram gives a record whose parts hold all of it, and every line of it is one line.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "tests/pure/syslogd/sound_record.h"

namespace uvinetd {
namespace {

using namespace std::string_view_literals;

// Pieces that grammars are made of, and octets that are in none.
rc::Gen<std::string> any_piece() {
  return rc::gen::oneOf(
      rc::gen::element<std::string>(
          "<13>", "<191>", "<0>", "<192>", "<", ">", "1 ", "2 ", "- ", " ", "\n",
          std::string(1, '\0'), "Nov 26 20:41:21 ", "Feb 29 00:00:00 ", "2026-11-26T20:41:21Z ",
          "2026-11-26T20:41:21.123456789+01:00 ", "host ", "fe80::1 ",
          "prog: ", "prog[12]: ", "prog:", "[a b=\"c\"]", "[a b=\"\\\"\\]\"] ", "[", "]", "\"",
          "\xef\xbb\xbf", "\xc3\xa4", "\xe2\x80\xa8", "\xff", "\x1b[2J", "\\x0a", ":"),
      rc::gen::arbitrary<std::string>(),
      rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
}

rc::Gen<std::string> any_datagram() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(any_piece()), [](auto pieces) {
    std::string out;
    for (const auto& piece : pieces) out += piece;
    return out;
  });
}

RC_GTEST_PROP(SyslogProperties, AnyDatagramIsKeptWholeInHarmlessLines, ()) {
  const auto datagram = *any_datagram();
  const auto address = *rc::gen::element("192.0.2.1"sv, "2001:db8::1"sv, ""sv);
  SyslogOrigin origin;
  origin.is_local = *rc::gen::arbitrary<bool>();
  origin.is_kernel = *rc::gen::arbitrary<bool>();
  origin.pid = *rc::gen::element<pid_t>(0, 12, 4'194'304);
  origin.is_truncated = *rc::gen::arbitrary<bool>();
  if (!origin.is_local) origin.address = address;
  SyslogRecordRules rules;
  rules.host = *rc::gen::element<std::string>("this", "", "a\nb", "h\xc3\xa4");
  rules.trusts_time = *rc::gen::arbitrary<bool>();
  rules.trusts_host = *rc::gen::arbitrary<bool>();
  const auto when = *rc::gen::inRange<std::time_t>(-100'000'000'000, 100'000'000'000);
  RC_ASSERT(unsound_datagram(datagram, origin, rules, {when, 999'999'999}) == "");
}

}  // namespace
}  // namespace uvinetd
