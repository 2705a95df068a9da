// SPDX-License-Identifier: ISC
// One question: the name of an address, if that name has the address. Asked in a thread of libuv's
// pool, answered in the loop.
#pragma once

#include <uv.h>

#include <functional>
#include <optional>
#include <string>

#include "core/base/address.h"

namespace uvinetd {

// Lower case, without the dot of the root. nullopt: no name of a host.
[[nodiscard]] std::optional<std::string> as_host_name(std::string_view text);

class NameQuery {
 public:
  // nullopt: nobody could be asked. "": there is no name, or it is not confirmed.
  using OnAnswer = std::function<void(std::optional<std::string>)>;

  NameQuery(uv_loop_t* loop, const SocketAddress& address, OnAnswer on_answer);
  NameQuery(const NameQuery&) = delete;
  NameQuery& operator=(const NameQuery&) = delete;

  // Once. The answer comes from the loop or at once, and this must live until then.
  void ask();

 private:
  static void on_name(uv_getnameinfo_t* request, int status, const char* host, const char* service);
  static void on_addresses(uv_getaddrinfo_t* request, int status, addrinfo* list);

  uv_loop_t* loop_;
  SocketAddress address_;
  OnAnswer on_answer_;
  std::string name_;
  uv_getnameinfo_t to_name_{};
  uv_getaddrinfo_t to_addresses_{};
};

}  // namespace uvinetd
