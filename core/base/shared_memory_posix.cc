// SPDX-License-Identifier: ISC
// shm_open(3), opened once for writing and once for reading, and unlinked at once.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#if __has_include(<sys/random.h>)
#include <sys/random.h>  // getentropy() on macOS and Linux; <unistd.h> has it on the BSDs
#endif

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "core/base/shared_memory.h"

namespace uvinetd {

namespace {

// Mode 0400: only the descriptor made here writes, nobody can open the name for writing meanwhile.
Result<SharedPage> make_object(const char* name, std::size_t size) {
  std::uint64_t random = 0;
  if (::getentropy(&random, sizeof random) != 0) return fail_errno("getentropy", name);
  char path[32];  // macOS: at most 31 characters
  std::snprintf(path, sizeof path, "/uvi-%016llx", static_cast<unsigned long long>(random));
  SharedPage page;
  page.writer.reset(::shm_open(path, O_RDWR | O_CREAT | O_EXCL, 0400));
  if (!page.writer.is_open()) return fail_errno("shm_open", name);
  page.reader.reset(::shm_open(path, O_RDONLY, 0));
  const int code = page.reader.is_open() ? 0 : errno;
  ::shm_unlink(path);
  if (code != 0) return fail("shm_open", name, code);
  if (::ftruncate(page.writer.get(), static_cast<off_t>(size)) != 0)
    return fail_errno("ftruncate", name);
  return page;
}

}  // namespace

Result<UniqueFd> make_read_only_memory(const char* name, std::string_view bytes) {
  auto page = make_object(name, bytes.size());
  if (!page) return tl::unexpected(page.error());
  if (!bytes.empty()) {  // macOS cannot write(2) to one
    const auto mapping = map_writable(page->writer.get(), bytes.size());
    if (!mapping) return tl::unexpected(mapping.error());
    std::memcpy(mapping->data(), bytes.data(), bytes.size());
  }
  return std::move(page->reader);
}

Result<SharedPage> make_shared_page(const char* name, std::size_t size) {
  return make_object(name, size);
}

bool may_shrink(int) noexcept {
  return false;
}

}  // namespace uvinetd
