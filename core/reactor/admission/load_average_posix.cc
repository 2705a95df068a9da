// SPDX-License-Identifier: ISC
// getloadavg(3): a system call on the BSDs. Where it reads a file, as on Linux, that is kept open.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "core/base/unique_fd.h"
#include "core/reactor/admission/load_average.h"

namespace uvinetd {
namespace {

UniqueFd& load_file() {
  static UniqueFd file;
  return file;
}

}  // namespace

std::optional<double> load_average() {
  if (double load = 0; getloadavg(&load, 1) == 1) return load;
  std::array<char, 64> text{};
  const auto size = pread(load_file().get(), text.data(), text.size() - 1, 0);
  if (size <= 0) return std::nullopt;
  char* end = nullptr;
  const double load = std::strtod(text.data(), &end);
  return end == text.data() ? std::nullopt : std::optional(load);
}

void prepare_load_average() {
  load_file() = UniqueFd(open("/proc/loadavg", O_RDONLY | O_CLOEXEC));
}

}  // namespace uvinetd
