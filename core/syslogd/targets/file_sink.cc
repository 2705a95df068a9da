// SPDX-License-Identifier: ISC
#include "core/syslogd/targets/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace uvinetd {

// A fdatasync(2) in libuv's pool, with a descriptor of its own: it outlives its file's target.
struct FileSink::Sync {
  uv_fs_t request{};
  UniqueFd fd;
  FileSink* owner = nullptr;

  static void on_done(uv_fs_t* request) noexcept {
    auto* const sync = static_cast<Sync*>(request->data);
    const auto code = static_cast<int>(request->result);
    auto* const owner = sync->owner;
    uv_fs_req_cleanup(request);
    delete sync;
    if (owner != nullptr) owner->synced(-code);
  }
};

FileSink::~FileSink() {
  if (sync_ != nullptr) sync_->owner = nullptr;
  host_.timers().cancel(sync_timer_);
}

void FileSink::adopt(SyslogSink& before) {
  auto& old = static_cast<FileSink&>(before);
  if (old.is_dirty_) old.sync_now();
  size_ = old.size_;
  StreamSink::adopt(before);
}

void FileSink::opened() {
  no_rotation_before_ = std::chrono::milliseconds(0);
  measure();
}

void FileSink::measure() {
  struct stat about {};
  size_ = fstat(fd(), &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

void FileSink::wrote(std::size_t bytes) {
  if (action().is_synced) want_sync();
  if (rotate_size_ == 0) return;
  size_ += bytes;
  if (size_ < rotate_size_ || host_.loop().now() < no_rotation_before_) return;
  measure();  // somebody may have cut it
  if (size_ < rotate_size_) return;
  no_rotation_before_ = host_.loop().now() + kRotatePeriod;
  host_.ask_rotation(*this);
}

void FileSink::want_sync() {
  is_dirty_ = true;
  if (sync_ != nullptr || sync_timer_ != 0) return;
  sync_timer_ = host_.timers().after(kSyncPeriod, [this] {
    sync_timer_ = 0;
    sync_now();
  });
}

void FileSink::sync_now() {
  if (!is_dirty_ || sync_ != nullptr || fd() < 0) return;
  UniqueFd copy(fcntl(fd(), F_DUPFD_CLOEXEC, 0));
  if (!copy.is_open()) return want_sync();
  is_dirty_ = false;
  sync_ = new Sync;
  sync_->fd = std::move(copy);
  sync_->owner = this;
  sync_->request.data = sync_;
  if (uv_fs_fdatasync(host_.loop().get(), &sync_->request, sync_->fd.get(), Sync::on_done) != 0) {
    delete std::exchange(sync_, nullptr);
  }
}

void FileSink::synced(int code) {
  sync_ = nullptr;
  // EINVAL, EROFS: what can only be written, as a device.
  if (code != 0 && code != EINVAL && code != EROFS && code != told_sync_code_) {
    host_.tell(SyslogSeverity::Error, "cannot sync " + name() + ": " + std::strerror(code), this);
  }
  told_sync_code_ = code;
  if (is_dirty_) want_sync();
}

}  // namespace uvinetd
