// SPDX-License-Identifier: ISC
#include "core/reactor/web/status_json.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "core/reactor/web/figures.h"
#include "core/reactor/web/markup.h"

namespace uvinetd {
namespace {

constexpr int kSchema = 1;

void add_number(std::string& out, std::string_view key, std::uint64_t value) {
  fmt::format_to(std::back_inserter(out), "\"{}\":{}", key, value);
}

// In a service's object, behind others: only what is not zero.
void add_some(std::string& out, std::string_view key, std::uint64_t value) {
  if (value == 0) return;
  out += ',';
  add_number(out, key, value);
}

void add_words(std::string& out, std::string_view key, const WordCounts& words) {
  fmt::format_to(std::back_inserter(out), "\"{}\":{{", key);
  bool is_first = true;
  for (const auto& [word, count] : words.list()) {
    if (!std::exchange(is_first, false)) out += ',';
    append_json(out, word);
    fmt::format_to(std::back_inserter(out), ":{}", count);
  }
  out += '}';
}

void add_histogram(std::string& out, std::string_view key, const Histogram& times) {
  fmt::format_to(std::back_inserter(out),
                 "\"{}\":{{\"count\":{},\"p50_us\":{},\"p99_us\":{},\"bounds_us\":[{}],"
                 "\"counts\":[{}]}}",
                 key, times.count(), quantile_usec(times, 0.5), quantile_usec(times, 0.99),
                 fmt::join(Histogram::kBounds, ","), fmt::join(times.counts(), ","));
}

void add_totals(std::string& out, const Counters& all) {
  out += "\"totals\":{";
  const std::pair<std::string_view, std::uint64_t> numbers[] = {{"accepted", all.accepted},
                                                                {"started", all.started},
                                                                {"answered", all.answered},
                                                                {"datagrams", all.datagrams},
                                                                {"pauses", all.pauses}};
  for (const auto& [key, value] : numbers) {
    add_number(out, key, value);
    out += ',';
  }
  add_words(out, "refused", all.refused);
  out += ',';
  add_words(out, "failed", all.failed);
  out += ',';
  add_words(out, "exits", all.exits);
  out += ',';
  add_histogram(out, "start_latency", all.start_latency);
  out += ',';
  add_histogram(out, "answer_latency", all.answer_latency);
  out += '}';
}

void add_service(std::string& out, const ServiceStatus& service) {
  const auto& counters = *service.counters;
  out += "{\"id\":";
  append_json(out, service.id);
  out += ",\"addresses\":[";
  for (std::size_t i = 0; i < service.addresses.size(); ++i) {
    if (i > 0) out += ',';
    append_json(out, service.addresses[i]);
  }
  out += ']';
  add_some(out, "running", service.running);
  if (!service.paused.empty()) {
    out += ",\"paused\":";
    append_json(out, service.paused);
  }
  add_some(out, "accepted", counters.accepted);
  add_some(out, "started", counters.started);
  add_some(out, "answered", counters.answered);
  add_some(out, "datagrams", counters.datagrams);
  add_some(out, "pauses", counters.pauses);
  for (const auto& [key, words] :
       {std::pair("refused", &counters.refused), std::pair("failed", &counters.failed),
        std::pair("exits", &counters.exits)}) {
    if (words->list().empty()) continue;
    out += ',';
    add_words(out, key, *words);
  }
  if (counters.start_latency.count() > 0) {
    fmt::format_to(std::back_inserter(out), ",\"p50_us\":{},\"p99_us\":{}",
                   quantile_usec(counters.start_latency, 0.5),
                   quantile_usec(counters.start_latency, 0.99));
  }
  out += '}';
}

class StatusJson final : public TextSource {
 public:
  explicit StatusJson(const WebContent& content)
      : content_(content), keys_(content.service_keys()) {}

  bool next(std::string& out) override {
    const auto end = out.size() + kPiece;
    if (!std::exchange(has_begun_, true)) begin(out);
    for (; at_ < keys_.size(); ++at_) {
      if (out.size() >= end) return true;
      ServiceStatus service;
      if (!content_.fill_in(keys_[at_], service)) continue;
      out += std::exchange(has_one_, true) ? ",\n" : "\n";
      add_service(out, service);
    }
    finish(out);
    return false;
  }

 private:
  void begin(std::string& out) {
    const auto daemon = content_.daemon_status();
    fmt::format_to(std::back_inserter(out), "{{\"schema\":{},\"host\":", kSchema);
    append_json(out, daemon.host);
    out += ",\"version\":";
    append_json(out, daemon.version);
    out += ",\"since\":";
    append_json(out, utc_text(daemon.since, 'T', "Z"));
    fmt::format_to(std::back_inserter(out), ",\"up_ms\":{},\"running\":{},\"paused\":{},\n",
                   daemon.up.count(), daemon.running, daemon.paused);
    add_totals(out, daemon.counters);
    out += ",\n\"services\":[";
  }

  void finish(std::string& out) {
    out += "],\n\"servers\":[";
    bool is_first = true;
    for (const auto& server : content_.servers(kMostServersTold)) {
      out += std::exchange(is_first, false) ? "\n{\"service\":" : ",\n{\"service\":";
      append_json(out, server.service);
      fmt::format_to(std::back_inserter(out), ",\"pid\":{},\"from\":", server.pid);
      append_json(out, server.peer);
      fmt::format_to(std::back_inserter(out), ",\"age_seconds\":{}}}", server.age.count());
    }
    out += "]}\n";
  }

  const WebContent& content_;
  std::vector<std::uint32_t> keys_;
  std::size_t at_ = 0;
  bool has_begun_ = false;
  bool has_one_ = false;
};

}  // namespace

std::unique_ptr<TextSource> status_json(const WebContent& content) {
  return std::make_unique<StatusJson>(content);
}

}  // namespace uvinetd
