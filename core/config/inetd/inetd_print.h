// SPDX-License-Identifier: ISC
// Services as an inetd.conf, as far as that language goes. What parse_inetd_conf() makes of the
// text is what is compared, so that nothing is lost without a word.
#pragma once

#include <string>
#include <vector>

#include "core/config/inetd/inetd_conf.h"
#include "core/config/source_outline.h"

namespace uvinetd {

struct InetdPrintOptions {
  Dialect dialect = Dialect::Debian;  // what the text will be read as
  PlacedComments comments;
};

// What the text does not say of a service.
struct Lost {
  std::size_t service = 0;        // index among the services given
  std::vector<std::string> keys;  // as TOML calls them; not the id
  std::string new_id;             // "": its id is the one it had
  std::size_t lines = 1;          // more than one: they are services of their own
  std::string refusal;            // why it has no line at all; "": it has

  // No line, or only as a comment, since it would be served to more people or with more power.
  bool is_left_out = false;

  [[nodiscard]] Severity severity() const;  // a new id alone is a note
  [[nodiscard]] std::string text() const;   // one sentence, lower case, no full stop
};

struct InetdText {
  std::string text;
  std::vector<Lost> lost;  // in the order of the services
};

// Each service on a line of its own (several where its sockets cannot stand in one), with its
// comments above it and what is lost as comments too. `names` have to be those of the reader.
[[nodiscard]] InetdText print_inetd_conf(const std::vector<ServiceSpec>& services,
                                         const InetdPrintOptions& options,
                                         const ServiceNames& names);

}  // namespace uvinetd
