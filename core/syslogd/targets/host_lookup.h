// SPDX-License-Identifier: ISC
// The address of another host, found by getaddrinfo(3) in libuv's pool: the loop never waits for a
// name server.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/address.h"
#include "core/base/loop.h"

namespace uvinetd {

class HostLookup {
 public:
  explicit HostLookup(Loop& loop) : loop_(loop) {}
  ~HostLookup();
  HostLookup(const HostLookup&) = delete;
  HostLookup& operator=(const HostLookup&) = delete;

  // nullopt: there is none now, and `why` says it.
  using Found = std::function<void(std::optional<SocketAddress>, const char* why)>;
  // One question at a time; false: there is one already.
  bool find(const std::string& host, std::uint16_t port, Found found);
  [[nodiscard]] bool is_asking() const { return question_ != nullptr; }

 private:
  struct Question;
  Loop& loop_;
  Question* question_ = nullptr;  // in flight; it frees itself
};

}  // namespace uvinetd
