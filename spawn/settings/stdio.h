// SPDX-License-Identifier: ISC
// Where the standard error of a server goes, and what its standard input is.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/codec.h"

namespace uvinetd {

// The numbers are the table's.
enum class ErrorOutput : std::uint8_t { Socket = 0, Log = 1, Null = 2, File = 3 };

struct StdioSettings {
  ErrorOutput errors = ErrorOutput::Socket;
  std::string file;  // File: its name among those that the monitor has opened for this identity
  // The same for standard input and output of a server that gets listening sockets: a channel to
  // the monitor. "": /dev/null.
  std::string channel;

  friend bool operator==(const StdioSettings&, const StdioSettings&) = default;
};

void put(Writer& out, const StdioSettings& settings);
void get(Reader& in, StdioSettings& out);

}  // namespace uvinetd
