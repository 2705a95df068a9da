// SPDX-License-Identifier: ISC
// Configuration files as bytes: which ones a list of paths names, whether they can be trusted,
// and what language each is written in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/diagnostic.h"

namespace uvinetd {

struct ConfigFile {
  std::string name;
  std::string text;
};

struct ConfigFiles {
  std::vector<ConfigFile> files;
  bool is_unreadable = false;  // something named is missing, unreadable or unsafe
};

// Reads files, and the regular files of directories in byte order. Never hangs on a FIFO or a
// device. As root, what others than its owner may write is refused: it would make them root.
[[nodiscard]] ConfigFiles read_config_files(const std::vector<std::string>& paths, bool is_root,
                                            Diagnostics& diagnostics);

// Backups and what package managers leave behind: "x~", "x.bak", "x.dpkg-old", ".x".
[[nodiscard]] bool is_leftover_name(std::string_view name);

enum class Language : std::uint8_t { InetdConf, Xinetd, Toml };
// By the suffix .toml, else by the first lines that say something.
[[nodiscard]] Language language_of(std::string_view name, std::string_view text);

}  // namespace uvinetd
