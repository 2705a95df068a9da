# SPDX-License-Identifier: ISC
"""Experiments about clients that are not served: what one costs, and what a flood of them does."""
import os
import subprocess

from suite import procfs
from suite.experiment import FIRST_PORT, UVINETD, Arena, Cannot, Entry, Experiment
from suite.load import LoadFailed, quantities
from suite.peer_refusing import BareRefusal, FloodedUvinetd, RefusingUvinetd, RefusingXinetd
from suite.peers import Service

BARE_REFUSAL, REFUSING_XINETD = "bare accept+close", "xinetd"
MOST_RULES = 100_000
ONE_CLIENT, EIGHT_CLIENTS = "1 client", "8 clients"
FLOOD = "127.64.0.0/13"  # 524,288 addresses
FILLING = 200_000  # connections, half of which are counted by their source: more than have a place
QUIET, FLOODED = "quiet", "flooded"


def refusing(rules):
    """The name of uvinetd with so many rules."""
    return f"uvinetd, {rules:,} rule{'s' * (rules > 1)}"


class Refuse(Experiment):
    """A client that may not connect: what it costs to say no."""

    name = "refuse"
    about = ("every client is refused by its address; CPU per connection, of the daemon's lasting "
             "processes and with those that end")

    def prepare(self, arena):
        session = arena.session
        build = session.build
        servers = [BareRefusal(build), RefusingUvinetd(build, 1), RefusingUvinetd(build, MOST_RULES)]
        xinetd = session.superservers.get("xinetd")
        if xinetd is not None:
            servers.append(RefusingXinetd(xinetd.unpacked))
        entries = []
        for server in servers:
            try:
                standing = self._stand(arena, server)
            except Cannot as error:
                arena.note(server.name, ONE_CLIENT, str(error))
                continue
            for case, clients in ((ONE_CLIENT, 1), (EIGHT_CLIENTS, 8)):
                entries.append(Entry(server.name, _load(standing, clients), case))
        return entries

    @staticmethod
    def _stand(arena, server):
        reason = server.why_not()
        if reason:
            raise Cannot(reason)
        return arena.stand(server)


def _load(standing, clients):
    return lambda: standing.load(exchange="none", clients=clients)


class Flood(Experiment):
    """Refused clients from very many sources: does the daemon grow, and does anybody notice?"""

    name = "flood"
    about = (f"an allowed client, one connection after the other, while refused ones come from "
             f"{FLOOD}: half by a rule, half by a rate for each source; PSS of the daemon's "
             "processes before and after")
    rounds = 1

    def prepare(self, arena):
        session = arena.session

        def measure():
            with Arena(session, self.name) as own:
                return self._measure(session, own)

        found = {}

        def take(case):
            if not found:
                found.update(measure())
            return found[case]

        return [Entry(UVINETD, lambda: take(QUIET), QUIET),
                Entry(UVINETD, lambda: take(FLOODED), FLOODED)]

    @staticmethod
    def _measure(session, arena):
        host = session.next_host()
        probe = session.program("bench_probe_tiny")
        services = [Service(host, FIRST_PORT + number, probe) for number in range(3)]
        standing = arena.stand_on(FloodedUvinetd(session.build, FLOOD), services)
        allowed = f"tcp://{host}:{FIRST_PORT}"
        flood = f"tcp://{host}:{FIRST_PORT + 1}-{FIRST_PORT + 2}"
        quiet = standing.load(allowed, clients=1)
        # The table of sources has a fixed size, and takes its memory as it is filled: a flood begins
        # where the one before has filled it.
        filling = session.scale.flood // 20 if session.scale.name == "smoke" else FILLING
        run_flood(session, flood, filling).wait()
        quiet["pss_kib"] = memory(standing)
        with run_flood(session, flood, session.scale.flood) as process:
            flooded = quantities(session.load(
                allowed, daemon=standing.running.pid, clients=1,
                duration=f"{int(session.scale.seconds * 3000)}ms"))
            if process.poll() is not None and session.scale.name == "full":
                raise LoadFailed("the flood was over before the measurement")
            if process.wait() != 0:
                raise LoadFailed(f"the flood ended with {process.returncode}")
        standing.wait_until_rest()
        flooded["pss_kib"] = memory(standing)
        return {QUIET: quiet, FLOODED: flooded}


def run_flood(session, addresses, connections):
    """Starts the generator with so many connections, each from another source.

    A real flood comes from other hosts, which take none of this one's processors: it has the lowest
    priority.
    """
    return subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
        [session.program("uvinetd-bench"), "-q", "--from", FLOOD, "--clients", "8",
         "--exchange", "none", "--warm-up", "0ms", "--connections", str(connections), addresses],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.nice(19))


def memory(standing):
    """PSS of the daemon and its roles, KiB."""
    pids = [standing.running.pid, *procfs.descendants(standing.running.pid)]
    return sum(procfs.pss_kib(pid) or 0 for pid in pids)
