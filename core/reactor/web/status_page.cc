// SPDX-License-Identifier: ISC
#include "core/reactor/web/status_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "core/base/clock.h"
#include "core/reactor/web/figures.h"
#include "core/reactor/web/markup.h"
#include "core/reactor/web/page_text.h"
#include "core/reactor/web/status_json.h"

namespace uvinetd {
namespace {

constexpr std::string_view kNothing = "\u2013";

template <typename... Args>
void add(std::string& out, fmt::format_string<Args...> form, Args&&... args) {
  fmt::format_to(std::back_inserter(out), form, std::forward<Args>(args)...);
}

std::string latency_text(const Histogram& times, double part) {
  return times.count() == 0 ? std::string(kNothing) : time_text(quantile_usec(times, part));
}

// ---- totals ----------------------------------------------------------------------------------

// The column of a bucket: what it counts, as a title; its height; every third bound as a label.
void add_bars(std::string& out, const Histogram& times) {
  constexpr std::size_t kWidth = 20;
  constexpr std::size_t kLeft = 10;
  constexpr std::uint64_t kHeight = 110;
  constexpr std::uint64_t kFoot = 126;
  const auto& counts = times.counts();
  const auto most = std::max<std::uint64_t>(*std::max_element(counts.begin(), counts.end()), 1);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const bool is_last = i == Histogram::kBounds.size();
    const auto bound = time_text(Histogram::kBounds[is_last ? i - 1 : i]);
    const auto part = static_cast<double>(counts[i]) / static_cast<double>(most);
    const auto exact = static_cast<std::uint64_t>(part * static_cast<double>(kHeight) + 0.5);
    const auto height = counts[i] == 0 ? 0 : std::max<std::uint64_t>(exact, 2);
    const auto x = kLeft + i * kWidth;
    add(out,
        "<g class=\"column\"><title>{} {}: {}</title>"
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"/></g>\n",
        is_last ? "more than" : "up to", bound, count_text(counts[i]), x + 2, kFoot - height,
        kWidth - 4, height);
    if (i % 3 == 2 && !is_last) {
      add(out, "<text x=\"{}\" y=\"141\">{}</text>\n", x + kWidth, bound);
    }
  }
}

void add_reasons(std::string& out, const WordCounts& words) {
  auto list = words.list();
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [word, count] : list) {
    out += "<tr><th scope=\"row\">";
    append_html(out, word);
    add(out, "</th><td class=\"number\">{}</td></tr>\n", count_text(count));
  }
  if (list.empty()) out += "<tr><td class=\"none\" colspan=\"2\">None</td></tr>\n";
}

// ---- services and servers --------------------------------------------------------------------

void add_addresses(std::string& out, const std::vector<std::string>& addresses) {
  constexpr std::size_t kMost = 2;
  for (std::size_t i = 0; i < std::min(addresses.size(), kMost); ++i) {
    if (i > 0) out += ", ";
    append_html(out, addresses[i]);
  }
  if (addresses.size() > kMost) add(out, " and {} more", addresses.size() - kMost);
}

void add_state(std::string& out, const ServiceStatus& service) {
  if (!service.paused.empty()) {
    out += "<span class=\"badge paused\">paused: ";
    append_html(out, service.paused);
    out += "</span>";
  } else if (service.running > 0) {
    out += "<span class=\"badge active\">active</span>";
  } else {
    out += "<span class=\"badge\">idle</span>";
  }
}

void add_count(std::string& out, std::uint64_t count) {
  if (count == 0) {
    add(out, "<td class=\"number none\">{}</td>", kNothing);
  } else {
    add(out, "<td class=\"number\">{}</td>", count_text(count));
  }
}

// A count of what has gone wrong, with its words.
void add_bad(std::string& out, const WordCounts& words) {
  if (words.total() == 0) return add_count(out, 0);
  out += "<td class=\"number some\" title=\"";
  bool is_first = true;
  for (const auto& [word, count] : words.list()) {
    if (!std::exchange(is_first, false)) out += ", ";
    append_html(out, word);
    add(out, " {}", count);
  }
  add(out, "\">{}</td>", count_text(words.total()));
}

void add_latency(std::string& out, const Histogram& times, double part) {
  if (times.count() == 0) return add_count(out, 0);
  add(out, "<td class=\"number\">{}</td>", latency_text(times, part));
}

void add_row(std::string& out, const ServiceStatus& service) {
  const auto& counters = *service.counters;
  out += "<tr><th scope=\"row\">";
  append_html(out, service.id);
  out += "<span class=\"quiet\">";
  add_addresses(out, service.addresses);
  out += "</span></th><td>";
  add_state(out, service);
  out += "</td>";
  add_count(out, service.running);
  add_count(out, counters.started + counters.answered);
  add(out, "<td class=\"number none rate\">{}</td>", kNothing);
  add_bad(out, counters.refused);
  add_bad(out, counters.failed);
  add_latency(out, counters.start_latency, 0.5);
  add_latency(out, counters.start_latency, 0.99);
  out += "</tr>\n";
}

void add_servers(std::string& out, const std::vector<ServerStatus>& servers) {
  for (const auto& server : servers) {
    out += "<tr><th scope=\"row\">";
    append_html(out, server.service);
    add(out, "</th><td class=\"number\">{}</td><td>", server.pid);
    append_html(out, server.peer);
    add(out, "</td><td class=\"number\">{}</td></tr>\n", age_text(server.age));
  }
  if (servers.empty()) out += "<tr><td class=\"none\" colspan=\"4\">None</td></tr>\n";
}

// ---- the page --------------------------------------------------------------------------------

class StatusPage final : public TextSource {
 public:
  StatusPage(const WebContent& content, bool is_long)
      : content_(content),
        is_long_(is_long),
        daemon_(content.daemon_status()),
        keys_(content.service_keys()),
        servers_(content.servers(kMostServersTold)) {
    if (!is_long && keys_.size() > kMostRows) keys_.resize(kMostRows);
  }

  bool next(std::string& out) override {
    const auto end = out.size() + kPiece;
    while (out.size() < end) {
      if (is_in_rows_ && !add_rows(out, end)) return true;
      const auto slot = rest_.find("{{");
      out += rest_.substr(0, slot);
      if (slot == std::string_view::npos) return false;
      rest_.remove_prefix(slot + 2);
      const auto name = rest_.substr(0, rest_.find("}}"));
      rest_.remove_prefix(name.size() + 2);
      fill(name, out);
    }
    return true;
  }

 private:
  using Fill = void (*)(const StatusPage& page, std::string& out);
  struct Slot {
    std::string_view name;
    Fill fill;
  };

  // True: those were all.
  bool add_rows(std::string& out, std::size_t end) {
    for (; at_ < keys_.size(); ++at_) {
      if (out.size() >= end) return false;
      ServiceStatus service;
      if (!content_.fill_in(keys_[at_], service)) continue;
      has_row_ = true;
      add_row(out, service);
    }
    if (!has_row_) out += "<tr><td class=\"none\" colspan=\"9\">No service</td></tr>\n";
    is_in_rows_ = false;
    return true;
  }

  void fill(std::string_view name, std::string& out) {
    if (name == "rows") {
      is_in_rows_ = true;
      return;
    }
    for (const auto& slot : slots()) {
      if (slot.name == name) return slot.fill(*this, out);
    }
  }

  static std::span<const Slot> slots() {
    using Page = const StatusPage&;
    static constexpr std::array kSlots{
        Slot{"style", [](Page, std::string& out) { out += page_style(); }},
        Slot{"script", [](Page, std::string& out) { out += page_script(); }},
        Slot{"host", [](Page page, std::string& out) { append_html(out, page.daemon_.host); }},
        Slot{"version",
             [](Page page, std::string& out) { append_html(out, page.daemon_.version); }},
        Slot{"since",
             [](Page page, std::string& out) { out += utc_text(page.daemon_.since, ' ', " UTC"); }},
        Slot{"now",
             [](Page, std::string& out) { out += utc_text(wall_clock_seconds(), ' ', " UTC"); }},
        Slot{"running",
             [](Page page, std::string& out) { out += count_text(page.daemon_.running); }},
        Slot{"started", [](Page page, std::string& out) { out += count_text(page.all().started); }},
        Slot{"answered",
             [](Page page, std::string& out) { out += count_text(page.all().answered); }},
        Slot{"refused",
             [](Page page, std::string& out) { out += count_text(page.all().refused.total()); }},
        Slot{"failed",
             [](Page page, std::string& out) { out += count_text(page.all().failed.total()); }},
        Slot{"paused", [](Page page, std::string& out) { out += count_text(page.daemon_.paused); }},
        Slot{"services",
             [](Page page, std::string& out) { out += count_text(page.daemon_.services); }},
        Slot{"p50", [](Page page,
                       std::string& out) { out += latency_text(page.all().start_latency, .5); }},
        Slot{"p99", [](Page page,
                       std::string& out) { out += latency_text(page.all().start_latency, .99); }},
        Slot{"bars", [](Page page, std::string& out) { add_bars(out, page.all().start_latency); }},
        Slot{"reasons", [](Page page, std::string& out) { add_reasons(out, page.all().refused); }},
        Slot{"shown", [](Page page, std::string& out) { page.add_shown(out); }},
        Slot{"servers", [](Page page, std::string& out) { add_servers(out, page.servers_); }},
        Slot{"servers_shown", [](Page page, std::string& out) { page.add_servers_shown(out); }},
    };
    return kSlots;
  }

  [[nodiscard]] const Counters& all() const { return daemon_.counters; }

  void add_shown(std::string& out) const {
    if (keys_.size() >= daemon_.services || is_long_) return;
    add(out, "{} of {} services. <a href=\"/?all\">Show all</a>", count_text(keys_.size()),
        count_text(daemon_.services));
  }
  void add_servers_shown(std::string& out) const {
    if (servers_.size() >= daemon_.running) return;
    add(out, "{} of {} servers", count_text(servers_.size()), count_text(daemon_.running));
  }

  const WebContent& content_;
  bool is_long_;
  DaemonStatus daemon_;
  std::vector<std::uint32_t> keys_;
  std::vector<ServerStatus> servers_;
  std::string_view rest_ = page_template();
  std::size_t at_ = 0;
  bool is_in_rows_ = false;
  bool has_row_ = false;
};

}  // namespace

std::unique_ptr<TextSource> status_page(const WebContent& content, bool is_long) {
  return std::make_unique<StatusPage>(content, is_long);
}

const std::string& status_page_policy() {
  static const auto kPolicy = fmt::format(
      "default-src 'none'; style-src '{}'; script-src '{}'; connect-src 'self'; img-src data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      page_style_hash(), page_script_hash());
  return kPolicy;
}

}  // namespace uvinetd
