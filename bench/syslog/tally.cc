// SPDX-License-Identifier: ISC
#include "bench/syslog/tally.h"

#include <unistd.h>

#include <charconv>
#include <string_view>

#include "bench/syslog/sender.h"

namespace uvinetd::bench {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

}  // namespace

Status SyslogTally::read(int fd) {
  std::string piece(kPiece, '\0');
  for (;;) {
    const ssize_t size = pread(fd, piece.data(), piece.size(), place_);
    if (size < 0) return fail_errno("read");
    if (size == 0) return {};
    place_ += size;
    rest_.append(piece, 0, static_cast<std::size_t>(size));
    std::size_t begin = 0;
    for (std::size_t end; (end = rest_.find('\n', begin)) != rest_.npos; begin = end + 1)
      count(std::string_view(rest_).substr(begin, end - begin));
    rest_.erase(0, begin);
  }
}

void SyslogTally::count(std::string_view line) {
  const std::size_t place = line.find(kBeforeNumber);
  std::uint64_t number = 0;
  if (place != line.npos) {
    line = line.substr(place + kBeforeNumber.size(), kNumberDigits);
    std::from_chars(line.data(), line.data() + line.size(), number);
  }
  const std::uint64_t index = number - first_;
  if (number < first_ || index >= is_seen_.size()) {
    ++foreign;
  } else if (is_seen_[index]) {
    ++twice;
  } else {
    is_seen_[index] = true;
    ++received;
  }
}

}  // namespace uvinetd::bench
