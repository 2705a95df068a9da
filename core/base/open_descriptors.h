// SPDX-License-Identifier: ISC
// How many descriptors a process has open. One system call on Linux 6.2 and later; before that, one
// for about a thousand of them, and of more than about 4,000 it is not known.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/unique_fd.h"

namespace uvinetd {

class OpenDescriptors {
 public:
  OpenDescriptors() = default;
  // Our own, to be counted later, also in an empty root; one more while this lives.
  static OpenDescriptors of_self();

  // nullopt: not known here.
  [[nodiscard]] std::optional<std::uint64_t> count() const;
  // Of another process. nullopt: not known here, not allowed, or it is gone.
  [[nodiscard]] static std::optional<std::uint64_t> count_of(pid_t pid);

 private:
  explicit OpenDescriptors(UniqueFd folder) : folder_(std::move(folder)) {}
  UniqueFd folder_;
};

}  // namespace uvinetd
