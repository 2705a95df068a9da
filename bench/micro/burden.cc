// SPDX-License-Identifier: ISC
#include "bench/micro/burden.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "core/base/process.h"

namespace uvinetd::bench {

Result<Mapping> make_ballast(std::size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return fail_errno("mmap");
#ifdef MADV_NOHUGEPAGE
  // A heap that grew bit by bit has few huge pages; with them fork would look cheap.
  madvise(data, bytes, MADV_NOHUGEPAGE);
#endif
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (std::size_t at = 0; at < bytes; at += page) static_cast<volatile char*>(data)[at] = 1;
  return Mapping(data, bytes);
}

Result<std::vector<UniqueFd>> open_descriptors(std::size_t count) {
  constexpr std::size_t kOthers = 64;  // that this process and its libraries hold
  if (auto status = raise_descriptor_limit(count + kOthers); !status) {
    return tl::unexpected(status.error());
  }
  std::vector<UniqueFd> out;
  out.reserve(count);
  while (out.size() < count) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd.is_open()) return fail_errno("socket", "after " + std::to_string(out.size()));
    out.push_back(std::move(fd));
  }
  return out;
}

}  // namespace uvinetd::bench
