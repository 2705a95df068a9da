// SPDX-License-Identifier: ISC
// The two ways in which a bare loop starts a server. Both give it what a superserver promises: its
// connection as descriptors 0, 1 and 2, a session of its own, every signal at its default, none
// blocked. All other descriptors of the caller must be close-on-exec.
#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <memory>
#include <string_view>

namespace bench {

class Starter {
 public:
  virtual ~Starter() = default;
  // Returns 0, or the errno value of what failed: the exec only where the way can tell (posix_spawn
  // can; after fork a server that cannot be executed exits with 127).
  virtual int start(int connection, char* const* argv, char* const* environment) = 0;
};

// "posix_spawn" or "fork"; null for any other name.
[[nodiscard]] std::unique_ptr<Starter> make_starter(std::string_view name);

}  // namespace bench
