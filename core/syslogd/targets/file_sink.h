// SPDX-License-Identifier: ISC
// A regular file: synced without waiting for it, and rotated by the monitor at its size.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/syslogd/targets/stream_sink.h"

namespace uvinetd {

class FileSink final : public StreamSink {
 public:
  // `rotate_size` in bytes; 0: it is never rotated.
  FileSink(SyslogSinkHost& host, const SyslogAction& action, Id id, std::uint64_t rotate_size)
      : StreamSink(host, action, id), rotate_size_(rotate_size) {}
  ~FileSink() override;

  void adopt(SyslogSink& before) override;
  [[nodiscard]] bool is_busy() const override { return StreamSink::is_busy() || sync_ != nullptr; }
  void finish() override { sync_now(); }

 protected:
  void opened() override;
  void wrote(std::size_t bytes) override;

 private:
  struct Sync;
  static constexpr std::chrono::milliseconds kSyncPeriod{1'000};
  // Rotation that is not answered, or fails, is asked for again after this.
  static constexpr std::chrono::milliseconds kRotatePeriod{60'000};

  void want_sync();
  void sync_now();
  void synced(int code);
  void measure();

  std::uint64_t rotate_size_;
  std::uint64_t size_ = 0;
  std::chrono::milliseconds no_rotation_before_{0};

  Sync* sync_ = nullptr;  // in flight; it frees itself
  bool is_dirty_ = false;
  int told_sync_code_ = 0;
  Timers::Id sync_timer_ = 0;
};

}  // namespace uvinetd
