// SPDX-License-Identifier: ISC
// A UDP socket for each exchange: one datagram out, one back. A datagram that is lost on either way
// shows as a timeout.
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <vector>

#include "bench/load/client.h"

namespace uvinetd::bench {
namespace {

class DatagramClient final : public Client {
 public:
  DatagramClient(const ClientContext& context, std::size_t slot)
      : Client(context, slot), question_(context.size, '?') {}

  Step start(nanoseconds scheduled) override {
    const auto& address = context_.targets->next().address;
    fd_.reset(socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    begin(scheduled);
    if (!fd_.is_open() || connect(fd_.get(), address.data(), address.size()) != 0 ||
        send(fd_.get(), question_.data(), question_.size(), 0) < 0)
      return fail_with_errno();
    return watch();
  }

  Step on_ready(bool) override {
    std::array<char, 16384> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
    const ssize_t count = recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? Step::Pending : fail_with_errno();
    sample_.first_byte = sample_.eof = since_start();
    const auto step = context_.exchange == Exchange::None
                          ? Step::Done
                          : finish_probe(bytes.data(), static_cast<std::size_t>(count));
    abandon();
    return step;
  }

 private:
  std::vector<char> question_;
};

}  // namespace

std::unique_ptr<Client> make_datagram_client(const ClientContext& context, std::size_t slot) {
  return std::make_unique<DatagramClient>(context, slot);
}

}  // namespace uvinetd::bench
