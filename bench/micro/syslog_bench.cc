// SPDX-License-Identifier: ISC
// What a syslog service does with one message between its sockets and its targets: read it, settle
// what is written, find its targets, write the line.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/syslogd/line.h"
#include "core/syslogd/matcher.h"
#include "core/syslogd/message.h"
#include "core/syslogd/repeat_fold.h"

namespace uvinetd::bench {
namespace {

constexpr std::size_t kBatch = 64 * 1024;  // bytes of lines that are written at once

std::string glibc_message(bool) {
  return "<38>Nov 26 20:41:21 sshd[4242]: Accepted publickey for root from 192.0.2.17 port 50412 "
         "ssh2";
}

std::string long_message(bool is_ascii) {
  std::string out =
      "<165>1 2026-11-26T20:41:21.123456+00:00 web1.example.com gateway 4242 REQ "
      "[request@32473 method=\"GET\" path=\"/a/b/c\" status=\"200\"][timeQuality tzKnown=\"1\"] ";
  while (out.size() < 1000) {
    out += is_ascii ? "a request of eight words that took long, "
                    : "une qu\xc3\xaate tr\xc3\xa8s longue, ";
  }
  return out;
}

// As a distribution's file has them: a few files by facility and severity.
SyslogRules usual_rules() {
  SyslogRules out;
  for (std::size_t i = 0; i < 6; ++i) {
    out.actions.push_back({});
    out.actions.back().kind = SyslogActionKind::File;
    SyslogRule rule;
    rule.action = i;
    for (std::size_t facility = 0; facility < 24; ++facility) {
      const bool is_meant = i == 0 ? facility != 4 : facility == 2 * i;
      rule.mask.at(facility) = is_meant ? 0x7f : 0;
    }
    out.rules.push_back(rule);
  }
  return out;
}

void Syslog(benchmark::State& state, std::string (*message_of)(bool), bool is_ascii,
            SyslogForm form) {
  const auto datagram = message_of(is_ascii);
  const SyslogMatcher matcher(usual_rules(), "this");
  const SyslogRecordRules rules{"this"};
  SyslogOrigin origin;
  origin.pid = 4242;
  SyslogRecord record;
  RepeatFold fold;
  std::vector<std::uint32_t> actions;
  std::string lines;
  lines.reserve(kBatch + 4096);
  std::timespec now{1'795'725'681, 0};
  for (auto _ : state) {
    now.tv_nsec += 1000;
    if (now.tv_nsec >= 1'000'000'000) now = {now.tv_sec + 1, 0};
    const auto message = parse_syslog_message(datagram, origin);
    make_syslog_record(message, origin, rules, now, record);
    record.text.back() = static_cast<char>('0' + now.tv_nsec / 1000 % 10);  // none is a repeat
    matcher.match(record, actions);
    for (std::size_t i = 0; i < actions.size(); ++i) {
      benchmark::DoNotOptimize(fold.over(record, RepeatFold::Time(0)));
      if (fold.allows(record, RepeatFold::Time(0))) append_syslog_line(record, form, lines);
    }
    if (lines.size() > kBatch) lines.clear();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(datagram.size()));
}

BENCHMARK_CAPTURE(Syslog, glibc_to_a_file, glibc_message, true, SyslogForm::Rfc3164);
BENCHMARK_CAPTURE(Syslog, glibc_to_rfc5424, glibc_message, true, SyslogForm::Rfc5424);
BENCHMARK_CAPTURE(Syslog, rfc5424_of_1_kb_to_a_file, long_message, true, SyslogForm::Rfc3164);
BENCHMARK_CAPTURE(Syslog, rfc5424_of_1_kb_not_ascii, long_message, false, SyslogForm::Rfc3164);
BENCHMARK_CAPTURE(Syslog, rfc5424_of_1_kb_to_rfc5424, long_message, true, SyslogForm::Rfc5424);

}  // namespace
}  // namespace uvinetd::bench
