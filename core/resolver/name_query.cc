// SPDX-License-Identifier: ISC
#include "core/resolver/name_query.h"

#include <netdb.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/base/words.h"

namespace uvinetd {
namespace {

// That there is no such thing, and not that nobody could be asked.
bool is_absent(int status) {
  return status == UV_EAI_NONAME || status == UV_EAI_NODATA || status == UV_EAI_FAIL;
}

bool is_name_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::optional<std::string> as_host_name(std::string_view text) {
  constexpr std::size_t kLongestName = 253;
  if (text.ends_with('.')) text.remove_suffix(1);
  const bool is_name = !text.empty() && text.size() <= kLongestName && text.front() != '.' &&
                       text.find("..") == std::string_view::npos &&
                       std::all_of(text.begin(), text.end(), is_name_byte);
  if (!is_name) return std::nullopt;
  return lower(text);
}

NameQuery::NameQuery(uv_loop_t* loop, const SocketAddress& address, OnAnswer on_answer)
    : loop_(loop), address_(address), on_answer_(std::move(on_answer)) {
  to_name_.data = this;
  to_addresses_.data = this;
}

// libuv refuses nothing but another family at once.
void NameQuery::ask() {
  if (uv_getnameinfo(loop_, &to_name_, on_name, address_.data(), NI_NAMEREQD) != 0) {
    on_answer_(std::nullopt);
  }
}

void NameQuery::on_name(uv_getnameinfo_t* request, int status, const char* host,
                        const char* /*service*/) {
  auto& query = *static_cast<NameQuery*>(request->data);
  if (status != 0) {
    return query.on_answer_(is_absent(status) ? std::optional<std::string>("") : std::nullopt);
  }
  const auto name = as_host_name(host);
  if (!name) return query.on_answer_("");
  query.name_ = *name;
  addrinfo hints{};
  hints.ai_family = query.address_.family();
  hints.ai_socktype = SOCK_STREAM;
  const int asked = uv_getaddrinfo(query.loop_, &query.to_addresses_, on_addresses,
                                   query.name_.c_str(), nullptr, &hints);
  if (asked != 0) query.on_answer_(std::nullopt);
}

void NameQuery::on_addresses(uv_getaddrinfo_t* request, int status, addrinfo* list) {
  auto& query = *static_cast<NameQuery*>(request->data);
  bool is_confirmed = false;
  const auto wanted = query.address_.host();
  for (const auto* one = list; status == 0 && one != nullptr; one = one->ai_next) {
    is_confirmed |= SocketAddress(one->ai_addr, one->ai_addrlen).host() == wanted;
  }
  uv_freeaddrinfo(list);
  if (status != 0 && !is_absent(status)) return query.on_answer_(std::nullopt);
  query.on_answer_(is_confirmed ? std::move(query.name_) : std::string());
}

}  // namespace uvinetd
