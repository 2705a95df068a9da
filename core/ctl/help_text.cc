// SPDX-License-Identifier: ISC
// Written by hand, so that it reads well; a test holds it against the parser and uvinetctl(1).
#include "core/ctl/command.h"

namespace uvinetd {
namespace {

constexpr std::string_view kProgram =
    R"(Usage: uvinetctl [--json] VERB [OPTION]... FILE...

Looks at configuration files of uvinetd without a running daemon. FILE is an
inetd.conf, an xinetd or a TOML file, or a directory of such files.

  check FILE...     Say what is wrong with them
  show FILE... [ID] Print the services as uvinetd would serve them, as JSON
  convert FILE...   Write them in another language: TOML, or inetd.conf

      --json        With check: as JSON. show always prints JSON
  -V, --version     Print the version
  -h, --help        Print this; after a VERB, what it takes

Exit status: 0, 1 (failure), 2 (usage), 78 (configuration). See uvinetctl(1).
)";

constexpr std::string_view kCheck =
    R"(Usage: uvinetctl check [OPTION]... FILE...

Prints every error, warning and note on FILEs, each with its place, and how many
services are good, as uvinetd would say it. Exits 78 when there are errors.

      --strict        Warnings count as errors
      --json          One JSON document on standard output instead
      --dialect NAME  How to read what systems disagree about in an inetd.conf:
                      debian, freebsd, netbsd, openbsd, gnu or busybox
  -V, --version       Print the version
  -h, --help          Print this
)";

constexpr std::string_view kShow =
    R"(Usage: uvinetctl show [OPTION]... FILE... [ID]

Prints the services of FILEs as JSON, as uvinetd would serve them: defaults
applied, users and hosts looked up. With an ID only the service of that name.
Services with errors are left out and told on standard error; then the exit
status is 78.

      --json          Accepted: the output is always JSON
      --dialect NAME  How to read what systems disagree about in an inetd.conf:
                      debian, freebsd, netbsd, openbsd, gnu or busybox
  -V, --version       Print the version
  -h, --help          Print this
)";

constexpr std::string_view kConvert =
    R"(Usage: uvinetctl convert [OPTION]... FILE...

Writes the services of FILEs, and of all files that they include, as one file in
another language. Comments go along, and what there is to say about the files
becomes comments too. A service with an error is left out, told on standard
error, and makes the exit status 78; the others are written all the same.

      --to LANGUAGE   toml (the default) or inetd. An inetd.conf cannot say all:
                      what it does not say is told for each service, and one
                      that would then be open to more people is left out
  -o, --output FILE   Write to FILE, whole or not at all; "-" is standard output
      --force         Replace FILE if it is there
      --dialect NAME  How to read, and with --to inetd to write, what systems
                      disagree about in an inetd.conf: debian, freebsd, netbsd,
                      openbsd, gnu or busybox
  -V, --version       Print the version
  -h, --help          Print this

Coming from xinetd:

  uvinetctl convert -o /etc/uvinetd/uvinetd.toml /etc/xinetd.conf
  uvinetctl check /etc/uvinetd/uvinetd.toml
)";

}  // namespace

std::string_view ctl_help_text(std::optional<Verb> verb) {
  if (!verb) return kProgram;
  switch (*verb) {
    case Verb::Check:
      return kCheck;
    case Verb::Show:
      return kShow;
    case Verb::Convert:
      return kConvert;
  }
  return kProgram;
}

}  // namespace uvinetd
