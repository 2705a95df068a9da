// SPDX-License-Identifier: ISC
// RFC 1078: the client says the name of a service on a line of its own and is passed on to it.
//
// What follows the line is the service's: it is looked at, never taken.
#include <algorithm>

#include "internal/last_words.h"
#include "internal/services.h"
#include "internal/stream_io.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestLine = kLongestName + 2;  // CR LF
constexpr std::chrono::seconds kPatience{10};
constexpr const char* kMalformed = "-Error reading service name\r\n";

bool ends_line(char byte) {
  return byte == '\n' || byte == '\0';
}

bool is_printable(char byte) {
  return byte >= ' ' && byte != '\x7f';
}

class TcpmuxSession final : public StreamSession {
 public:
  Interest step(int fd) noexcept override { return words_.is_set() ? words_.step(fd) : read(fd); }
  [[nodiscard]] std::string_view wanted() const override { return name_; }
  Interest tell(int fd, std::string text) noexcept override {
    words_.set(std::move(text));
    return words_.step(fd);
  }
  [[nodiscard]] std::chrono::seconds time_limit() const override { return kPatience; }

 private:
  Interest read(int fd) noexcept {
    while (name_.size() < kLongestLine) {
      const auto room = std::span(stream_scratch).first(kLongestLine - name_.size());
      const IoResult got = peek_some(fd, room);
      if (got.state == IoState::Again) return Interest::Read;
      if (got.state == IoState::Ended) break;
      const std::string_view bytes(reinterpret_cast<const char*>(room.data()), got.bytes);
      const auto* const end = std::find_if(bytes.begin(), bytes.end(), ends_line);
      const bool is_whole = end != bytes.end();
      const auto size = static_cast<std::size_t>(end - bytes.begin());
      name_.append(bytes.substr(0, size));
      if (read_some(fd, room.first(size + (is_whole ? 1 : 0))).state != IoState::Moved) break;
      if (is_whole) return take_line(fd);
    }
    return tell(fd, kMalformed);
  }

  Interest take_line(int fd) noexcept {
    if (name_.ends_with('\r')) name_.pop_back();
    const bool is_name =
        name_.size() <= kLongestName && std::all_of(name_.begin(), name_.end(), is_printable);
    return is_name ? Interest::HandOver : tell(fd, kMalformed);
  }

  std::string name_;
  LastWords words_;
};

}  // namespace

std::unique_ptr<StreamSession> open_tcpmux() {
  return std::make_unique<TcpmuxSession>();
}

}  // namespace uvinetd
