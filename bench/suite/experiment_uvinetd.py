# SPDX-License-Identifier: ISC
"""Experiments about one trait each: living children, an idle daemon, the echo built-in."""
from suite.experiment import CLONE, FIRST_PORT, MAIN_PEERS, UVINETD, Experiment
from suite.peers import Service


class Children(Experiment):
    """Does a start cost more because other servers run?"""

    name = "children"
    about = "tiny probe, 1 client, while so many servers of a second service live"

    def prepare(self, arena):
        entries = []
        for live in (0, arena.session.scale.children):
            def make(server, live=live):
                standing = arena.stand(server, more=["bench_probe_hold"])
                address = standing.address(program=arena.session.program("bench_probe_hold"))
                held = {"hold": live, "hold_address": address} if live else {}
                return lambda: self._measure(standing, held)

            entries += arena.entries(make, f"{live:,} live" if live else "none",
                                     (UVINETD, CLONE, "openbsd-inetd"))
        return entries

    @staticmethod
    def _measure(standing, held):
        try:
            return standing.load(clients=1, **held)
        finally:
            standing.wait_until_rest()


class Idle(Experiment):
    """What the processes do when there is nothing to do: they should not even wake up."""

    name = "idle"
    about = "after 50 connections, no load: context switches of all its processes"
    rounds = 1

    def prepare(self, arena):
        def make(server):
            standing = arena.stand(server)
            return lambda: self._measure(arena.session, standing)

        names = MAIN_PEERS if arena.session.scale.name == "full" else (UVINETD, CLONE)
        return arena.entries(make, f"{arena.session.scale.idle_seconds:g} s", names)

    @staticmethod
    def _measure(session, standing):
        standing.load(connections=50)
        standing.wait_until_rest()
        # Reports of the last ends are on their way, and a heartbeat that slows down to one exchange
        # in a minute does so ten seconds after the last work.
        standing.watch(max(0.5, session.scale.idle_seconds * 0.4))
        found = standing.watch(session.scale.idle_seconds)
        return {name: found[name] for name in ("context_switches", "processes", "pss_kib")
                if name in found}


BARE_ECHO = "bare libuv echo"


class Echo(Experiment):
    """The echo built-in against the plain libuv way of writing one."""

    name = "echo"
    about = "kept connections, 64 bytes there and back, one exchange at a time on each"

    def prepare(self, arena):
        clients = arena.session.scale.echo_clients

        def make(server):
            services = [Service(arena.session.next_host(), FIRST_PORT, "internal", ("echo",))]
            standing = arena.stand_on(server, services)
            return lambda: standing.load(exchange="echo", clients=clients)

        return arena.entries(make, f"{clients:,} connections", (BARE_ECHO, UVINETD))
