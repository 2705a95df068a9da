// SPDX-License-Identifier: ISC
#include "core/syslogd/targets/host_lookup.h"

#include <netdb.h>

#include <utility>

namespace uvinetd {

struct HostLookup::Question {
  uv_getaddrinfo_t request{};
  HostLookup* owner = nullptr;
  std::uint16_t port = 0;
  Found found;

  static void on_done(uv_getaddrinfo_t* request, int status, addrinfo* list) noexcept {
    auto* const question = static_cast<Question*>(request->data);
    std::optional<SocketAddress> address;
    for (const auto* one = list; one != nullptr && status == 0; one = one->ai_next) {
      if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
      address.emplace(one->ai_addr, one->ai_addrlen);
      address->set_port(question->port);
      break;
    }
    uv_freeaddrinfo(list);
    const auto found = std::move(question->found);
    auto* const owner = question->owner;
    delete question;
    if (owner == nullptr) return;
    owner->question_ = nullptr;
    found(address, status != 0 ? uv_strerror(status) : "no address");
  }
};

HostLookup::~HostLookup() {
  if (question_ == nullptr) return;
  question_->owner = nullptr;
  uv_cancel(reinterpret_cast<uv_req_t*>(&question_->request));
}

bool HostLookup::find(const std::string& host, std::uint16_t port, Found found) {
  if (question_ != nullptr) return false;
  auto* const question = new Question;
  question->request.data = question;
  question->owner = this;
  question->port = port;
  question->found = std::move(found);
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_ADDRCONFIG;
  const int status = uv_getaddrinfo(loop_.get(), &question->request, Question::on_done,
                                    host.c_str(), nullptr, &hints);
  if (status != 0) {
    delete question;
    return false;
  }
  question_ = question;
  return true;
}

}  // namespace uvinetd
