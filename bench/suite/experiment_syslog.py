# SPDX-License-Identifier: ISC
"""Experiments about syslog services: messages a second into one file, losses, memory."""
import json
import os
import subprocess

from suite import procfs, statistics
from suite.experiment import FIRST_PORT, Cannot, Experiment
from suite.load import LoadFailed
from suite.peer_syslog import OURS, Place
from suite.peers import PeerFailed

UDP_SYSLOGDS = (OURS, "rsyslog", "inetutils-syslogd")
SYSLOGDS = (*UDP_SYSLOGDS, "busybox syslogd")
ONE_SENDER, EIGHT_SENDERS = "Unix socket, 1 sender", "Unix socket, 8 senders"
UDP, STEADY = "UDP, as fast as possible", "UDP, half of the fastest's rate"
# By scale: messages of a run, seconds of a steady one, messages that memory is watched over.
_COUNTS = {"full": (500_000, 5, 1_000_000), "quick": (100_000, 1, 500_000),
           "smoke": (2_000, 0.1, 2_000)}
_LONG = 10_000_000
_PIECE = 500_000  # messages, after which the file is emptied
_PACE = 0.95  # of the planned rate has to be offered,
_ATTEMPTS = 3  # in one of so many


class _Standing:
    """A syslog service that is up."""

    def __init__(self, session, server, running, place):
        self._session = session
        self.server = server
        self.running = running
        self.place = place

    def load(self, to, **options):
        """Loads it; the quantities. The file is emptied before: all of them append to it."""
        pids = self.running.pids()
        before = sum(map(procfs.cpu_ns, pids))
        os.truncate(self.place.file, 0)
        report = _generate(self._session, to, self.place.file, options)
        spent = sum(map(procfs.cpu_ns, pids)) - before
        if report["twice"]:
            raise LoadFailed(f"{report['twice']} messages were written twice")
        found = {name: report[name] for name in ("rate_per_second", "offered_per_second", "lost")}
        found["pss_kib"] = sum(procfs.pss_kib(pid) or 0 for pid in self.running.pids())
        if report["received"]:
            found["cpu_us"] = spent / 1000 / report["received"]
        return found

    def unix(self, senders, count):
        """As fast as so many senders can."""
        return self.load(f"unix:{self.place.socket}", senders=senders, count=count)


def _generate(session, to, file, options):
    command = [session.program("bench_syslog"), "--to", to, "--file", str(file)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise LoadFailed("no end of the messages in 300 s") from None
    except ValueError:
        raise LoadFailed(done.stderr.strip() or "bench_syslog said nothing") from None


def _stand(arena, server):
    place = Place(arena.folder(), arena.session.next_host(), FIRST_PORT)
    try:
        running = server.stand(place)
    except (PeerFailed, OSError) as error:
        raise Cannot(str(error)) from None
    arena.call_at_end(running.stop)
    return _Standing(arena.session, server, running, place)


def at_pace(rate, load):
    """The quantities of a load that was offered at this rate.

    One that was slower has shown nothing, unless it lost messages all the same: it is repeated.
    """
    offered = []
    for _ in range(_ATTEMPTS):
        found = load()
        if found["lost"] or found["offered_per_second"] >= _PACE * rate:
            return found
        offered.append(found["offered_per_second"])
    raise Cannot(f"at most {max(offered):,.0f} a second were offered instead of {rate:,}")


class Syslog(Experiment):
    """How many messages a second reach one file, and how many get lost?"""

    name = "syslog"
    about = ("numbered messages of 120 bytes, in the form of glibc's syslog(), into one file "
             "without waiting for the disk; CPU per message and PSS of all the service's processes")

    def prepare(self, arena):
        session = arena.session
        count, seconds, _ = _COUNTS[session.scale.name]
        standings = {}

        def stand(server):
            if server.name not in standings:
                standings[server.name] = _stand(arena, server)
            return standings[server.name]

        def udp(server):
            if not server.has_udp:
                raise Cannot("receives nothing from the network")
            return stand(server)

        def steadily(standing):
            rate = int(self._fastest(session) / 2)
            return at_pace(rate, lambda: standing.load(standing.place.udp, rate=rate,
                                                       seconds=seconds))

        def one(server):
            standing = stand(server)
            return lambda: standing.unix(1, count)

        def eight(server):
            standing = stand(server)
            return lambda: standing.unix(8, count)

        def flooded(server):
            standing = udp(server)
            return lambda: standing.load(standing.place.udp, count=count)

        def steady(server):
            standing = udp(server)
            return lambda: steadily(standing)

        cases = ((ONE_SENDER, one), (EIGHT_SENDERS, eight), (UDP, flooded), (STEADY, steady))
        return [entry for case, make in cases for entry in arena.entries(make, case, SYSLOGDS)]

    def _fastest(self, session):
        """The highest rate at which any of them has taken messages in this run."""
        measured = [one for one in session.results.of(self.name)
                    if one.case in (ONE_SENDER, EIGHT_SENDERS)]
        rates = [statistics.median(one.rounds("rate_per_second")) for one in measured]
        known = [rate for rate in rates if rate]
        if not known:
            raise Cannot("no rate is known")
        return max(known)


class SyslogMemory(Experiment):
    """Does the service grow with what it has written?"""

    name = "syslog-memory"
    about = ("memory (VmRSS) of uvinetd-syslogd after a tenth and after all of the messages, and "
             "its highest (VmHWM)")
    rounds = 1

    def prepare(self, arena):
        session = arena.session
        count = _LONG if session.is_long else _COUNTS[session.scale.name][2]

        def make(server):
            standing = _stand(arena, server)
            return lambda: self._measure(standing, count)

        return arena.entries(make, f"{count:,} messages", (OURS,))

    @staticmethod
    def _measure(standing, count):
        def send(number):
            for sent in range(0, number, _PIECE):
                found = standing.unix(1, min(_PIECE, number - sent))
                if found["lost"]:
                    raise LoadFailed(f"{found['lost']} messages were lost")

        pid = next((one for one in standing.running.pids() if procfs.comm(one) == OURS), None)
        if pid is None:
            raise LoadFailed(f"no process {OURS}")
        send(count // 10)
        first = procfs.memory_kib(pid, "VmRSS")
        send(count - count // 10)
        if procfs.comm(pid) != OURS:
            raise LoadFailed("the service has ended meanwhile")
        return {"first_kib": first, "last_kib": procfs.memory_kib(pid, "VmRSS"),
                "highest_kib": procfs.memory_kib(pid, "VmHWM")}
