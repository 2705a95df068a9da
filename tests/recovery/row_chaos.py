# SPDX-License-Identifier: ISC
"""Strikes at random: whatever dies, clients are served, and in the end all is as before."""
import collections
import contextlib
import os
import random
import socket
import time

from harness import procfs, sockets
from harness.surroundings import bin_dir, is_portable, is_root
from harness.waiting import eventually
from recovery.account import Account, overlaps
from recovery.clients import Clients, load, number_of
from recovery.findings import middle_and_most
from recovery.records import Outcome
from recovery.rows_reload import (HAS_UPGRADE, descriptors_and_launchers, tell_descriptors,
                                   upgrade)
from recovery.rows_roles import tell_lost, tell_servers, tell_strays
from recovery.scene import Scene, lines_of

_RATE = 300  # connections a second, to servers that are exec'd
_WARM_RATE = 50  # to a service with a zygote, and datagrams
_WARM_FIRST = 8_000_000  # its numbers are others
_HELD = 20
_LONGEST_PAUSE = 30  # answers between two strikes

Asked = collections.namedtuple("Asked", "counted warm datagrams")  # an Account each


class Strikes:
    """What is done, by chance, one after the other."""

    def __init__(self, scene, chance, clients):
        self._scene, self._chance, self._clients = scene, chance, clients
        self.times = []  # of kills of reactor and launchers
        self.counts = collections.Counter()
        self._kinds = {"reactor": 4, "launcher": 4, "reload": 4}
        if scene.has_warm:
            self._kinds["zygote"] = 2
        if HAS_UPGRADE:
            self._kinds["upgrade"] = 1

    def strike(self):
        """One. What a dead reactor or launcher had in hand is back in a queue before another role
        dies: when both die together, what stood between them is lost."""
        kind = self._chance.choices(list(self._kinds), list(self._kinds.values()))[0]
        self.counts[kind] += getattr(self, f"_{kind}")()
        if kind in ("reactor", "launcher"):
            self._clients.wait_for_answer_since(self.times[-1])
        if self._chance.random() < 0.7:
            self._clients.wait_for(self._chance.randrange(1, _LONGEST_PAUSE))

    def _reactor(self):
        self.times.append(self._scene.kill_reactor())
        return 1

    def _launcher(self):
        self.times.append(self._scene.kill_launcher(self._chance))
        if self._chance.random() < 0.3:  # its successor too, often before it has begun
            self.times.append(self._scene.kill_launcher(self._chance))
            return 2
        return 1

    def _zygote(self):
        victims = self._scene.zygotes()[:1]
        for pid in victims:
            self._scene.kill(pid)
        return len(victims)

    def _reload(self):
        limit = self._chance.choice(["", "/300", "/400"])
        self._scene.reload(self._scene.lines(limit=limit, has_spare=self._chance.random() < 0.5))
        return 1

    def _upgrade(self):
        upgrade(self._scene)
        return 1


def chaos(findings, duration, seed, spawner):
    """For so many seconds."""
    chance = random.Random(seed)
    # With posix_spawn a launcher that is killed leaves a server that nobody knows of now and then:
    # of a `wait` service there may be two then.
    spawner = spawner or ("posix_spawn" if is_portable() else chance.choice(["posix_spawn", "clone"]))
    is_exact = spawner == "clone"
    findings.tell(f"seed {seed}, {spawner}")
    # Who is no root cannot tell a zygote from a server.
    has_warm = is_root() and os.path.exists(os.path.join(bin_dir(), "uvi-zygote.so"))
    with Scene(spawner=spawner, has_warm=has_warm) as scene:
        held = scene.hold(_HELD)
        _visit_all(scene)
        before = _descriptors_when_quiet(scene)
        strikes, asked = _strike_under_load(scene, chance, duration, is_exact)
        scene.reload(scene.lines())
        findings.tell(f"{dict(strikes.counts)}, {len(asked.counted.records)} connections, "
                      f"{len(asked.warm.records)} to a zygote, {len(asked.datagrams.records)} datagrams")
        _tell_clients(findings, scene, strikes, asked)
        # How many launchers were replaced is forgotten at an upgrade.
        counted = ["reactor"] if HAS_UPGRADE else ["reactor", "launcher"]
        for role in counted:
            # One that was on its way out for another, at an upgrade, is not replaced.
            uncounted = scene.uncounted_kills(role, strikes.counts[role])
            findings.claim(f"{role}s that were killed and not counted",
                           max(0, uncounted - strikes.counts["upgrade"], -uncounted))
        findings.claim("services that do not answer in the end", len(_visit_all(scene)))
        tell_servers(findings, scene, held)
        _tell_processes(findings, scene)
        tell_descriptors(findings, scene, before)
        answers = asked.counted.first_answers_after(strikes.times)
        findings.tell(f"recovery {middle_and_most(answers)}")


def _strike_under_load(scene, chance, duration, has_waiters):
    """For so many seconds; with load on the `wait` services, too. What was done and asked."""
    places = scene.places() * 4 + ([("127.0.0.1", scene.tcp)] if has_waiters else [])
    udp_rate = _WARM_RATE if has_waiters else 0.1
    with contextlib.ExitStack() as stack:
        clients, warm, datagrams = (stack.enter_context(Clients(what)) for what in (
            load(places, _RATE),
            load([("127.0.0.1", scene.warm)], _WARM_RATE, first=_WARM_FIRST),
            load([("127.0.0.1", scene.udp)], udp_rate, kind=socket.SOCK_DGRAM)))
        strikes = Strikes(scene, chance, clients)
        end = time.monotonic() + duration
        while time.monotonic() < end:
            strikes.strike()
        return strikes, Asked(
            Account(clients.finish(), lines_of(scene.served) + lines_of(scene.served_tcp)),
            Account(warm.finish(), lines_of(scene.served_warm)),
            Account(datagrams.finish(), lines_of(scene.served_udp)))


def _tell_clients(findings, scene, strikes, asked):
    for account in asked:
        tell_strays(findings, account)
        findings.claim("refused", account.count(Outcome.REFUSED))
    findings.claim("lost", len(asked.counted.lost()),
                   strikes.counts["reactor"] + strikes.counts["launcher"])
    unknown = {number_of(source) for source in scene.refused_for_launcher()}
    findings.claim("lost of a service with a zygote",
                   len({one.number for one in asked.warm.lost()} - unknown), strikes.counts["reactor"])
    findings.claim("datagrams not served", len(asked.datagrams.lost()))
    findings.claim("wait servers beside another",
                   len(overlaps(lines_of(scene.served_tcp)) + overlaps(lines_of(scene.served_udp))))
    tell_lost(findings, scene, asked.counted, strikes.times)


def _visit_all(scene):
    """Asks every service; returns those that do not answer."""
    silent = []
    for name, port in (("count", scene.port), ("wait_tcp", scene.tcp), ("echo", scene.echo),
                       ("warm", scene.warm), ("held", scene.held_port)):
        with sockets.connect(port) as client:
            client.sendall(b"x\n")
            try:
                sockets.read_line(client)
            except (OSError, AssertionError):
                silent.append(name)
    with sockets.datagram_client(scene.udp) as client:
        try:
            sockets.ask(client, "x")
        except OSError:
            silent.append("wait_udp")
    return silent


def _descriptors_when_quiet(scene):
    """The monitor's, when the servers of those who asked have ended."""
    eventually(lambda: len(scene.daemon.servers()) <= _HELD + 3, what="the end of other servers")
    return descriptors_and_launchers(scene)


def _tell_processes(findings, scene):
    """One reactor, launchers, and no process of ours that is not the daemon's."""
    findings.claim("reactors that are not there", abs(1 - len(scene.daemon.roles("uvi-reactor"))))
    findings.claim("launchers that are not there", int(not scene.daemon.launchers()))
    findings.claim("orphans", len(set(procfs.children(os.getpid())) - {scene.daemon.pid}))
