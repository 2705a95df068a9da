# SPDX-License-Identifier: ISC
"""Rows of the table: reloads and upgrades while clients ask."""
import collections
import re
import signal

from harness import procfs
from harness.waiting import eventually
from recovery.account import Account, overlaps
from recovery.clients import Clients, load
from recovery.findings import middle_and_most
from recovery.records import Outcome
from recovery.rows_roles import tell_servers, tell_strays
from recovery.scene import Scene, lines_of

HAS_UPGRADE = True
_RATE = 500  # connections a second, a fifth of them to a `wait` service
_HELD = 20
_PER_LAUNCHER = 3  # channel, ledger, errors


def reloads(findings, scale):
    """The configuration is read anew again and again; half of the time it has changed."""
    count = scale.of(1000, 60)
    with Scene() as scene:
        def reload(number):
            limit, has_spare = ("", False) if number % 4 < 2 else ("/400", True)
            answer = scene.reload(scene.lines(limit=limit, has_spare=has_spare))
            assert "reload kept=" in answer, answer

        _under_load(findings, scene, reload, count // 4 * 4 + 1, "reloads")  # the last as the first


def upgrades(findings, scale):
    """The daemon is replaced by itself again and again."""
    if not HAS_UPGRADE:
        findings.not_measured("there is no upgrade in place yet")
        return
    count = scale.of(100, 5)
    with Scene() as scene:
        _under_load(findings, scene, lambda _: upgrade(scene), count, "upgrades")
        findings.claim("upgrades that the daemon has not counted",
                       abs(count - scene.ask("status")["status"]["upgrades"]), shown=False)


def upgrade(scene):
    """USR2, until the daemon says that it is done."""
    scene.log.skip()
    scene.daemon.process.send_signal(signal.SIGUSR2)
    return scene.log.wait_for(r"^.*\bupgraded\b.*$").group(0)


def _under_load(findings, scene, strike, count, name):
    """strike(number) so many times; then what clients and `wait` servers have to say."""
    held = scene.hold(_HELD)
    descriptors = descriptors_and_launchers(scene)
    places = scene.places() * 4 + [("127.0.0.1", scene.tcp)]
    with Clients(load(places, _RATE)) as clients:
        clients.wait_for(100)
        for number in range(count):
            strike(number)
            clients.wait_for(3)
        records = clients.finish()
    waiters = lines_of(scene.served_tcp)
    account = Account(records, lines_of(scene.served) + waiters)
    findings.tell(f"{count} {name}, {len(records)} connections")
    tell_strays(findings, account)
    findings.claim("refused", account.count(Outcome.REFUSED))
    findings.claim("reset", account.count(Outcome.RESET))
    findings.claim("closed or not answered", account.count(Outcome.CLOSED, Outcome.SILENT))
    findings.claim("wait servers beside another", len(overlaps(waiters)))
    untold, twice = untold_ends(scene)
    findings.claim("wait servers orphaned", untold)
    findings.tell(f"ends told twice: {twice}", shown=twice > 0)
    tell_servers(findings, scene, held)
    tell_descriptors(findings, scene, descriptors)
    findings.tell(f"answers after {middle_and_most([one.end - one.begin for one in records])}",
                  shown=False)


def untold_ends(scene, patience=10):
    """Of the `wait` servers that have begun and do not run, those whose end is not in the log, nor
    for so many seconds; and how many ends are there twice."""
    begun = collections.Counter(line.split()[1] for path in (scene.served_tcp, scene.served_udp)
                                for line in lines_of(path) if line.startswith("begin"))
    ended = begun - collections.Counter(map(str, scene.daemon.servers()))

    def told():
        return collections.Counter(pid for port in (scene.tcp, scene.udp) for pid in scene.exits(port))

    try:
        eventually(lambda: not ended - told(), patience)
    except AssertionError:
        pass
    return (ended - told()).total(), (told() - ended).total()


def descriptors_and_launchers(scene):
    """How many of each the monitor has, for tell_descriptors()."""
    return len(procfs.descriptors(scene.daemon.pid)), len(scene.daemon.launchers())


def tell_descriptors(findings, scene, before):
    """The monitor has those that it had before. A launcher that is not needed leaves after a while;
    one that was added, and has got servers that run, stays."""
    def more():
        now = descriptors_and_launchers(scene)
        return now[0] - before[0] - _PER_LAUNCHER * max(now[1] - before[1], 0)
    try:
        eventually(lambda: more() <= 0, 45)
    except AssertionError:
        kinds = collections.Counter(re.sub(r"\d+", "N", target) for target
                                    in procfs.descriptors(scene.daemon.pid).values())
        findings.tell(f"descriptors: {dict(kinds)}", shown=False)
    findings.claim("descriptors more in the monitor", more(), shown=False)
