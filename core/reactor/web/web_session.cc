// SPDX-License-Identifier: ISC
#include "core/reactor/web/web_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "internal/stream_io.h"

namespace uvinetd {
namespace {

constexpr int kMostPieces = 4;  // in one step: about 128 KiB

}  // namespace

std::chrono::seconds WebSession::time_limit() const {
  switch (phase_) {
    case Phase::Asking:
      return kAskLimit;
    case Phase::Telling:
      return kTellLimit;
    case Phase::Leaving:
      return kLeaveLimit;
  }
  return kAskLimit;
}

Interest WebSession::step(int fd) noexcept {
  switch (phase_) {
    case Phase::Asking:
      return read(fd);
    case Phase::Telling:
      return answer(fd);
    case Phase::Leaving:
      return end_.step(fd);
  }
  return Interest::Close;
}

Interest WebSession::read(int fd) noexcept {
  HttpRequest request;
  bool is_at_end = false;
  while (!is_at_end && request.state == HttpRequest::State::Incomplete) {
    const auto room = std::span(stream_scratch)
                          .first(std::min(HttpRequest::kLongest - request_.size(), kScratchBytes));
    const IoResult got = read_some(fd, room);
    if (got.state == IoState::Again) return Interest::Read;
    is_at_end = got.state == IoState::Ended;
    if (is_at_end && request_.empty()) return Interest::Close;
    request_.append(reinterpret_cast<const char*>(room.data()), got.bytes);
    request = parse_http_request(request_);
  }
  answer_ = answer_request(site_, request, content_);
  request_ = std::string();
  phase_ = Phase::Telling;
  return answer(fd);
}

// The next piece of the answer, as what is to be sent. False: there is none.
bool WebSession::take_piece() {
  answer_.text.clear();
  sent_ = 0;
  if (answer_.body == nullptr) return false;
  std::string piece;
  const bool is_last = !answer_.body->next(piece);
  if (is_last) answer_.body.reset();
  if (!answer_.is_chunked) {
    answer_.text = std::move(piece);
    return true;
  }
  if (!piece.empty()) answer_.text = fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  if (is_last) answer_.text += "0\r\n\r\n";
  return true;
}

Interest WebSession::answer(int fd) noexcept {
  for (int pieces = 0; pieces < kMostPieces; ++pieces) {
    while (sent_ < answer_.text.size()) {
      const auto bytes = std::as_bytes(std::span(answer_.text));
      const IoResult sent = write_some(fd, bytes.subspan(sent_));
      if (sent.state == IoState::Ended) return Interest::Close;
      if (sent.state == IoState::Again) return Interest::Write;
      sent_ += sent.bytes;
    }
    if (take_piece()) continue;
    phase_ = Phase::Leaving;
    answer_ = {};
    end_.set({});
    return end_.step(fd);
  }
  return Interest::Write;
}

}  // namespace uvinetd
