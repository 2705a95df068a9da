// SPDX-License-Identifier: ISC
#include "core/base/xinetd_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/base/address_privacy.h"

namespace uvinetd {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void add(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty() || value == "-") return;
  out += ' ';
  out += name;
  out += '=';
  out += value;
}

// A server that a signal has ended: "signal:9" among our statuses.
void add_status(std::string& out, const std::string& status) {
  constexpr std::string_view kSignal = "signal:";
  if (status.starts_with(kSignal)) {
    add(out, "signal", status.substr(kSignal.size()));
  } else if (is_number(status)) {
    add(out, "status", status);
  }
}

std::string seconds(const std::string& ms) {
  std::int64_t value = 0;
  (void)std::from_chars(ms.data(), ms.data() + ms.size(), value);
  return std::to_string(value / 1000) + "(sec)";
}

}  // namespace

std::string_view xinetd_reason(std::string_view reason) {
  // Our own "address" is a forged one, which nobody is to be punished for.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kWords{
      {{"address", "forged"},
       {"access", "address"},
       {"banned", "address"},
       {"sensor", "address"},
       {"name", "address"},
       {"instances", "service_limit"},
       {"source-instances", "per_source_limit"},
       {"rate", "connections per second"},
       {"source-rate", "connections per second"},
       {"descriptors", "process_limit"},
       {"spawn", "fork"},
       {"launcher", "fork"},
       {"exec", "execv"}}};
  const auto found = std::find_if(kWords.begin(), kWords.end(),
                                  [reason](const auto& each) { return each.first == reason; });
  return found == kWords.end() ? reason : found->second;
}

std::string xinetd_line(const Event& event) {
  const auto id = event.text_of("id");
  std::string out;
  if (event.name() == "start") {
    out = "START: " + id;
    add(out, "pid", event.text_of("pid"));
  } else if (event.name() == "exit") {
    out = "EXIT: " + id;
    add_status(out, event.text_of("status"));
    add(out, "pid", event.text_of("pid"));
    if (const auto ms = event.text_of("ms"); !ms.empty()) add(out, "duration", seconds(ms));
    return out;
  } else if (event.name() == "refuse") {
    out = "FAIL: " + id + ' ';
    out += xinetd_reason(event.text_of("reason"));
  } else if (event.name() == "ident") {
    return "USERID: " + id + ' ' + event.text_of("user");
  } else {
    return event.text();
  }
  const auto from = event.text_of("from");
  add(out, "from", host_of(from));
  return out;
}

std::string xinetd_traffic_line(const Event& event) {
  if (event.name() != "exit" || event.find("received") == nullptr) return {};
  return "TRAFFIC: " + event.text_of("id") + " in=" + event.text_of("received") +
         "(bytes) out=" + event.text_of("sent") + "(bytes)";
}

}  // namespace uvinetd
