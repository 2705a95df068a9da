// SPDX-License-Identifier: ISC
// What holds for any text in the language of xinetd.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/config/xinetd/attributes.h"
#include "tests/pure/config/places.h"
#include "tests/pure/config/xinetd.h"

namespace uvinetd::testing {
namespace {

std::vector<std::string> words() {
  std::vector<std::string> out{"service ftp\n{\n",
                               "service telnet\n{\n",
                               "defaults\n{\n",
                               "}\n",
                               "{\n",
                               "include /a\n",
                               "includedir /d\n",
                               "socket_type = stream\n",
                               "socket_type = dgram\n",
                               "protocol = udp\n",
                               "wait = no\n",
                               "wait = yes\n",
                               "user = root\n",
                               "server = /bin/x\n",
                               "type = INTERNAL\n",
                               "type = UNLISTED\nport = 7\n",
                               "disable = yes\n",
                               "flags = ",
                               "IPv6 ",
                               "SENSOR ",
                               "NAMEINARGS ",
                               "10.0.0.0/8 ",
                               "10.1.{2,3} ",
                               "::/0 ",
                               "08:00-17:00 ",
                               "UNLIMITED",
                               "10",
                               " = ",
                               " += ",
                               " -= ",
                               "=",
                               " # x",
                               "\n",
                               "\r\n",
                               " ",
                               "\t"};
  for (const auto& rule : xinetd::all_rules()) out.push_back("\n" + std::string(rule.name));
  return out;
}

rc::Gen<std::string> any_text() {
  const auto piece = rc::gen::weightedOneOf<std::string>(
      {{12, rc::gen::elementOf(words())},
       {1, rc::gen::container<std::string>(rc::gen::arbitrary<char>())}});
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const auto& one : pieces) text += one;
                        return text;
                      });
}

void check(const std::string& text, const std::string& included) {
  const Files files{{"/a", included}, {"/d/a", included}, {"/d/b", text}};
  const auto config = parse_xinetd(text, files);
  const TextLines own(text);
  const TextLines other(included);
  const std::map<std::string, const TextLines*> lines{
      {"f", &own}, {"/a", &other}, {"/d/a", &other}, {"/d/b", &own}};
  for (const auto& diagnostic : config.diagnostics) {
    RC_ASSERT(diagnostic.at.file && lines.contains(*diagnostic.at.file));
    RC_ASSERT(is_well_told(diagnostic, *lines.at(*diagnostic.at.file)));
  }
  RC_ASSERT(config.services.size() <= config.services_written);
  std::set<std::string> seen;
  for (const auto& spec : config.services) {
    RC_ASSERT(seen.insert(spec.id).second);
    RC_ASSERT(spec.listen.empty() == !spec.more->tcpmux.empty());
    RC_ASSERT(spec.internal.empty() == !spec.program.empty());
    RC_ASSERT(spec.internal.empty() == !spec.argv.empty());
    RC_ASSERT(!spec.more->allow && spec.more->deny.empty() && !spec.more->is_sensor);
  }
  if (config.services.size() < config.services_written) RC_ASSERT(has_errors(config.diagnostics));
  RC_ASSERT(parse_xinetd(text, files).services == config.services);
}

RC_GTEST_PROP(XinetdProperties, AnyBytesAreReadWithPlacesInsideTheText, ()) {
  const auto bytes = rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  check(*bytes, *bytes);
}

RC_GTEST_PROP(XinetdProperties, AnyWordsAreReadWithPlacesInsideTheText, ()) {
  check(*any_text(), *any_text());
}

RC_GTEST_PROP(XinetdProperties, AFileReadsAsItDoesWhenItIsIncluded, ()) {
  const auto text = *any_text();
  RC_PRE(text.find("include") == std::string::npos);
  RC_ASSERT(parse_xinetd("include /a\n", {{"/a", text}}).services == parse_xinetd(text).services);
}

RC_GTEST_PROP(XinetdProperties, ADisabledServiceNeverFails, ()) {
  auto text = *any_text();
  const std::string keywords[] = {"service", "defaults", "include", "}", "{"};
  RC_PRE(std::none_of(std::begin(keywords), std::end(keywords),
                      [&](const auto& word) { return text.find(word) != std::string::npos; }));
  const auto config = parse_xinetd(service("disable = yes\n" + text + "\n"));
  RC_ASSERT(!has_errors(config.diagnostics));
  RC_ASSERT(config.services_written == 0U);
}

}  // namespace
}  // namespace uvinetd::testing
