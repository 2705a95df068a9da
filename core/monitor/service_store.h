// SPDX-License-Identifier: ISC
// The services that are configured, kept small: between one use and the next they are one string.
// Ten thousand of them would otherwise be as large as all else in the three roles.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/config/load/loader.h"

namespace uvinetd {

class ServiceStore {
 public:
  void set(std::vector<LoadedService> services);
  // Valid until the next pack() or set(). Where a service stood in its file is forgotten by
  // packing.
  [[nodiscard]] const std::vector<LoadedService>& list();
  // Gives back what they take in memory. Call when nobody is going to look soon.
  void pack();
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
  bool is_packed_ = false;
  std::vector<LoadedService> services_;
  std::string packed_;
  std::vector<Identity> identities_;           // few, and each is many a service's
  std::vector<Rare<ServiceOptions>> options_;  // of those that have any
  std::vector<Rare<SocketNode>> nodes_;
  std::vector<Rare<EndSettings>> ends_;
  std::vector<Rare<SyslogSetup>> syslogs_;
};

}  // namespace uvinetd
