# SPDX-License-Identifier: ISC
"""The daemon of this build by a TOML file, with servers that are started warm where they can be."""
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

from suite import procfs
from suite.peer_inetd import Uvinetd, me
from suite.peer_process import PeerFailed

_REST = 0.3  # seconds without a change of processes
_REFUSED = re.compile(r"\bzygote id=\S+ reason=(.*)")
_COMPLAINT = re.compile(r"^.*?\b(?:warning|error): (.*)$", re.MULTILINE)


class UvinetdToml(Uvinetd):
    """Services that name a way to park are started so; all others, and without `start`, by exec."""

    kinds = ("stream",)

    def __init__(self, build, start="exec", spares=0):
        super().__init__(build)
        self.name = f"uvinetd {start}" + (f", {spares} spares" if spares else "")
        self.spares = spares
        self.is_warm = start == "zygote"

    def why_not(self):
        """Where warm starts are not to be had, `--check` tells it of a program that could be."""
        reason = super().why_not()
        if reason or not self.is_warm:
            return reason
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "uvinetd.toml"
            program = self.program.with_name("bench_probe_dynamic")
            path.write_text(self._text("127.0.0.1", 1, program, (str(program),), "main"),
                            encoding="utf-8")
            done = subprocess.run([self.program, "--check", path], capture_output=True, text=True,
                                  check=False)
        found = _COMPLAINT.search(done.stderr + done.stdout)
        return found.group(1) if found else None

    def configure(self, services, directory):
        path = Path(directory) / "uvinetd.toml"
        new = path.with_name(path.name + ".new")
        with open(new, "w", encoding="utf-8") as file:
            file.writelines(self._text(one.address, one.port, one.program, one.words(), one.park)
                            for one in services)
        new.rename(path)
        return path

    def command(self, services, directory, ready_fd):
        config = self.configure(services, directory)
        return [self.program, "-f", "-e", "-p", directory / "inetd.pid", "--ready-fd", ready_fd,
                config]

    def _text(self, address, port, program, words, park):
        keys = {"listen": f"tcp://{address}:{port}", "exec": [str(program), *words[1:]],
                "user": me(), "stderr": "socket"}
        if words[0] != str(program):
            keys["argv0"] = words[0]
        if self.is_warm and park:
            keys |= {"start": "zygote", "park": park, "spares": self.spares}
        # A string, a list of strings or a number of JSON is one of TOML too.
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        return f"[services.s{port}]\n{lines}\n"


def warm_uvinetds(build):
    """Exec, a zygote, and a zygote with waiting children."""
    return [UvinetdToml(build), UvinetdToml(build, "zygote"), UvinetdToml(build, "zygote", 16)]


def parked(running):
    """The processes that wait for a client: all children of launchers that are not ours by name.

    They are zygotes and their waiting children, and while servers run those too.
    """
    launchers = [pid for pid in procfs.descendants(running.pid)
                 if procfs.comm(pid) == "uvi-launcher"]
    return {pid for launcher in launchers for pid in procfs.children(launcher)
            if procfs.comm(pid) and not procfs.comm(pid).startswith("uvi-")
            and not procfs.is_zombie(pid)}


def refusal(running):
    """Why a program of this daemon is not parked as it was asked to be; None when nothing is."""
    found = _REFUSED.search(running.log())
    return found.group(1) if found else None


def check_parked(running, count=1):
    """Raises PeerFailed unless so many processes at least are parked, and as they were asked to."""
    reason = refusal(running)
    if reason:
        raise PeerFailed(f"not started warm: {reason}")
    found = len(parked(running))
    if found < count:
        raise PeerFailed(f"not started warm: {found} of {count} processes are parked")


def wait_until_parked(running, count, deadline=20):
    """Returns the `count` processes once they stay the same; no server may be running."""
    end, before, since = time.monotonic() + deadline, None, 0
    while time.monotonic() < end and not refusal(running):
        now = parked(running)
        if now != before:
            before, since = now, time.monotonic()
        elif len(now) == count and time.monotonic() - since >= _REST:
            return now
        time.sleep(0.02)
    check_parked(running, count)
    raise PeerFailed(f"{len(parked(running))} processes for {count} that were to be parked")
