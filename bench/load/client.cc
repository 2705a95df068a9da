// SPDX-License-Identifier: ISC
#include "bench/load/client.h"

#include <cerrno>
#include <cstring>

#include "core/base/clock.h"

namespace uvinetd::bench {
namespace {

Failure classify(int code) {
  switch (code) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case ENOENT:
    case EACCES:
      return Failure::Connect;
    case ECONNRESET:
    case EPIPE:
      return Failure::Reset;
    case ETIMEDOUT:
      return Failure::Timeout;
    default:
      return Failure::Other;
  }
}

}  // namespace

void Client::abandon() {
  if (!fd_.is_open()) return;
  context_.poller->forget(slot_);
  fd_.reset();
}

void Client::begin(nanoseconds scheduled) {
  sample_ = Sample{};
  sample_.start = scheduled == Sample::kAbsent ? monotonic_now() : scheduled;
}

Step Client::watch() {
  const auto watched = context_.poller->watch(slot_, fd_.get());
  return watched ? Step::Pending : fail_with(Failure::Other, watched.error().code);
}

Step Client::fail_with(Failure failure, int code) {
  failure_ = failure;
  error_code_ = code;
  abandon();
  return Step::Failed;
}

Step Client::fail_with_errno() {
  const int code = errno;
  return fail_with(classify(code), code);
}

Step Client::finish_probe(const char* bytes, std::size_t size) {
  std::int64_t began = 0;
  if (size < sizeof began) return fail_with(Failure::Short);
  if (size > sizeof began) return fail_with(Failure::Other);
  std::memcpy(&began, bytes, sizeof began);
  if (began <= 0 || nanoseconds(began) > monotonic_now()) return fail_with(Failure::Other);
  // A program that was waiting for us has no time of its start to tell.
  if (nanoseconds(began) >= sample_.start) sample_.exec = nanoseconds(began) - sample_.start;
  return Step::Done;
}

nanoseconds Client::since_start() const {
  return monotonic_now() - sample_.start;
}

std::unique_ptr<Client> make_client(const ClientContext& context, std::size_t slot) {
  if (context.exchange == Exchange::Echo) return make_echo_client(context, slot);
  if (context.targets->is_datagram()) return make_datagram_client(context, slot);
  return make_stream_client(context, slot);
}

}  // namespace uvinetd::bench
