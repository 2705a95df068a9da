// SPDX-License-Identifier: ISC
// Whole answers of a daemon, and all that is printed of them. golden/NAME.replies has the command
// line and the daemon's lines; NAME.expected what comes out, as text, in colours and with --json.
// UVINETD_UPDATE_GOLDEN=1 writes those anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/ctl/live/print.h"

namespace uvinetd {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(UVINETD_SOURCE_DIR) / "tests/pure/ctl/golden";

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Case {
  Command command;
  Answer answer;
};

Case read_case(const std::filesystem::path& path) {
  Case out;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::istringstream words("uvinetctl " + line);
  const auto parsed = parse_command({std::istream_iterator<std::string>(words), {}});
  EXPECT_FALSE(parsed.exit_status) << path << ": " << parsed.text;
  out.command = parsed.command;
  while (std::getline(file, line)) {
    auto reply = read_reply(line);
    EXPECT_TRUE(reply) << path << ": " << line;
    if (!reply) continue;
    if (reply->is_last) {
      out.answer.error = reply->error;
    } else {
      out.answer.replies.push_back(std::move(reply->object));
    }
  }
  return out;
}

std::string told(const Printed& printed) {
  return "--- out\n" + printed.out + "--- err\n" + printed.err + "--- status " +
         std::to_string(printed.status) + "\n";
}

// Escape sequences in a form that can be read.
std::string visible(std::string text) {
  for (std::size_t at = 0; (at = text.find('\x1b', at)) != std::string::npos; ++at) {
    text.replace(at, 1, "\\e");
  }
  return text;
}

std::string all_of(const Case& each) {
  const PrintForm colored{true, true};
  if (each.command.verb == Verb::Tail) {
    std::string text;
    for (const auto& reply : each.answer.replies) text += print_event(reply, {});
    for (const auto& reply : each.answer.replies) text += visible(print_event(reply, colored));
    for (const auto& reply : each.answer.replies) text += print_event_document(reply);
    return text;
  }
  auto out = told(print_answer(each.command, each.answer, {}));
  out += "=== colours\n" + visible(told(print_answer(each.command, each.answer, colored)));
  return out + "=== --json\n" + told(print_document(each.command, each.answer));
}

TEST(LiveGolden, AnswersArePrintedAsExpected) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    auto path = entry.path();
    if (path.extension() != ".replies") continue;
    ++files;
    const auto actual = all_of(read_case(path));
    path.replace_extension(".expected");
    if (std::getenv("UVINETD_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
    EXPECT_EQ(actual, read(path)) << path;
  }
  EXPECT_GE(files, 20);
}

// What programs rely on: additions are all that may happen to it.
TEST(LiveGolden, EveryDocumentHasTheSchema) {
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".replies") continue;
    const auto each = read_case(entry.path());
    if (each.command.verb == Verb::Tail) continue;
    const auto document = nlohmann::json::parse(print_document(each.command, each.answer).out);
    EXPECT_EQ(document.at("schema"), 1) << entry.path();
    EXPECT_EQ(document.contains("error"), each.answer.error.has_value()) << entry.path();
  }
}

}  // namespace
}  // namespace uvinetd
