# SPDX-License-Identifier: ISC
"""A row of the table: a million connections, after which every role is as large as before."""
import collections
import contextlib
import os
import time

from harness import procfs
from harness.waiting import eventually
from recovery.account import Account
from recovery.clients import Clients, load
from recovery.records import Outcome
from recovery.rows_roles import tell_servers, tell_strays
from recovery.scene import Scene, lines_of

_PART_OF_EXEC = 10  # one in so many connections has a server of its own, the others a built-in
_AT_ONCE = 8  # of either kind
_HELD = 5
_WARM = 0.2  # of all: caches and tables of fixed size have filled up
_FLAT = 2.0  # percent around the middle

# `size` in KiB and `descriptors`: of a role's processes, in the mean. Of launchers only root sees the
# latter.
Sample = collections.namedtuple("Sample", "role processes size descriptors")


def soak(findings, scale):
    """Connections in parts; after each, when all is quiet, memory and descriptors are looked at."""
    parts = scale.of(20, 5)
    each = scale.of(50000, 2000)
    # Each client is a source of its own: what is known of sources must not grow, either.
    with Scene(log_connections=False, options=("-C", "60", "-s", "20")) as scene:
        held = scene.hold(_HELD)
        samples = []
        lost = collections.Counter()
        begin = time.monotonic()
        for part in range(parts):
            records = ask(scene, part * each + 1, each)
            account = Account(records, take_lines(scene))
            findings.claim("not answered", len(records) - account.count(Outcome.ANSWERED),
                           shown=False)
            lost.update(one.outcome for one in records if one.outcome != Outcome.ANSWERED)
            tell_strays(findings, account, built_in(part * each + 1, each), shown=False)
            samples.append(_sample(scene))
            for one in samples[-1]:
                findings.tell(f"after {(part + 1) * each}: {one.processes} {one.role}: "
                              f"{one.size:.0f} KiB, {one.descriptors:.1f} descriptors", shown=False)
        took = time.monotonic() - begin
        findings.tell(f"{parts * each} connections, {parts * each // _PART_OF_EXEC} of them with a "
                      f"server, {parts * each / took:.0f}/s")
        findings.claim("not answered", lost.total())
        tell_servers(findings, scene, held)
        _tell_flatness(findings, samples[int(parts * _WARM):], scale.is_short)


def ask(scene, first, count):
    """So many connections, one in ten to a server of its own; their records."""
    exec_count = count // _PART_OF_EXEC
    places = scene.places() * 9 + [("127.0.0.1", scene.tcp)]
    with contextlib.ExitStack() as stack:
        both = [stack.enter_context(Clients(what)) for what in (
            load(places, at_once=_AT_ONCE, total=exec_count, first=first),
            load([("127.0.0.1", scene.echo)], at_once=_AT_ONCE, total=count - exec_count,
                 first=first + exec_count))]
        return [record for clients in both for record in clients.wait_for_total(3600)]


def built_in(first, count):
    """The numbers of those that no server of the file has answered."""
    return range(first + count // _PART_OF_EXEC, first + count)


def take_lines(scene):
    """Those of the servers so far, which are then forgotten: the file is another's disk space."""
    lines = []
    for path in (scene.served, scene.served_tcp):
        lines += lines_of(path)
        if os.path.exists(path):
            os.truncate(path, 0)
    return lines


def _sample(scene):
    """Of each role, when no server of a counted connection is left."""
    eventually(lambda: not any("once" in one for one in scene.arguments_of_servers()), 60,
               "the end of all servers")
    found = []
    for role, pids in (("monitor", [scene.daemon.pid]), ("reactor", [scene.daemon.reactor()]),
                       ("launcher", scene.daemon.launchers())):
        sizes = [int(procfs.status(pid)["VmRSS"].split()[0]) for pid in pids]
        descriptors = [len(procfs.descriptors(pid)) for pid in pids]
        found.append(Sample(role, len(pids), sum(sizes) / len(pids), sum(descriptors) / len(pids)))
    return found


def _tell_flatness(findings, samples, is_short):
    """Around the middle of what was seen. Launchers come and go with their descriptors: samples are
    compared with those that have as many. In the short form caches still fill up."""
    for role, ofrole in zip(("monitor", "reactor", "launcher"), zip(*samples)):
        spread = _spread([one.size for one in ofrole])
        text = (f"{role} {min(one.size for one in ofrole) / 1024:.1f} MiB ±{spread:.1f} %")
        findings.tell(text)
        if not is_short:
            findings.require(f"memory of the {role} is flat", spread <= _FLAT)
    groups = collections.defaultdict(list)
    for sample in samples:
        groups[sample[2].processes].append(sample)
    most = max(_spread([one.descriptors for one in ofrole])
               for group in groups.values() for ofrole in zip(*group))
    findings.tell(f"descriptors ±{most:.1f} %")
    findings.require("descriptors are flat", most <= _FLAT)


def _spread(values):
    return (max(values) - min(values)) / max(max(values) + min(values), 1) * 100
