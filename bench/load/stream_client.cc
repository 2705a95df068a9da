// SPDX-License-Identifier: ISC
// A connection for each exchange. Five system calls when nothing is ready early: socket, connect,
// read, read, close, and one wait before each read; a line costs a send besides, and it and a
// banner a shutdown. Nothing waits for the connect itself: the first byte or the failure of a
// connection shows in the same event, and on the own host a line can be sent at once.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "bench/load/client.h"

namespace uvinetd::bench {
namespace {

constexpr std::size_t kProbeSize = sizeof(std::int64_t);

class StreamClient final : public Client {
 public:
  using Client::Client;

  Step start(nanoseconds scheduled) override {
    const auto& address = context_.targets->next().address;
    address_ = &address;
    received_ = 0;
    is_connecting_ = true;
    sent_ = 0;
    fd_.reset(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    begin(scheduled);
    return fd_.is_open() && take_source() ? retry() : fail_with_errno();
  }

  Step retry() override {
    if (!is_connecting_) return speak();
    if (connect(fd_.get(), address_->data(), address_->size()) != 0 && errno != EINPROGRESS)
      return errno == EAGAIN ? Step::Blocked : fail_with_errno();
    is_connecting_ = false;
    const auto step = watch();
    return step == Step::Pending ? speak() : step;
  }

  Step on_ready(bool has_hung_up) override {
    const auto spoken = speak();
    if (spoken == Step::Failed) return spoken;
    std::array<char, 16384> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
    do {
      const ssize_t count = read(fd_.get(), bytes.data(), bytes.size());
      if (count < 0) return errno == EAGAIN || errno == EINTR ? spoken : fail_with_errno();
      if (count == 0) return on_end();
      take(bytes.data(), static_cast<std::size_t>(count));
      if (context_.exchange == Exchange::Hold && received_ >= kProbeSize) return keep();
    } while (has_hung_up);
    return spoken;
  }

 private:
  // The port is chosen by connect(), which alone knows which are free for this pair of addresses.
  [[nodiscard]] bool take_source() const {
    if (context_.sources == nullptr) return true;
#ifdef IP_BIND_ADDRESS_NO_PORT
    const int on = 1;
    (void)setsockopt(fd_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#endif
    const auto source = context_.sources->next();
    return bind(fd_.get(), source.data(), source.size()) == 0;
  }

  // Sends what is left of the line, if the server still waits for it.
  Step speak() {
    const bool is_over = received_ > 0 || sent_ == context_.line.size();
    if (context_.exchange != Exchange::Line || is_over) return Step::Pending;
    const auto rest = context_.line.substr(sent_);
    const ssize_t count = send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? Step::Blocked : fail_with_errno();
    sent_ += static_cast<std::size_t>(count);
    return sent_ == context_.line.size() ? Step::Pending : Step::Blocked;
  }

  void take(const char* bytes, std::size_t size) {
    if (received_ == 0) {
      sample_.first_byte = since_start();
      if (is_conversation()) shutdown(fd_.get(), SHUT_WR);
    }
    if (received_ < kProbeSize)
      std::memcpy(probe_.data() + received_, bytes, std::min(size, kProbeSize - received_));
    received_ += size;
  }

  Step on_end() {
    sample_.eof = since_start();
    if (is_conversation() && received_ == 0) return fail_with(Failure::Short);
    const bool is_probe = context_.exchange != Exchange::None && !is_conversation();
    const auto step = is_probe ? finish_probe(probe_.data(), received_) : Step::Done;
    abandon();
    return step;
  }

  [[nodiscard]] bool is_conversation() const {
    return context_.exchange == Exchange::Banner || context_.exchange == Exchange::Line;
  }

  Step keep() {
    const auto step = finish_probe(probe_.data(), received_);
    if (step == Step::Failed) return step;
    context_.poller->unwatch(slot_, fd_.get());
    context_.held->push_back(std::move(fd_));
    return step;
  }

  const SocketAddress* address_ = nullptr;
  std::array<char, kProbeSize> probe_{};
  std::size_t received_ = 0;
  bool is_connecting_ = true;
  std::size_t sent_ = 0;  // of the line
};

}  // namespace

std::unique_ptr<Client> make_stream_client(const ClientContext& context, std::size_t slot) {
  return std::make_unique<StreamClient>(context, slot);
}

}  // namespace uvinetd::bench
