# SPDX-License-Identifier: ISC
"""Experiments over the number of services: latency, start to ready, memory, reload."""
import dataclasses
import resource
import subprocess

from suite import procfs
from suite.experiment import CLONE, FIRST_PORT, UVINETD, Arena, Cannot, Entry, Experiment
from suite.peers import Service
from suite.reloading import ReloadFailed, reload

LISTEN = "bare socket+bind+listen"
PLAIN = "uvinetd, plain tcp lines"


class Services(Experiment):
    """Does a start cost more because other services exist?"""

    name = "services"
    about = "tiny probe, 1 client, each connection to another one of the services"

    def prepare(self, arena):
        entries = []
        for size in arena.session.scale.sizes:
            def make(server, size=size):
                if server.most_services == 1:
                    raise Cannot(arena.too_many(server))
                standing = arena.stand(server, count=size)
                return lambda: standing.load(clients=1)

            entries += arena.entries(make, f"{size:,}")
        return entries


class Start(Experiment):
    """From exec to ready, and the memory of all processes once each of them has worked."""

    name = "start"
    about = ("one contestant at a time: exec to ready, then 200 connections, then the PSS of all "
             "its processes")

    def prepare(self, arena):
        session, entries = arena.session, []
        most = session.scale.sizes[-1]
        for size in sorted({1, 1000 if session.scale.name == "full" else 1, most}):
            def make(server, size=size):
                if size > server.most_services:
                    raise Cannot(arena.too_many(server))
                return _start_of(session, server, size)

            session.results.series(self.name, LISTEN, f"{size:,}")
            entries.append(Entry(LISTEN, lambda size=size: bare_listen(session, size), f"{size:,}"))
            entries += arena.entries(make, f"{size:,}", session.scale.names())
        lines = plain_lines_that_fit(most)
        entries.append(Entry(PLAIN, lambda: plain(session, lines),
                             f"{lines:,} lines = {2 * lines:,} sockets"))
        return entries


def _start_of(session, server, size):
    def measure():
        with Arena(session, "start") as own:
            return ready_and_memory(own.stand(server, count=size))

    return measure


def ready_and_memory(standing):
    """What a standing contestant needed to be ready, and what it holds after some work."""
    standing.load(clients=2, connections=200)
    standing.wait_until_rest()
    after = standing.load(clients=1, connections=20)
    found = {"ready_ms": standing.running.seconds_to_ready * 1000}
    return found | {name: after[name] for name in ("pss_kib", "processes") if name in after}


def bare_listen(session, size):
    """What a process needs that opens so many listening sockets and does nothing else."""
    last = FIRST_PORT + size - 1
    done = subprocess.run([session.program("bench_listen"), session.next_host(),
                           f"{FIRST_PORT}-{last}"],
                          capture_output=True, text=True, timeout=60, check=False)
    numbers = [word for word in done.stdout.split() if word[:1].isdigit()]
    if done.returncode or not numbers:
        raise Cannot(f"bench_listen ended with {done.returncode}: {done.stderr.strip()}")
    return {"ready_ms": float(numbers[0]) * 1000}


def plain_lines_that_fit(wanted):
    """How many lines of two sockets each the hard limit of open files has room for."""
    return min(wanted, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100) // 2)


def plain(session, lines):
    """Lines that say `tcp` and name no address: a socket for IPv4 and one for IPv6 each."""
    probe = session.program("bench_probe_tiny")
    with Arena(session, "start") as own:
        services = [Service("", FIRST_PORT + number, probe) for number in range(lines)]
        return ready_and_memory(own.stand_on(session.superservers[UVINETD], services))


class Reload(Experiment):
    """One line of many changed: how long, and how many sockets are other ones afterwards."""

    name = "reload"
    about = "SIGHUP to the line that tells the outcome; one of the services has other arguments"

    def prepare(self, arena):
        size = arena.session.scale.sizes[-1]

        def make(server):
            standing = arena.stand(server, count=size)
            changes = iter(range(1000))
            return lambda: change_one(server, standing, next(changes))

        return arena.entries(make, f"{size:,} services", (UVINETD, CLONE))


def change_one(server, standing, number):
    """Gives the service in the middle another argument, and reloads."""
    services = list(standing.services)
    middle = len(services) // 2
    argv = (services[middle].program, str(number))
    services[middle] = dataclasses.replace(services[middle], argv=argv)
    server.configure(services, standing.running.directory)
    before = procfs.listening(standing.host)
    try:
        seconds, outcome = reload(standing.running)
    except ReloadFailed as error:
        raise Cannot(str(error)) from None
    after = procfs.listening(standing.host)
    return {"reload_ms": seconds * 1000, "not_kept": len(services) - outcome["kept"],
            "sockets_replaced": sum(after.get(port) != inode for port, inode in before.items())}
