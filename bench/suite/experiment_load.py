# SPDX-License-Identifier: ISC
"""Experiments that differ only in the load: latency, rate, open loop, other probes."""
from suite.experiment import BASELINE, MAIN_PEERS, Cannot, Entry, Experiment
from suite.load import read_latencies


class Latency(Experiment):
    """One client after the other: how long until the server runs and answers."""

    name = "latency"
    about = "tiny static probe, 1 client, one connection after the other"

    def prepare(self, arena):
        samples = arena.folder() / "samples"

        def make(server):
            standing = arena.stand(server)
            return lambda: self._measure(arena.session, server.name, standing, samples)

        return arena.entries(make)

    @staticmethod
    def _measure(session, name, standing, samples):
        found = standing.load(clients=1, samples=samples)
        session.results.cumulative.setdefault(name, []).extend(read_latencies(samples))
        samples.unlink()
        return found


class Rate(Experiment):
    """Eight clients at a time: how many servers can be started in a second."""

    name = "rate"
    about = "tiny static probe, 8 clients in a closed loop"

    def prepare(self, arena):
        def make(server):
            standing = arena.stand(server)
            return lambda: standing.load(clients=8)

        return arena.entries(make)


class Open(Experiment):
    """Arrivals on a fixed schedule, whoever is slow: what clients of a busy host see."""

    name = "open"
    about = ("tiny static probe, arrivals at half the rate that the bare loop can do with 8 "
             "clients; latency from the scheduled arrival")

    def prepare(self, arena):
        standing = {}

        def make(server):
            standing[server.name] = arena.stand(server)
            return lambda: standing[server.name].load(rate=rate[0])

        rate = [1000]
        names = (*MAIN_PEERS, "tcpserver", "socat", "systemd-socket-activate")
        if arena.session.scale.name != "full":
            names = MAIN_PEERS[:3]
        entries = arena.entries(make, names=names)
        if BASELINE in standing:
            closed = standing[BASELINE].load(clients=8)["rate_per_second"]
            rate[0] = max(100, round(closed / 2, -2))
        case = f"{rate[0]:,.0f} per second"
        return [Entry(one.contestant, one.measure, case) for one in entries]


PROBES = {"tiny": "bench_probe_tiny", "static": "bench_probe_static",
          "dynamic": "bench_probe_dynamic", "libraries": "bench_probe_libraries",
          "python": "bench_probe.py"}


class Probes(Experiment):
    """What the server program itself costs, and what is left of the superserver's share."""

    name = "probes"
    about = "1 client; servers from tiny to Python; udp wait: the first datagram to a new server"

    def prepare(self, arena):
        entries = []
        names = MAIN_PEERS if arena.session.scale.name == "full" else MAIN_PEERS[:3]
        for case, program in PROBES.items():
            def make(server, program=program):
                standing = arena.stand(server, program)
                return lambda: standing.load(clients=1)

            entries += arena.entries(make, case, names)
        datagram_peers = [name for name in names if name != BASELINE]
        return entries + arena.entries(lambda server: self._datagram(arena, server), "udp wait",
                                       datagram_peers)

    @staticmethod
    def _datagram(arena, server):
        """Each run is the start of a server: the one before has ended by then."""
        standing = arena.stand(server, "bench_probe_udp", kind="udp-wait")

        def measure():
            runs = []
            for _ in range(arena.session.scale.datagrams):
                standing.wait_until_rest()
                runs.append(standing.load(standing.address(scheme="udp"), clients=1, connections=1,
                                          warm_up="0ms"))
            if standing.servers() == []:
                raise Cannot("the server was gone at once")
            middle = sorted(run["first_byte_p50_us"] for run in runs)[len(runs) // 2]
            return {"first_byte_p50_us": middle, "errors": sum(run["errors"] for run in runs)}

        return measure
