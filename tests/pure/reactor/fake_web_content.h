// SPDX-License-Identifier: ISC
// A daemon for the pages to tell of, with as many services as wanted.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/reactor/web/web_content.h"

namespace uvinetd::test {

// Says its pieces one by one.
class FakeText final : public TextSource {
 public:
  explicit FakeText(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  bool next(std::string& out) override {
    if (at_ < pieces_.size()) out += pieces_[at_++];
    return at_ < pieces_.size();
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t at_ = 0;
};

class FakeWebContent final : public WebContent {
 public:
  struct Entry {
    ServiceStatus status;
    Counters counters;
    bool is_gone = false;
  };
  std::vector<Entry> services;
  std::vector<ServerStatus> running;
  Counters all;
  std::vector<std::string> metrics{"one 1\n", "", "two 2\n"};
  std::string name = "host.example";
  mutable bool was_per_service = false;

  Entry& add(std::string id) {
    auto& out = services.emplace_back();
    out.status.id = std::move(id);
    return out;
  }

  std::unique_ptr<TextSource> metrics_text(bool per_service) const override {
    was_per_service = per_service;
    return std::make_unique<FakeText>(metrics);
  }
  DaemonStatus daemon_status() const override {
    DaemonStatus out;
    out.host = name;
    out.version = "1.2.3";
    out.since = 1'700'000'000;
    out.up = std::chrono::seconds(5);
    out.services = services.size();
    for (const auto& each : services) out.paused += each.status.paused.empty() ? 0 : 1;
    out.running = static_cast<std::uint32_t>(running.size());
    out.counters = all;
    return out;
  }
  std::vector<std::uint32_t> service_keys() const override {
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = 0; i < services.size(); ++i) out.push_back(i);
    return out;
  }
  bool fill_in(std::uint32_t key, ServiceStatus& out) const override {
    if (services[key].is_gone) return false;
    out = services[key].status;
    out.counters = &services[key].counters;
    return true;
  }
  std::vector<ServerStatus> servers(std::size_t most) const override {
    auto out = running;
    if (out.size() > most) out.resize(most);
    return out;
  }
  std::string host_name() const override { return name; }
};

}  // namespace uvinetd::test
