// SPDX-License-Identifier: ISC
#include "core/monitor/service_log_files.h"

#include <utility>

#include "core/monitor/append_file.h"

namespace uvinetd {

std::set<std::string> service_log_files(const std::vector<LoadedService>& services) {
  std::set<std::string> out;
  for (const auto& service : services) {
    const auto& log = service.ends->log;
    if (log.place != LogPlace::Daemon) out.insert(log.file);
  }
  return out;
}

Result<LogTarget> open_log_file(const std::string& path) {
  auto fd = open_append_file(path);
  if (!fd) return tl::unexpected(fd.error());
  return LogTarget{LogForm::File, std::move(*fd)};
}

}  // namespace uvinetd
