// SPDX-License-Identifier: ISC
// One kept connection: the same bytes out and back, again and again. It is opened before it is
// needed for the first time and again when it has broken; neither counts as part of an exchange.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <vector>

#include "bench/load/client.h"
#include "core/base/process.h"

namespace uvinetd::bench {
namespace {

class EchoClient final : public Client {
 public:
  EchoClient(const ClientContext& context, std::size_t slot)
      : Client(context, slot), bytes_(context.size, 'e') {}

  Step start(nanoseconds scheduled) override {
    begin(scheduled);
    if (!fd_.is_open() && open() == Step::Failed) return Step::Failed;
    if (scheduled == Sample::kAbsent) begin(scheduled);
    received_ = 0;
    const ssize_t sent = send(fd_.get(), bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
    if (sent < 0) return fail_with_errno();
    // The buffer was made large enough for all of them.
    return static_cast<std::size_t>(sent) == bytes_.size() ? Step::Pending
                                                           : fail_with(Failure::Other);
  }

  Step on_ready(bool) override {
    std::array<char, 65536> answer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
    const ssize_t count = recv(fd_.get(), answer.data(), answer.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? Step::Pending : fail_with_errno();
    if (count == 0) return fail_with(Failure::Short);
    if (received_ == 0) sample_.first_byte = since_start();
    received_ += static_cast<std::size_t>(count);
    if (received_ < bytes_.size()) return Step::Pending;
    if (received_ > bytes_.size()) return fail_with(Failure::Other);
    sample_.eof = since_start();
    return Step::Done;
  }

 private:
  // Blocks   until connected, at most for the timeout (socket(7), SO_SNDTIMEO).
  Step open() {
    const auto& target = context_.targets->next();
    const int type = target.is_datagram ? SOCK_DGRAM : SOCK_STREAM;
    fd_.reset(socket(target.address.family(), type | SOCK_CLOEXEC, 0));
    if (!fd_.is_open()) return fail_with_errno();
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(context_.timeout).count();
    const timeval patience{microseconds / 1'000'000, microseconds % 1'000'000};
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int room = static_cast<int>(2 * bytes_.size());
    if (bytes_.size() > 4096) setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    const int on = 1;
    if (target.address.is_ip() && !target.is_datagram)
      setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd_.get(), target.address.data(), target.address.size()) != 0) {
      if (errno == EAGAIN || errno == EINPROGRESS) return fail_with(Failure::Timeout, ETIMEDOUT);
      return fail_with_errno();
    }
    if (!set_nonblocking(fd_.get(), true)) return fail_with_errno();
    return watch();
  }

  std::vector<char> bytes_;
  std::size_t received_ = 0;
};

}  // namespace

std::unique_ptr<Client> make_echo_client(const ClientContext& context, std::size_t slot) {
  return std::make_unique<EchoClient>(context, slot);
}

}  // namespace uvinetd::bench
