// SPDX-License-Identifier: ISC
#include "core/reactor/health/health_client.h"

#include <algorithm>

#include "internal/stream_io.h"

namespace uvinetd {

HealthClient::Next HealthClient::step(int fd) noexcept {
  if (words_.is_set()) return next_of(words_.step(fd));
  // An agent may be sent a word, which asks for nothing: it is read behind the answer.
  if (form_ == HealthForm::Agent) has_asked_ = true;
  return has_asked_ ? Next::Wait : read(fd);
}

// At its end of file it has asked, too, and hears the answer.
HealthClient::Next HealthClient::read(int fd) noexcept {
  while (!is_whole_request(request_)) {
    const auto room =
        std::span(stream_scratch).first(std::min(kLongestRequest - request_.size(), kScratchBytes));
    const IoResult got = read_some(fd, room);
    if (got.state == IoState::Again) return Next::Read;
    if (got.state == IoState::Ended) break;
    request_.append(reinterpret_cast<const char*>(room.data()), got.bytes);
  }
  has_asked_ = true;
  return Next::Wait;
}

HealthClient::Next HealthClient::tell(int fd, const HealthResult& result) noexcept {
  words_.set(form_ == HealthForm::Agent ? agent_answer(result) : http_answer(request_, result));
  return next_of(words_.step(fd));
}

HealthClient::Next HealthClient::next_of(Interest interest) {
  switch (interest) {
    case Interest::Read:
      return Next::Read;
    case Interest::Write:
    case Interest::ReadWrite:
      return Next::Write;
    case Interest::Close:
    case Interest::HandOver:
      return Next::Close;
  }
  return Next::Close;
}

}  // namespace uvinetd
