// SPDX-License-Identifier: ISC
// Memory shared between our processes by descriptor: the service table (written once, then
// read-only for everybody) and the launch ledgers (one writer, many readers).
#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

// A mapping with one owner.
class Mapping {
 public:
  Mapping() noexcept = default;
  Mapping(void* data, std::size_t size) noexcept : data_(data), size_(size) {}
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  [[nodiscard]] void* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view bytes() const noexcept {
    return {static_cast<const char*>(data_), size_};
  }
  [[nodiscard]] bool is_mapped() const noexcept { return data_ != nullptr; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

// A read-only object holding `bytes`: nobody, its maker included, can change it any more
// (Linux: memfd_create(2), sealed; else a POSIX shared memory object, already unlinked, of which
// only a read-only descriptor is left).
Result<UniqueFd> make_read_only_memory(const char* name, std::string_view bytes);

// A zeroed object of `size` bytes with one writer. `writer` goes to the process that writes,
// `reader` can only be mapped for reading.
struct SharedPage {
  UniqueFd writer;
  UniqueFd reader;
};
Result<SharedPage> make_shared_page(const char* name, std::size_t size);

// Maps the whole object. The writer's mapping needs the writer descriptor.
// Errors: EINVAL: empty, or smaller than `at_least` bytes, or (Linux) able to shrink under us.
Result<Mapping> map_read_only(int fd, std::size_t at_least);
Result<Mapping> map_writable(int fd, std::size_t at_least);

// Whether a holder of `fd` could cut the object off, so that reading its mapping would be SIGBUS.
// Known on Linux (sealed or not); elsewhere false: only the monitor ever holds a descriptor that
// could.
[[nodiscard]] bool may_shrink(int fd) noexcept;

}  // namespace uvinetd
