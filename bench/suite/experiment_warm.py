# SPDX-License-Identifier: ISC
"""Experiments about warm starts: what they save of a start, and what a parked server holds."""
from suite import procfs, warm_programs
from suite.experiment import BASELINE, FIRST_PORT, Arena, Cannot, Experiment
from suite.peer_warm import check_parked, wait_until_parked
from suite.peers import PeerFailed, Service

EXEC, ZYGOTE, SPARES = "uvinetd exec", "uvinetd zygote", "uvinetd zygote, 16 spares"


def many_case(count):
    """The dynamic probe as one of so many services."""
    return f"dynamic, main, one of {count} services"


def _stand(arena, server, program, count=1):
    """Starts it with a service of the program, and so many in all; warm ones wait when it returns.

    The others never see a client.
    """
    session = arena.session
    words = tuple(program.command(session, arena.folder()))
    host = session.next_host()
    services = [Service(host, FIRST_PORT, words[0], words, park=program.park)]
    services += [Service(host, FIRST_PORT + number, words[0], words) for number in range(1, count)]
    standing = arena.stand_on(server, services)
    if getattr(server, "is_warm", False):
        _load(standing, program, connections=1, warm_up="0ms")
        try:
            waiting = wait_until_parked(standing.running, 1 + server.spares)
        except PeerFailed as error:
            raise Cannot(str(error)) from None
        if program.park == "io" and not all(warm_programs.has_reached_io(program, pid)
                                            for pid in waiting):
            raise Cannot("not started warm at its first I/O: it is parked before main()")
    return standing


def _load(standing, program, **options):
    first = standing.services[0]
    return standing.load(f"tcp://{first.address}:{first.port}", exchange=program.exchange,
                         **options)


class Warm(Experiment):
    """The same program by a bare loop, by exec, and from a parked process of it."""

    name = "warm"
    about = ("servers by exec and from a zygote that is parked before main() or at its first I/O; "
             "times with 1 client, the rate with 8")

    def prepare(self, arena):
        scale, entries = arena.session.scale, []
        for program in warm_programs.of_scale(scale):
            entries += arena.entries(self._maker(arena, program), program.case,
                                     (BASELINE, EXEC, ZYGOTE, SPARES))
        many = scale.sizes[-1]
        return entries + arena.entries(self._maker(arena, warm_programs.ALL[0], many),
                                       many_case(f"{many:,}"), (ZYGOTE,))

    def _maker(self, arena, program, count=1):
        def make(server):
            standing = _stand(arena, server, program, count)
            is_warm = getattr(server, "is_warm", False)
            return lambda: self._measure(standing, program, is_warm)

        return make

    @staticmethod
    def _measure(standing, program, is_warm):
        """A figure of a zygote stands only if there was one before and after it."""
        if is_warm:
            check_parked(standing.running)
        found = _load(standing, program, clients=1)
        crowd = _load(standing, program, clients=8)
        if is_warm:
            check_parked(standing.running)
        found["rate_per_second"] = crowd["rate_per_second"]
        found["errors"] += crowd["errors"]
        return found


class Parked(Experiment):
    """The memory of a zygote, alone and with children that wait."""

    name = "parked"
    about = "one contestant at a time: PSS of all processes that wait for a client"
    rounds = 3

    def prepare(self, arena):
        entries = []
        for program in warm_programs.of_scale(arena.session.scale):
            def make(server, program=program):
                return lambda: self._measure(arena.session, server, program)

            entries += arena.entries(make, program.case, (ZYGOTE, SPARES))
        return entries

    def _measure(self, session, server, program):
        with Arena(session, self.name) as own:
            standing = _stand(own, server, program)
            waiting = wait_until_parked(standing.running, 1 + server.spares)
            sizes = [procfs.pss_kib(pid) for pid in waiting]
        if None in sizes:
            raise Cannot("only root can read the memory of a process that is not dumpable")
        return {"pss_kib": sum(sizes), "processes": len(sizes)}
