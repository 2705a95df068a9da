// SPDX-License-Identifier: ISC
#include "core/reactor/service_logs.h"

#include <sys/stat.h>

#include <cstring>
#include <utility>

namespace uvinetd {

FileRoom room_in_file(std::uint64_t bytes, const LogSettings& log) {
  if (log.hard != 0 && bytes >= log.hard) return FileRoom::Full;
  if (log.soft != 0 && bytes >= log.soft) return FileRoom::Warn;
  return FileRoom::Free;
}

void ServiceLogs::open(const std::string& file, LogTarget target, const std::string& ident) {
  auto& place = all_[file];
  if (place == nullptr) {
    place = std::make_unique<One>(timers_, [this, is_syslog = file.empty()] {
      if (is_syslog) ask_again_();
    });
    place->log.set_format(format_);
    place->log.on_file_trouble([this, file](int code) { tell_trouble(file, code); });
  }
  auto& one = *place;
  one.fd = target.fd.get();
  one.is_warned = false;
  one.is_full = false;
  one.log.open(std::move(target), ident);
}

bool ServiceLogs::has_room(One& one, const LogSettings& where) {
  struct stat about {};
  if (where.soft == 0 && where.hard == 0) return true;
  if (fstat(one.fd, &about) != 0) return true;
  const auto room = room_in_file(static_cast<std::uint64_t>(about.st_size), where);
  if (room != FileRoom::Free && !std::exchange(one.is_warned, true)) {
    daemon_.warning("log file={} is larger than {} bytes", where.file, where.soft);
  }
  if (room != FileRoom::Full) return true;
  if (!std::exchange(one.is_full, true)) {
    daemon_.error("log file={} is full: nothing more is written to it before a reload", where.file);
  }
  return false;
}

void ServiceLogs::set_format(LogFormat format) {
  format_ = format;
  for (auto& [file, one] : all_) one->log.set_format(format);
}

void ServiceLogs::tell_trouble(const std::string& file, int code) {
  if (code != 0) {
    daemon_.error("log file={}: {}; its lines wait", file, std::strerror(code));
  } else {
    daemon_.notice("log file={}: it can be written again", file);
  }
}

void ServiceLogs::write(const LogSettings& where, Event event) {
  const auto found = where.place == LogPlace::Daemon ? all_.end() : all_.find(where.file);
  if (found == all_.end()) {
    if (daemon_.is_enabled(event.level())) daemon_.write(std::move(event));
    return;
  }
  auto& one = *found->second;
  if (where.place == LogPlace::Syslog) {
    event.set_level(static_cast<LogLevel>(where.level));
    one.log.write(std::move(event), where.facility << 3);
  } else if (!one.is_full && has_room(one, where)) {
    one.log.write(std::move(event));
  }
}

void ServiceLogs::flush() {
  for (auto& [file, one] : all_) one->log.flush();
}

}  // namespace uvinetd
