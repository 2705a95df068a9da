# SPDX-License-Identifier: ISC
"""The daemon under valgrind's memcheck: all roles but not their servers."""
import collections
import glob
import os
import re
import shutil
import signal
import time
from unittest import mock

from harness import procfs
from harness.surroundings import bin_dir, shared_folder, temporary_folder
from harness.waiting import eventually, seconds
from recovery.account import Account
from recovery.records import Outcome
from recovery.row_soak import ask, built_in, take_lines
from recovery.rows_roles import tell_lost, tell_strays
from recovery.scene import Scene

_ERROR = re.compile(r"^==\d+== (Invalid |Conditional jump|Use of uninit|Syscall param|Mismatched|"
                    r"Source and destination|Argument |Process terminating|Jump to)", re.MULTILINE)
_LOST = re.compile(r"definitely lost: ([0-9,]+) bytes")
_ROLES = ("uvinetd", "uvi-reactor", "uvi-launcher")

Log = collections.namedtuple("Log", "role text")


def under_valgrind(findings, scale):
    """Twice: once it is told to stop, once its monitor is killed, so that each role ends by itself."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        findings.not_measured("valgrind is not installed")
        return
    count = scale.of(20000, 500)
    logs = shared_folder()
    programs = _wrapped(valgrind, logs)
    for number, end in enumerate((signal.SIGTERM, signal.SIGKILL)):
        # A program under valgrind cannot set the hard limit of descriptors back to what it was.
        with mock.patch.dict(os.environ, UVINETD_BIN_DIR=programs), Scene(preexec=None) as scene:
            roles = _strike(findings, scene, number * count + 1, count)
            if end == signal.SIGKILL:
                _end_without_monitor(scene, roles)
    found = [_read(path) for path in glob.glob(os.path.join(logs, "*"))]
    findings.tell(f"{2 * count} connections, {2 * count // 10} of them with a server")
    for role in _ROLES:
        findings.require(f"a {role} has told its sum",
                         any("ERROR SUMMARY" in log.text for log in found if log.role == role))
    broken = [log for log in found if _ERROR.search(log.text) or _lost(log)]
    findings.claim("errors", sum(len(_ERROR.findall(log.text)) for log in found))
    findings.claim("bytes definitely lost", sum(map(_lost, found)))
    for log in broken:
        print(log.text, flush=True)


def _wrapped(valgrind, logs):
    """A folder with the programs, and one as the daemon that starts it under valgrind."""
    folder, real = temporary_folder(), bin_dir()
    for name in os.listdir(real):
        os.symlink(os.path.join(real, name), os.path.join(folder, name))
    path = os.path.join(folder, "uvinetd")
    os.unlink(path)
    with open(path, "w", encoding="utf-8") as script:
        script.write(f"#!/bin/sh\nexec {valgrind} --trace-children=yes "
                     f"'--trace-children-skip=*/uvinetd_numbering_*' --leak-check=full "
                     f"--log-file={logs}/%p {real}/uvinetd \"$@\"\n")
    os.chmod(path, 0o755)
    return folder


def _strike(findings, scene, first, count):
    """Clients, reloads, and roles that are killed and replaced; returns the roles' pids."""
    part = count // 5
    strikes = [lambda: scene.reload(scene.lines(limit="/300", has_spare=True)),
               lambda: scene.reload(scene.lines()), scene.kill_reactor, scene.kill_some_launcher]
    times = []
    for number in range(5):
        begin = first + number * part
        account = Account(ask(scene, begin, part), take_lines(scene))
        tell_strays(findings, account, built_in(begin, part), shown=False)
        findings.claim("not answered", part - account.count(Outcome.ANSWERED), int(number > 2),
                       shown=False)  # a kill may cost one
        tell_lost(findings, scene, account, times)
        if strikes:
            times.append(time.monotonic())
            strikes.pop(0)()
    return scene.daemon.roles("uvi-reactor") + scene.daemon.launchers()


def _end_without_monitor(scene, roles):
    """The monitor is killed; the others end after their servers, and tell valgrind's sums."""
    scene.is_abandoned = True
    servers = scene.daemon.servers()
    scene.daemon.process.kill()
    scene.daemon.process.wait(seconds())
    for pid in servers:
        scene.kill(pid)
    eventually(lambda: not any(procfs.is_alive(pid) for pid in roles), 60, "the end of the roles")


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    command = re.search(r"Command: (\S+)", text)
    return Log(os.path.basename(command[1]) if command else "", text)


def _lost(log):
    return sum(int(found.replace(",", "")) for found in _LOST.findall(log.text))
