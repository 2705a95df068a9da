// SPDX-License-Identifier: ISC
// Services as TOML text, in the language of uvinetd.toml(5): what parse_toml_conf() reads back as
// equal services, without a word.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/config/service_spec.h"

namespace uvinetd {

// Lines of comment, without their "# ": before the first service, before the service of an id, and
// at the end. A line may have any bytes and is made fit for TOML; line ends part it.
struct TomlComments {
  std::vector<std::string> head;
  std::map<std::string, std::vector<std::string>> of_service;
  std::vector<std::string> tail;
};

// A service that TOML cannot hold (an argument that is no UTF-8) is left out: a comment stands in
// its place, and a sentence that begins with its id is added to `problems` if that is not null.
// Settings without effect on a service (nodelay of udp, env of a built-in) are not printed.
[[nodiscard]] std::string print_toml(const std::vector<ServiceSpec>& services,
                                     const TomlComments& comments = {},
                                     std::vector<std::string>* problems = nullptr);

}  // namespace uvinetd
