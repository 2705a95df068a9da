# SPDX-License-Identifier: ISC
"""Rows of the table: roles that are killed while clients ask."""
import random

from harness.surroundings import is_portable
from recovery.account import Account
from recovery.clients import Clients, load, number_of, source_of
from recovery.findings import middle_and_most
from recovery.records import Outcome
from recovery.scene import Scene, lines_of

_RATE = 500  # connections a second
_HELD = 20


def reactor(findings, scale, services=1):
    """The reactor is killed again and again."""
    kills = scale.of(100, 10 if services == 1 else 4)
    with Scene(services=services) as scene:
        held = scene.hold(_HELD)
        times = []
        with Clients(load(scene.places(), _RATE)) as clients:
            clients.wait_for(100)
            for _ in range(kills):
                times.append(scene.kill_reactor())
                clients.wait_for_answer_since(times[-1])
                clients.wait_for(50)
            records = clients.finish()
        account = Account(records, lines_of(scene.served))
        findings.tell(f"{kills} kills, {len(records)} connections")
        tell_strays(findings, account)
        findings.claim("refused", account.count(Outcome.REFUSED))
        findings.claim("lost", len(account.lost()), kills)
        findings.claim("at most lost by one kill", account.most_lost_between(times), 1)
        findings.claim("lost before the first kill", account.lost_before(times[0]), shown=False)
        tell_lost(findings, scene, account, times)
        tell_servers(findings, scene, held)
        findings.claim("kills that the daemon has not counted",
                       abs(scene.uncounted_kills("reactor", kills)), shown=False)
        findings.tell(f"recovery {middle_and_most(account.first_answers_after(times))}")


def reactor_with_many(findings, scale):
    """The same with 10,000 services."""
    reactor(findings, scale, services=10000)


def launcher_posix_spawn(findings, scale):
    """The launcher is killed again and again; servers are started by posix_spawn."""
    _launcher(findings, scale, "posix_spawn")


def launcher_clone(findings, scale):
    """The same with the clone spawner."""
    if is_portable():
        return findings.not_measured("the portable build has no clone spawner")
    return _launcher(findings, scale, "clone")


def _launcher(findings, scale, spawner):
    kills = scale.of(1000, 40)
    chance = random.Random(1)
    with Scene(spawner=spawner) as scene:
        held = scene.hold(_HELD)
        times = []
        with Clients(load(scene.places(), _RATE)) as clients:
            clients.wait_for(100)
            for number in range(kills):
                times.append(scene.kill_launcher(chance))
                if number % 4 == 3:
                    continue  # its successor as soon as there is one: often before it has begun
                clients.wait_for_answer_since(times[-1])
                clients.wait_for(chance.randrange(1, 30))
            records = clients.finish()
        account = Account(records, lines_of(scene.served))
        unknown = {number_of(source) for source in scene.refused_for_launcher()}
        lost = {record.number for record in account.lost()}
        findings.tell(f"{kills} kills, {len(records)} connections")
        tell_strays(findings, account)
        findings.claim("refused", account.count(Outcome.REFUSED), shown=False)
        if spawner == "clone":
            findings.claim("lost", len(lost))
        else:
            findings.claim("lost", len(lost), kills)
            findings.claim("of them not told as ambiguous", len(lost - unknown))
            findings.tell(f"{len(unknown)} ambiguous in all", shown=False)
        tell_lost(findings, scene, account, times)
        tell_servers(findings, scene, held)
        findings.claim("kills that the daemon has not counted",
                       abs(scene.uncounted_kills("launcher", kills)), shown=False)
        findings.tell(f"recovery {middle_and_most(account.first_answers_after(times))}")


def tell_strays(findings, account, built_in=(), *, shown=True):
    """What no row may have."""
    findings.claim("served twice", len(account.served_twice()), shown=shown)
    findings.claim("answered by nobody", len(account.answered_by_nobody(built_in)), shown=False)
    findings.claim("wrong answers", account.count(Outcome.WRONG), shown=False)
    findings.claim("requests that the client could not make", account.count(Outcome.FAILED),
                   shown=False)


def tell_lost(findings, scene, account, times, most=10):
    """Where a loss that may not be is to be looked for."""
    for record in account.lost()[:most]:
        source = source_of(record.number)
        after = [record.end - time for time in times if time <= record.end][-1:]
        findings.tell(
            f"lost: from={source} {record.outcome.name} after {record.end - record.begin:.3f} s"
            f"{f', {after[0]:.3f} s after a strike' if after else ''}"
            f"{', yet served' if record.number in account.served_though_lost() else ''}; "
            f"log: {scene.log_about(f'from={source}:')}", shown=False)


def tell_servers(findings, scene, held):
    """Those that ran all the time are unharmed, and all that run are known."""
    findings.claim("running servers harmed",
                   sum(before != now for before, now in zip(held, scene.held_pids())))
    findings.claim("servers that nobody counts", len(scene.uncounted_servers()), shown=False)
    findings.claim("zombies", len(scene.zombies()), shown=False)


