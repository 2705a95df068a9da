// SPDX-License-Identifier: ISC
#include "core/base/shared_memory.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

namespace uvinetd {

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

namespace {

Result<Mapping> map_object(int fd, std::size_t at_least, int protection) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_errno("fstat");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0 || size < at_least || may_shrink(fd)) return fail("mmap", {}, EINVAL);
  void* const data = ::mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return fail_errno("mmap");
  return Mapping(data, size);
}

}  // namespace

Result<Mapping> map_read_only(int fd, std::size_t at_least) {
  return map_object(fd, at_least, PROT_READ);
}

Result<Mapping> map_writable(int fd, std::size_t at_least) {
  return map_object(fd, at_least, PROT_READ | PROT_WRITE);
}

}  // namespace uvinetd
