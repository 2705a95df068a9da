// SPDX-License-Identifier: ISC
// Written by hand, so that it reads well; a test holds it against the parser and uvinetctl(1).
#include <array>

#include "core/ctl/command.h"

namespace uvinetd {
namespace {

constexpr std::string_view kProgram =
    R"(Usage: uvinetctl [OPTION]... VERB [OPTION]... [OPERAND]...

Asks a running uvinetd, and tells it what to do:

  status            How the daemon is
  list              Its services
  show ID           All about one of them
  ps [ID]           The servers that run
  match ID ADDRESS  May this client come, and which rule decides?
  metrics           Counts and times, in the text format of Prometheus
  tail              What happens, as it happens
  bans              Who is banned
  top               The services, live, in full screen
  reload            Read the configuration again
  pause ID          Serve no more clients of it, until resume
  resume ID         Serve them again
  ban ADDRESS [TIME]        Refuse a client, or a network, everywhere
  unban ADDRESS             Let it come again
  kill ID|PID [SIGNAL]      Signal the servers of a service, or one server
  stop              End the daemon
  upgrade           Go on with the program that is installed now
  reopen-logs       Open log files anew, after they were renamed

Looks at configuration files, without a daemon. FILE is an inetd.conf, an xinetd
or a TOML file, or a directory of such files:

  check FILE...     Say what is wrong with them
  show FILE... [ID] Print the services as uvinetd would serve them, as JSON
  convert FILE...   Write them in another language: TOML, or inetd.conf

      --json          Print JSON
      --socket PATH   Where the daemon is asked
      --color WHEN    Colours: auto (on a terminal), always or never
      --wait TIME     How long the daemon may be silent, as "30s", "5min"
  -V, --version       Print the version
  -h, --help          Print this; after a VERB, what it takes

Exit status: 0, 1 (failure), 2 (usage), 69 (no daemon), 77 (not allowed), 78
(configuration). See uvinetctl(1).
)";

constexpr std::string_view kStatus =
    R"(Usage: uvinetctl status [OPTION]...

Prints how the daemon is: its processes, services and servers, and what it has
counted.

)";

constexpr std::string_view kList =
    R"(Usage: uvinetctl list [OPTION]...

Prints the services of the daemon, one in a line: how they are, servers that run
and how many may, clients that wait, servers started (of built-ins: clients
answered), clients refused, starts that failed, and how long a start takes: half
of them took less than P50, 99 of 100 less than P99.

      --sort COLUMN   id, state, running, queue, started, refused, failed, p50,
                      p99 or cpu; numbers from the largest
      --reverse       The other way round
      --filter TEXT   Only where the id, state, kind or an address has TEXT
      --running       Only with servers that run
      --paused        Only paused ones
)";

constexpr std::string_view kPs =
    R"(Usage: uvinetctl ps [OPTION]... [ID]

Prints the servers that run, of all services or of one: process, service,
client, age, and CPU time where /proc tells it.

)";

constexpr std::string_view kMatch =
    R"(Usage: uvinetctl match [OPTION]... ID ADDRESS

Prints whether a client of this numeric ADDRESS may come to the service now, and
which rule decides.

)";

constexpr std::string_view kMetrics =
    R"(Usage: uvinetctl metrics [OPTION]...

Prints what the daemon has counted, in the text format of Prometheus.

      --services      Of each service too
)";

constexpr std::string_view kTail =
    R"(Usage: uvinetctl tail [OPTION]...

Prints what happens, one event in a line, until it is ended. Without options,
all events of all services; each option may be given more than once.

      --id ID         Only of this service
      --event NAME    Only this: start, exit, refuse, pause, resume, timeout,
                      zygote, ident, stderr, repeated, reload, ban or unban
      --json          Print one JSON document in each line
)";

constexpr std::string_view kBans =
    R"(Usage: uvinetctl bans [OPTION]...

Prints which clients are banned, and until when.

)";

constexpr std::string_view kTop =
    R"(Usage: uvinetctl top [OPTION]...

Shows the services in full screen, what has happened since the last look, and
looks again each second. Its keys are at the bottom, and h explains them.

  -d, --delay SECONDS Time between two looks, from 0.1
      --sort COLUMN   id, state, starts, running, queue, refusals, reason, p50,
                      p99 or load; numbers from the largest
      --reverse       The other way round
      --filter TEXT   Only where the id, state, kind or an address has TEXT
)";

constexpr std::string_view kReload =
    R"(Usage: uvinetctl reload [OPTION]...

Makes the daemon read its configuration again, and prints how many services it
has kept, added, removed and changed. With an error that was not there before
nothing changes: the errors are printed, and the exit status is 78.

)";

constexpr std::string_view kPause =
    R"(Usage: uvinetctl pause [OPTION]... ID

Lets the service start no more servers until it is resumed: neither a reload nor
the replacement of a process of the daemon does that. Clients wait in the queue
of the kernel; servers that run go on.

      --refuse        Refuse clients instead
)";

constexpr std::string_view kResume =
    R"(Usage: uvinetctl resume [OPTION]... ID

Ends a pause.

)";

constexpr std::string_view kBan =
    R"(Usage: uvinetctl ban [OPTION]... ADDRESS [TIME]

Refuses this client, or a network such as 192.0.2.0/24, at all services, for
TIME ("10min", "1h", "2d") or for ever.

)";

constexpr std::string_view kUnban =
    R"(Usage: uvinetctl unban [OPTION]... ADDRESS

Ends the ban of this client or network.

)";

constexpr std::string_view kKill =
    R"(Usage: uvinetctl kill [OPTION]... ID|PID [SIGNAL]

Signals the servers of a service, or one server of the daemon, with their
process groups. SIGNAL is a name or a number: TERM (the default), SIGHUP, 9.

)";

constexpr std::string_view kStop =
    R"(Usage: uvinetctl stop [OPTION]...

Ends the daemon. Servers of connections live on, unless they are waited for.

      --drain TIME    Wait for servers that run, as "30s", "5min"; then end them
)";

constexpr std::string_view kUpgrade =
    R"(Usage: uvinetctl upgrade [OPTION]...

Makes the daemon go on with the program that is installed now, in the same
process: no client and no server notices. If that program cannot take over, or
the configuration has new errors, nothing changes.

)";

constexpr std::string_view kReopenLogs =
    R"(Usage: uvinetctl reopen-logs [OPTION]...

Makes the daemon open its log files anew, after they were renamed.

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
    R"(Usage: uvinetctl show [OPTION]... ID
       uvinetctl show [OPTION]... FILE... [ID]

With an ID alone, prints all about that service of the running daemon.

With FILEs, prints their services as JSON, as uvinetd would serve them: defaults
applied, users and hosts looked up. With an ID only the service of that name.
Services with errors are left out and told on standard error; then the exit
status is 78.

A word alone is a FILE when it begins with "/", "./" or "../", when there is a
file of that name, or with --dialect. With --socket it is an ID.

      --json          Print one JSON document, which FILEs always give
      --dialect NAME  How to read what systems disagree about in an inetd.conf:
                      debian, freebsd, netbsd, openbsd, gnu or busybox
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

// What follows the text of a verb.
enum class Rest : std::uint8_t { Own, Live, JsonAndLive };
constexpr std::string_view kJson =
    R"(      --json          Print one JSON document
)";
// Of those that ask a daemon.
constexpr std::string_view kLive =
    R"(      --socket PATH   Where the daemon is asked
      --color WHEN    Colours: auto (on a terminal), always or never
      --wait TIME     How long the daemon may be silent, as "30s", "5min"
  -V, --version       Print the version
  -h, --help          Print this
)";

struct HelpText {
  Verb verb;
  std::string_view text;
  Rest rest;
};
constexpr std::array kTexts{
    HelpText{Verb::DaemonStatus, kStatus, Rest::JsonAndLive},
    HelpText{Verb::List, kList, Rest::JsonAndLive},
    HelpText{Verb::Show, kShow, Rest::Live},
    HelpText{Verb::Ps, kPs, Rest::JsonAndLive},
    HelpText{Verb::Match, kMatch, Rest::JsonAndLive},
    HelpText{Verb::Metrics, kMetrics, Rest::JsonAndLive},
    HelpText{Verb::Tail, kTail, Rest::Live},
    HelpText{Verb::Bans, kBans, Rest::JsonAndLive},
    HelpText{Verb::Top, kTop, Rest::Live},
    HelpText{Verb::Reload, kReload, Rest::JsonAndLive},
    HelpText{Verb::Pause, kPause, Rest::JsonAndLive},
    HelpText{Verb::Resume, kResume, Rest::JsonAndLive},
    HelpText{Verb::Ban, kBan, Rest::JsonAndLive},
    HelpText{Verb::Unban, kUnban, Rest::JsonAndLive},
    HelpText{Verb::Kill, kKill, Rest::JsonAndLive},
    HelpText{Verb::Stop, kStop, Rest::JsonAndLive},
    HelpText{Verb::Upgrade, kUpgrade, Rest::JsonAndLive},
    HelpText{Verb::ReopenLogs, kReopenLogs, Rest::JsonAndLive},
    HelpText{Verb::Check, kCheck, Rest::Own},
    HelpText{Verb::Convert, kConvert, Rest::Own},
};

}  // namespace

std::string ctl_help_text(std::optional<Verb> verb) {
  std::string out(kProgram);
  for (const auto& [each, text, rest] : kTexts) {
    if (each != verb) continue;
    out = text;
    if (rest == Rest::JsonAndLive) out += kJson;
    if (rest != Rest::Own) out += kLive;
  }
  return out;
}

}  // namespace uvinetd
