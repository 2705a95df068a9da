// SPDX-License-Identifier: ISC
#include "spawn/error_outputs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

namespace uvinetd {
namespace {

bool is_same_file(int one, int other) {
  struct stat a {};
  struct stat b {};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

}  // namespace

void ErrorOutputs::take(const ErrorFiles& files, Message& message) {
  if (files.is_first) next_.clear();
  if (files.paths.size() != message.fds.size()) return;
  for (std::size_t i = 0; i < files.paths.size(); ++i) {
    next_.insert_or_assign(files.paths[i], std::move(message.fds[i]));
  }
}

void ErrorOutputs::begin_table() {
  older_ = std::exchange(files_, std::exchange(next_, {}));
  replaced_.clear();
  for (const auto& [path, fd] : files_) {
    const auto before = older_.find(path);
    if (before == older_.end() || !is_same_file(fd.get(), before->second.get())) {
      replaced_.insert(path);
    }
  }
}

int ErrorOutputs::null_device() {
  if (!null_.is_open()) null_.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
  return null_.get();
}

Result<int> ErrorOutputs::of(const StdioSettings& settings) {
  switch (settings.errors) {
    case ErrorOutput::Socket:
      return -1;
    case ErrorOutput::Log:
      if (log_.is_open()) return log_.get();
      break;
    case ErrorOutput::Null:
      if (const int null = null_device(); null >= 0) return null;
      return fail("stderr", "/dev/null", errno);
    case ErrorOutput::File:
      if (const int file = find(settings.file); file >= 0) return file;
      break;
  }
  return fail("stderr", settings.file, ENOENT);
}

Result<int> ErrorOutputs::input(const StdioSettings& settings) {
  if (settings.channel.empty()) {
    const int null = null_device();
    if (null < 0) return fail_errno("open", "/dev/null");
    return null;
  }
  const int channel = find(settings.channel);
  if (channel < 0) return fail("channel", settings.channel, ENOENT);
  return channel;
}

int ErrorOutputs::find(const std::string& name) const {
  for (const auto* files : {&files_, &older_}) {
    const auto found = files->find(name);
    if (found != files->end()) return found->second.get();
  }
  return -1;
}

}  // namespace uvinetd
