// SPDX-License-Identifier: ISC
// Telling whoever supervises us how far we are: sd_notify(3)'s datagram protocol and the
// s6 notification descriptor. No library is needed for either.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.h"

namespace uvinetd {

class Readiness {
 public:
  // Takes NOTIFY_SOCKET, WATCHDOG_* and FDSTORE out of the environment (children must never see
  // them) and owns `ready_fd` (-1: none), made close-on-exec; of 0, 1 and 2 it owns a duplicate.
  explicit Readiness(int ready_fd);

  // Blocks for two seconds at most, when the manager does not read. Errors are not told: there is
  // nothing to be done about them.
  void ready(std::string_view status);  // READY=1, STATUS=; a newline to the ready fd, closed
  void reloading();                     // RELOADING=1 with MONOTONIC_USEC= in one datagram
  // STOPPING=1, STATUS=; `most` is how long it may take, for managers that have less patience
  // (EXTEND_TIMEOUT_USEC=).
  void stopping(std::string_view status, std::optional<std::chrono::milliseconds> most = {});
  void status(std::string_view text);  // STATUS=, when it is another than the last
  void alive();                        // WATCHDOG=1, where somebody waits for it

  // Does not block. Later: the manager has not read what it was told before.
  enum class Sent { Done, Later, Failed };
  // `text` with a descriptor (-1: without), which stays ours.
  Sent try_notify(std::string_view text, int descriptor);

  [[nodiscard]] bool has_notify_socket() const { return !path_.empty(); }
  // The variables that were taken out of the environment, NAME=VALUE: for a program that takes our
  // place.
  [[nodiscard]] std::vector<std::string> variables() const;
  [[nodiscard]] const std::string& notify_socket() const { return path_; }  // "": none
  // We are ended if we are silent for so long; nullopt: nobody waits.
  [[nodiscard]] std::optional<std::chrono::milliseconds> watchdog() const { return watchdog_; }
  // How many descriptors the manager keeps for us.
  [[nodiscard]] std::size_t descriptor_store() const { return descriptor_store_; }

 private:
  void notify(std::string_view text);
  std::string path_;
  std::string last_status_;
  std::optional<std::chrono::milliseconds> watchdog_;
  std::size_t descriptor_store_ = 0;
  UniqueFd socket_;
  UniqueFd ready_fd_;
};

// Removes the variables of a supervisor that no server may see (NOTIFY_SOCKET, WATCHDOG_*,
// LISTEN_*, FDSTORE, MAINPID, INVOCATION_ID, JOURNAL_STREAM, SYSTEMD_EXEC_PID, MEMORY_PRESSURE_*,
// CREDENTIALS_DIRECTORY, ...) from a list of NAME=VALUE.
void remove_supervisor_variables(std::vector<std::string>& environment);

}  // namespace uvinetd
