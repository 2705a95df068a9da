// SPDX-License-Identifier: ISC
// memfd_create(2) and its seals.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/base/shared_memory.h"

namespace uvinetd {

namespace {

#ifdef MFD_NOEXEC_SEAL
constexpr unsigned kNoExec = MFD_NOEXEC_SEAL;
#else
constexpr unsigned kNoExec = 0x0008;  // Linux 6.3; hosts with vm.memfd_noexec=2 insist on it
#endif

Result<UniqueFd> make_memfd(const char* name) {
  UniqueFd memory(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | kNoExec));
  if (!memory.is_open() && errno == EINVAL)
    memory.reset(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.is_open()) return fail_errno("memfd_create", name);
  // Another user who holds it for reading cannot open it anew for writing through /proc/self/fd.
  if (::fchmod(memory.get(), 0400) != 0) return fail_errno("fchmod", name);
  return memory;
}

// Where /proc is not mounted (some chroots), the reader gets the writer's access: the launchers'
// readers treat the page as untrusted, and only our own processes ever hold it.
UniqueFd open_reader(int writer) {
  const std::string path = "/proc/self/fd/" + std::to_string(writer);
  UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader.is_open() && (errno == ENOENT || errno == EACCES))
    reader.reset(::fcntl(writer, F_DUPFD_CLOEXEC, 3));
  return reader;
}

}  // namespace

Result<UniqueFd> make_read_only_memory(const char* name, std::string_view bytes) {
  auto memory = make_memfd(name);
  while (memory && !bytes.empty()) {
    const ssize_t count = ::write(memory->get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("write", name);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (memory && ::fcntl(memory->get(), F_ADD_SEALS,
                        F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return fail_errno("seal", name);
  return memory;
}

Result<SharedPage> make_shared_page(const char* name, std::size_t size) {
  auto memory = make_memfd(name);
  if (!memory) return tl::unexpected(memory.error());
  const int fd = memory->get();
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return fail_errno("ftruncate", name);
  if (::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return fail_errno("seal", name);
  SharedPage page;
  page.reader = open_reader(fd);
  if (!page.reader.is_open()) return fail_errno("open", name);
  page.writer = std::move(*memory);
  return page;
}

bool may_shrink(int fd) noexcept {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return seals < 0 || (seals & F_SEAL_SHRINK) == 0;
}

}  // namespace uvinetd
