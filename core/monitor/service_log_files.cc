// SPDX-License-Identifier: ISC
#include "core/monitor/service_log_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

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
  constexpr mode_t kMode = 0640;
  UniqueFd fd(::open(path.c_str(),
                     O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
                     kMode));
  if (!fd.is_open()) return fail_errno("open", path);
  struct stat about {};
  if (fstat(fd.get(), &about) != 0) return fail_errno("fstat", path);
  if (!S_ISREG(about.st_mode)) return fail("open", path, EINVAL);
  return LogTarget{LogForm::Terminal, std::move(fd)};
}

}  // namespace uvinetd
