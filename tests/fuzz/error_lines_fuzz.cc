// SPDX-License-Identifier: ISC
// Anything that servers write to the log, by any of four writers, in pieces of any size. The input
// is a row of pieces: a byte for who and what, one for the time since, one for the length, then the
// bytes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/reactor/error_lines.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  ErrorLines::Callbacks callbacks;
  callbacks.find = [](const ErrorLines::Writer& writer) -> std::optional<ErrorOwner> {
    if (writer.pid % 2 == 0) return std::nullopt;
    return ErrorOwner{1, "id", "service", writer.pid, "127.0.0.1"};
  };
  callbacks.unknown = [](const ErrorLines::Writer&) { return ErrorOwner{0, "user", "x", 0, ""}; };
  callbacks.write = [](const Event& line) {
    // What else there is in a line is made harmless by the log.
    require(line.message().find('\n') == std::string::npos);
    require(line.message().size() <= ErrorLines::kMostLineBytes + 3);
  };
  ErrorLines lines(std::move(callbacks));
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  ErrorLines::Time now{0};
  while (rest.size() > 3) {
    const auto what = static_cast<unsigned char>(rest[0]);
    now += ErrorLines::Time(static_cast<unsigned char>(rest[1]) * 8);
    const std::size_t length = static_cast<unsigned char>(rest[2]);
    rest.remove_prefix(3);
    const auto bytes = rest.substr(0, length);
    rest.remove_prefix(bytes.size());
    const ErrorLines::Writer writer{1, 1, what % 4};
    lines.take(writer, bytes, now);
    if ((what & 0x10) != 0) lines.ended(writer.pid, now);
    if ((what & 0x20) != 0) lines.look(now);
    if ((what & 0x40) != 0) lines.closed(1, now);
  }
  lines.look(now + ErrorLines::kLinePatience);
  return 0;
}
