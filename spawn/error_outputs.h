// SPDX-License-Identifier: ISC
// What a launcher has for its servers to use as standard error, and as standard input in the place
// of /dev/null: the monitor has opened it, but for /dev/null.
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/base/channel.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "spawn/settings/stdio.h"
#include "spawn/wire.h"

namespace uvinetd {

class ErrorOutputs {
 public:
  void set_socket(UniqueFd writer) { log_ = std::move(writer); }
  // Files of the next table.
  void take(const ErrorFiles& files, Message& message);
  // That table is here; the files of the one before are kept until drop_older().
  void begin_table();
  void drop_older() { older_.clear(); }
  // /dev/null, borrowed, opened when it is wanted first: before our root is another one, which may
  // have none. -1: errno says why it is not to be had.
  int null_device();
  // The descriptor for a server, borrowed; -1: the connection itself. Errors: ENOENT: the monitor
  // could not open the file; open: no descriptor.
  Result<int> of(const StdioSettings& settings);
  // The same for the standard input and output of a server without a connection.
  Result<int> input(const StdioSettings& settings);
  // Whether this file is another one than with the table before.
  [[nodiscard]] bool is_replaced(const std::string& file) const { return replaced_.contains(file); }

 private:
  using Files = std::map<std::string, UniqueFd>;
  [[nodiscard]] int find(const std::string& name) const;  // -1: it is not there

  UniqueFd log_;
  UniqueFd null_;
  Files next_;
  Files files_;
  Files older_;
  std::set<std::string> replaced_;
};

}  // namespace uvinetd
