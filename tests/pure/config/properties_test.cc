// SPDX-License-Identifier: ISC
// What holds for any text.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "tests/pure/config/conf.h"
#include "tests/pure/config/places.h"

namespace uvinetd::testing {
namespace {

// Words that get past the first checks far more often than random bytes do.
rc::Gen<std::string> piece() {
  return rc::gen::weightedOneOf<std::string>(
      {{8,
        rc::gen::elementOf(std::vector<std::string>{
            "echo",       "ftp",    "7007",   "127.0.0.1:", "[::1]:",   "a,b:", "/run/x", "stream",
            "dgram",      "strem",  ",5",     ":httpready", "tcp",      "udp",  "tcp46",  "unix",
            ",sndbuf=4k", "wait",   "nowait", "/1/2/3",     ".5",       "root", ":sys",   "/class",
            "internal",   "/bin/x", "on",     "off",        "protocol", "=",    ",",      ";",
            "#",          "\"",     "'",      "\\x41",      "exec",     "user"})},
       {8, rc::gen::elementOf(std::vector<std::string>{" ", " ", " ", "\t", "\n", "\n ", "\r\n"})},
       {1, rc::gen::container<std::string>(rc::gen::arbitrary<char>())}});
}

rc::Gen<std::string> text_of_pieces() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece()),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const auto& one : pieces) text += one;
                        return text;
                      });
}

void check(const std::string& text, Dialect dialect) {
  const auto parsed = parse(text, dialect);
  const TextLines lines(text);
  for (const auto& diagnostic : parsed.diagnostics) RC_ASSERT(is_well_told(diagnostic, lines));
  RC_ASSERT(parsed.services.size() <= parsed.services_written);
  std::set<std::string> seen;
  for (const auto& spec : parsed.services) {
    RC_ASSERT(seen.insert(spec.id).second);
    RC_ASSERT(!spec.listen.empty());
    RC_ASSERT(spec.internal.empty() == !spec.program.empty());
    RC_ASSERT(spec.internal.empty() == !spec.argv.empty());
  }
  if (parsed.services.size() < parsed.services_written) RC_ASSERT(has_errors(parsed.diagnostics));
  RC_ASSERT(parse(text, dialect).services == parsed.services);
}

rc::Gen<Dialect> any_dialect() {
  return rc::gen::elementOf(std::vector<Dialect>(std::begin(kAllDialects), std::end(kAllDialects)));
}

RC_GTEST_PROP(Properties, AnyBytesAreReadWithPlacesInsideTheText, ()) {
  check(*rc::gen::container<std::string>(rc::gen::arbitrary<char>()), *any_dialect());
}

RC_GTEST_PROP(Properties, AnyWordsAreReadWithPlacesInsideTheText, ()) {
  check(*text_of_pieces(), *any_dialect());
}

RC_GTEST_PROP(Properties, AFileReadsAsItsHalvesDo, ()) {
  // Ports keep the halves apart; column 1 keeps the lines apart.
  const auto ports =
      *rc::gen::unique<std::vector<std::uint16_t>>(rc::gen::inRange<std::uint16_t>(1, UINT16_MAX));
  std::string first;
  std::string second;
  for (const auto port : ports) {
    auto& half = port % 2 == 0 ? first : second;
    half +=
        std::to_string(port) + " stream tcp nowait root /bin/x -p " + std::to_string(port) + '\n';
  }
  const auto whole = parse(first + second);
  auto halves = parse(first).services;
  for (auto& spec : parse(second).services) halves.push_back(spec);
  RC_ASSERT(whole.services == halves);
  RC_ASSERT(whole.diagnostics.empty());
}

TEST(Properties, TwentyThousandLinesAreRead) {
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    text += std::to_string(i + 1) + " stream tcp nowait root /bin/x\n";
  }
  EXPECT_EQ(parse(text).services.size(), 20000U);
}

}  // namespace
}  // namespace uvinetd::testing
