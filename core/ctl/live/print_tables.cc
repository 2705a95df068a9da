// SPDX-License-Identifier: ISC
// `ps`, `bans` and `match`.
#include "core/ctl/live/human.h"
#include "core/ctl/live/print.h"
#include "core/ctl/live/text_table.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

using nlohmann::json;

std::string or_dash(std::string text) {
  return text.empty() ? "-" : std::move(text);
}

std::string number_or_dash(const json& object, const char* key) {
  const auto number = number_of(object, key);
  return number ? std::to_string(*number) : "-";
}

std::string age_of(const json& server) {
  const auto age = number_of(server, "age_ms");
  return age ? age_text(std::chrono::milliseconds(*age)) : "-";
}

std::string cpu_of(const json& server) {
  const auto cpu = number_of(server, "cpu_usec");
  return cpu ? duration_text(std::chrono::microseconds(*cpu)) : "-";
}

}  // namespace

std::string print_servers(const Answer& answer, PrintForm form) {
  TextTable table({{"PID", true}, {"SERVICE"}, {"FROM"}, {"AGE", true}, {"CPU", true}},
                  form.has_colors);
  for (const auto* server : values_of(answer, "server")) {
    table.add({{number_or_dash(*server, "pid")},
               {or_dash(text_of(*server, "id"))},
               {or_dash(text_of(*server, "from"))},
               {age_of(*server)},
               {cpu_of(*server)}});
  }
  return table.text();
}

std::string print_bans(const Answer& answer, PrintForm form) {
  TextTable table({{"ADDRESS"}, {"UNTIL"}}, form.has_colors);
  for (const auto* ban : values_of(answer, "ban")) {
    const auto until = text_of(*ban, "until");
    table.add({{or_dash(text_of(*ban, "address"))}, {until.empty() ? "forever" : until}});
  }
  return table.text();
}

// "192.0.2.1 is allowed at finger/tcp: allow 192.0.2.0/24"
std::string print_match(const Command& command, const Answer& answer, PrintForm form) {
  const auto* match = value_of(answer, "match");
  if (match == nullptr) return "";
  const auto word = text_of(*match, "answer");
  std::string verdict = painted(word, Paint::Warning, form.has_colors);
  if (word == "allowed") verdict = painted("allowed", Paint::Good, form.has_colors);
  if (word == "denied") verdict = painted("denied", Paint::Bad, form.has_colors);
  if (word == "needs-name") {
    verdict = painted("decided by the name of the client", Paint::Warning, form.has_colors);
  }
  const auto& request = command.live.request;
  auto out = request.address + " is " + verdict + " at " + request.id;
  const auto rule = text_of(*match, "rule");
  return out + (rule.empty() ? "" : ": " + rule) + "\n";
}

}  // namespace uvinetd
