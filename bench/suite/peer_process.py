# SPDX-License-Identifier: ISC
"""Superservers as processes: what is asked of them, how they start, are awaited and end."""
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from suite import peer_listening, procfs

_KEEPER = Path(__file__).with_name("peer_keeper.py")
_DEADLINE = 60.0
_QUOTED_BYTES = 600
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class PeerFailed(Exception):
    """A superserver could not do what was asked; the text has its own words."""


@dataclass(frozen=True)
class Service:
    """One service. `argv` begins with the program's own name; empty means the program's path.

    kind is "stream" (nowait, TCP over IPv4) or "udp-wait". An empty address means every address,
    of both families where a superserver has them. The program "internal" is a built-in service.
    `park` is where a superserver that starts servers warm parks the program: "main" or "io", or ""
    where it is to be started by exec.
    """

    address: str
    port: int
    program: str
    argv: tuple = ()
    kind: str = "stream"
    park: str = ""

    def words(self):
        """argv, never empty."""
        return tuple(self.argv) or (self.program,)

    def command(self):
        """The program's path and its arguments, for superservers that give no other argv[0]."""
        return (self.program, *self.words()[1:])


class Superserver:
    """A kind of superserver; start() makes a running one."""

    name = ""
    most_services = 1
    kinds = ("stream",)
    says_ready = ""  # "stdout" or "fd": a line there; else its sockets are watched for
    note = ""  # what explains an odd figure of it

    def why_not(self):
        """Why it cannot run here, in words; None when it can."""
        raise NotImplementedError

    def version(self):
        """For the table of versions."""
        raise NotImplementedError

    def command(self, services, directory, ready_fd):
        """The command line; writes the configuration that it needs into `directory`."""
        raise NotImplementedError

    def environment(self):
        """What the superserver finds in its environment."""
        return {"PATH": _PATH, "HOME": os.path.expanduser("~"), "LC_ALL": "C"}

    def start(self, services, directory):
        """Returns a Running that serves every service; raises PeerFailed."""
        services = list(services)
        self._check(services)
        directory = Path(directory).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        ready, ready_end = os.pipe() if self.says_ready else (-1, -1)
        try:
            command = [str(word) for word in self.command(services, directory, ready_end)]
            running = Running(command, directory, self.environment(), ready_end,
                              self.says_ready == "stdout")
        except BaseException:
            _close(ready)
            raise
        finally:
            _close(ready_end)
        try:
            running.wait_ready(ready, peer_listening.Watch(services))
        except BaseException:
            running.stop()
            raise
        finally:
            _close(ready)
        return running

    def _check(self, services):
        reason = self.why_not()
        if reason:
            raise PeerFailed(f"{self.name}: {reason}")
        if not services or len(services) > self.most_services:
            raise PeerFailed(f"{self.name}: holds 1 to {self.most_services} services, "
                             f"not {len(services)}")
        for kind in {service.kind for service in services} - set(self.kinds):
            raise PeerFailed(f"{self.name}: has no {kind} services")
        taken = peer_listening.Watch(services).first_taken()
        if taken:
            raise PeerFailed(f"{self.name}: port {taken.port} is in use by another program")


class Running:
    """A superserver that runs, until stop() or the end of a with block."""

    def __init__(self, command, directory, environment, ready_end, ready_is_stdout):
        self.pid = -1
        self.seconds_to_ready = 0.0
        self.directory = directory
        self.log_path = directory / "log"
        self._command = command
        self._begin = 0.0
        self._said = b""
        self._log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        keeper = [sys.executable, "-I", "-S", "-B", str(_KEEPER), str(self.log_path),
                  str(ready_end if ready_is_stdout else -1), *command]
        self._keeper = subprocess.Popen(  # pylint: disable=consider-using-with
            keeper, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0,
            start_new_session=True, pass_fds=[ready_end] if ready_end >= 0 else [])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def pids(self):
        """All its processes that live now: at rest, without servers."""
        return procfs.descendants(self._keeper.pid)

    def stop(self):
        """Ends it and everything that it has started. May be called again."""
        if self._keeper.stdin.closed:
            return
        self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper.stdout.close()

    def log(self):
        """What it has said since this start."""
        try:
            with open(self.log_path, "rb") as file:
                file.seek(self._log_start)
                return file.read().decode(errors="replace")
        except OSError:
            return ""

    def wait_ready(self, ready, watch):
        """Waits until it says so on the descriptor `ready`; where that is -1, by its sockets, which
        `watch` knows (are_served())."""
        end = time.monotonic() + _DEADLINE
        self._wait_started(end)
        if ready >= 0:
            self._wait_line(ready, end)
        else:
            self._wait_sockets(watch, end)
        self.seconds_to_ready = time.monotonic() - self._begin
        # One that became a daemon is another process than the one that was started.
        children = procfs.children(self._keeper.pid)
        self.pid = self.pid if self.pid in children or not children else children[0]

    def _wait_started(self, end):
        while b"\n" not in self._said:
            self._hear(end)
        words = self._said.split(b"\n", 1)[0].decode(errors="replace").split(" ")
        if words[0] != "started":
            raise PeerFailed(" ".join(words[1:]) or "nothing was started")
        self.pid, self._begin = int(words[1]), int(words[2]) / 1e9

    def _wait_line(self, ready, end):
        while True:
            if ready in _readable([ready, self._keeper.stdout], end - time.monotonic()):
                if os.read(ready, 64):
                    return
                self._fail("ended without being ready")
            self._hear(end)

    def _wait_sockets(self, watch, end):
        """Spends no more than half of one processor on looking."""
        while True:
            begin = time.monotonic()
            if watch.are_served():
                return
            pause = max(0.001, time.monotonic() - begin)
            if _readable([self._keeper.stdout], pause):
                self._hear(end)
            if time.monotonic() >= end:
                self._fail(f"does not serve all ports after {_DEADLINE:.0f} s")

    def _hear(self, end):
        if not _readable([self._keeper.stdout], end - time.monotonic()):
            self._fail(f"is not ready after {_DEADLINE:.0f} s")
        piece = os.read(self._keeper.stdout.fileno(), 4096)
        self._said += piece
        if not piece or b"\nalone\n" in self._said:
            self._fail("ended at once")

    def _fail(self, what):
        said = self.log().strip()[-_QUOTED_BYTES:]
        program = os.path.basename(self._command[0])
        raise PeerFailed(f"{program} {what}" + (f": {said}" if said else ""))


def _readable(files, seconds):
    return select.select(files, [], [], max(0.0, seconds))[0]


def _close(number):
    if number >= 0:
        os.close(number)
