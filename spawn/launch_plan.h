// SPDX-License-Identifier: ISC
// All that a child needs, built before it is born: nothing is allocated between fork and exec.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/address.h"
#include "spawn/listen_environment.h"
#include "spawn/table.h"

namespace uvinetd {

// The variables of one connection, in place: UCSPI's TCP* and PROTO, and REMOTE_*.
class ConnectionEnvironment {
 public:
  static constexpr std::size_t kMost = 9;

  // `local` and `peer` may be unset (a datagram socket has no peer).
  void set(int socket_type, const SocketAddress& local, const std::optional<SocketAddress>& peer);
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] char* at(std::size_t index) { return buffer_.data() + offsets_[index]; }

 private:
  void add(std::string_view name, std::string_view value);
  std::array<std::size_t, kMost> offsets_{};
  std::size_t count_ = 0;
  std::size_t used_ = 0;
  std::array<char, 1024> buffer_{};
};

// One service, ready to be started any number of times. Not movable: it points into itself.
class LaunchPlan {
 public:
  LaunchPlan(TableService service, const TableIdentity& identity);
  LaunchPlan(const LaunchPlan&) = delete;
  LaunchPlan& operator=(const LaunchPlan&) = delete;

  [[nodiscard]] const TableService& service() const { return service_; }
  [[nodiscard]] const char* program() const { return service_.program.c_str(); }
  [[nodiscard]] char* const* argv() const { return argv_.data(); }
  // nullptr: /, where the launcher is.
  [[nodiscard]] const char* working_directory() const {
    return service_.working_directory == "/" ? nullptr : service_.working_directory.c_str();
  }
  // The fixed variables followed by the connection's; valid until the next call.
  [[nodiscard]] char* const* environment(ConnectionEnvironment& connection);
  [[nodiscard]] char* const* environment(ListenEnvironment& listen);
  // For a zygote of the service (spawn/zygote/wire.h): room for such variables as `connection` has,
  // and what tells the library what to do. `hops`: 0-9.
  [[nodiscard]] std::vector<std::string> zygote_environment(ConnectionEnvironment& connection,
                                                            const std::string& library,
                                                            bool parks_at_io, unsigned hops) const;
  // What the server's process does to itself before the exec; null: nothing.
  [[nodiscard]] const BoxSettings* box() const {
    if (service_.process.is_default() || service_.process->box == BoxSettings()) return nullptr;
    return &service_.process->box;
  }
  // True the first time that it is asked.
  [[nodiscard]] bool is_first_look() { return !std::exchange(was_looked_at_, true); }
  // The PATH that the server will have; "": none.
  [[nodiscard]] std::string_view search_path() const;

 private:
  TableService service_;
  bool was_looked_at_ = false;
  std::vector<std::string> fixed_;
  std::vector<char*> argv_;
  std::vector<char*> environment_;  // fixed_ + kMost places + null
};

}  // namespace uvinetd
