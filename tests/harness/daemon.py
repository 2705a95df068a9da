# SPDX-License-Identifier: ISC
"""The daemon under test: a real uvinetd with its own configuration, log and pid file.

    with Daemon([f"{port} stream tcp4 nowait {me()} internal echo"]) as daemon:
        ...

Leaving the block stops it and asserts that it exits cleanly and leaves no role behind.
"""
import fcntl
import os
import re
import select
import signal
import subprocess
import time

from harness import procfs
from harness.surroundings import bin_dir, spawner, temporary_folder
from harness.waiting import eventually, seconds

_SANITIZER = re.compile(r"(ERROR|WARNING): (Address|Leak|Thread)Sanitizer|runtime error:")
_ROLES = ("uvi-reactor", "uvi-launcher", "uvi-resolver")


class StartFailed(AssertionError):
    """The daemon ended before it was ready: exit status and what it said."""

    def __init__(self, status, log):
        super().__init__(f"uvinetd ended with {status} before it was ready:\n{log}")
        self.status = status
        self.log = log


class Daemon:
    """One running daemon; see the module's text."""

    # pylint: disable=too-many-arguments
    def __init__(self, lines, options=(), *, environment=None, cwd="/", preexec=None, pass_fds=(),
                 log_connections=True, wait_ready=True, file_name="inetd.conf", to_stderr=True,
                 programs=None, launcher=()):
        """Starts at once. `lines` is the configuration, `options` go before its path, `programs` a
        folder of programs to use instead of those of the build; `launcher` is a command before it
        all, which has to become the daemon.
        """
        self.folder = temporary_folder()
        self.config = os.path.join(self.folder, file_name)
        self.pid_file = os.path.join(self.folder, "inetd.pid")
        self.log_path = os.path.join(self.folder, "log")
        self.control = os.path.join(self.folder, "control")  # where uvinetctl asks it
        self.write_config(lines)
        ready, low_end = os.pipe()
        # Not in the way of descriptors that get the numbers from 3 on.
        ready_end = fcntl.fcntl(low_end, fcntl.F_DUPFD_CLOEXEC, 3 + len(pass_fds))
        os.close(low_end)
        command = [*launcher, os.path.join(programs or bin_dir(), "uvinetd"), "-f",
                   *(["-e"] if to_stderr else []), "-p", self.pid_file,
                   "--ready-fd", str(ready_end), "--control", self.control]
        command += ["--log-connections"] if log_connections else []
        command += ["--spawner", spawner()] if spawner() else []
        command += [*options, self.config]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cwd,
                env=environment, preexec_fn=preexec, pass_fds=(ready_end, *pass_fds))
        os.close(ready_end)
        self._ready = ready
        if wait_ready:
            self.wait_ready()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        else:
            print(f"--- log of the daemon\n{self.log()}---", flush=True)
            self.kill()

    @property
    def pid(self):
        """The monitor's."""
        return self.process.pid

    # Life

    def wait_ready(self, duration=30):
        """Waits for the newline on --ready-fd; StartFailed when the daemon ends instead."""
        end = time.monotonic() + seconds(duration)
        said = b""
        while not said.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._ready], [], [], left)[0]:
                self.kill()
                raise AssertionError(f"uvinetd was not ready in time:\n{self.log()}")
            piece = os.read(self._ready, 64)
            if not piece:
                status = self.process.wait(seconds())
                self.kill()
                raise StartFailed(status, self.log())
            said += piece
        os.close(self._ready)
        self._ready = -1

    def stop(self, number=signal.SIGTERM):
        """Asks the daemon to end and asserts that it does so well; ends its servers too."""
        known = [self.pid, *procfs.descendants(self.pid)]
        self.process.send_signal(number)
        try:
            status = self.process.wait(seconds(30))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"uvinetd did not end on {number!r}:\n{self.log()}") from None
        try:
            assert status == 0, f"uvinetd ended with {status}:\n{self.log()}"
            eventually(lambda: not _roles_among(known), what=lambda: f"end of {_roles_among(known)}")
            assert not os.path.exists(self.pid_file), "the pid file is left behind"
            self.assert_log_is_sane()
        finally:
            _kill_all(known)

    def kill(self):
        """Ends the daemon and everything that it started, at once; no assertion."""
        if self._ready >= 0:
            os.close(self._ready)
            self._ready = -1
        known = [self.pid, *procfs.descendants(self.pid)]
        _kill_all(known)
        self.process.wait(seconds())

    def reload(self, lines=None):
        """SIGHUP, with a new configuration if given; returns the log line that tells the outcome.

        That is `reload kept=...`, or the first line at error level about the reload.
        """
        if lines is not None:
            self.write_config(lines)
        mark = self.mark()
        self.process.send_signal(signal.SIGHUP)
        return self.wait_for_log(r"^.*\breload (?:kept=|refused|failed).*$", since=mark).group(0)

    def upgrade(self):
        """USR2; returns the log line that tells the outcome: `upgraded from=...` or `upgrade ...`."""
        mark = self.mark()
        self.process.send_signal(signal.SIGUSR2)
        return self.wait_for_log(r"^.*\b(?:upgraded from=|upgrade refused|the one before does).*$", since=mark).group(0)

    def write_config(self, lines):
        """Replaces the configuration in one step, as editors and packages do."""
        new = self.config + ".new"
        with open(new, "w", encoding="utf-8") as file:
            file.write(lines if isinstance(lines, str) else "\n".join(lines) + "\n")
        os.chmod(new, 0o644)
        os.rename(new, self.config)

    # Roles

    def roles(self, name):
        """Pids of the living roles of this name: "uvi-reactor" or "uvi-launcher".

        A server that lost its launcher before its exec has that launcher's name, and is none: its
        name is looked at afterwards.
        """
        return [pid for pid in procfs.children(self.pid)
                if procfs.has_called_exec(pid) and procfs.comm(pid) == name
                and procfs.is_alive(pid)]

    def reactor(self):
        """The reactor's pid, waiting for one to be there."""
        return eventually(lambda: self.roles("uvi-reactor"), what="a reactor")[0]

    def replace_reactor(self, meanwhile=lambda: None):
        """Kills the reactor, as the kernel does it when memory is short, and waits for another."""
        old = self.reactor()
        os.kill(old, signal.SIGKILL)
        meanwhile()
        eventually(lambda: set(self.roles("uvi-reactor")) - {old}, what="another reactor")

    def launchers(self):
        """The launchers' pids."""
        return self.roles("uvi-launcher")

    def servers(self):
        """Pids of the running servers: descendants that are no role of ours."""
        return [pid for pid in procfs.descendants(self.pid)
                if procfs.comm(pid) not in _ROLES and procfs.is_alive(pid)]

    # Log

    def log(self):
        """All that the daemon has said."""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def mark(self):
        """A place in the log, for `since`."""
        return len(self.log())

    def count(self, pattern, since=0):
        """How many times the pattern (lines: use ^ and $) is in the log."""
        return len(re.findall(pattern, self.log()[since:], re.MULTILINE))

    def starts(self, service_id):
        """How many servers of this service were started, by the log so far."""
        return self.count(rf"\bstart id={re.escape(service_id)} ")

    def assert_count(self, pattern, number):
        """The pattern is in the log exactly so often; a line may come a moment after its event."""
        eventually(lambda: self.count(pattern) >= number,
                   what=lambda: f"{number} times {pattern!r} in:\n{self.log()}")
        found = self.count(pattern)
        assert found == number, f"{found} times {pattern!r}, not {number}, in:\n{self.log()}"

    def wait_for_log(self, pattern, duration=20, since=0):
        """The first match in the log, waiting for it."""
        return eventually(lambda: re.search(pattern, self.log()[since:], re.MULTILINE), duration,
                          what=lambda: f"log line {pattern!r} in:\n{self.log()}")

    def assert_log_is_sane(self):
        """No sanitizer has complained in any role."""
        log = self.log()
        assert not _SANITIZER.search(log), f"a sanitizer complained:\n{log}"


def _roles_among(pids):
    return [pid for pid in pids
            if procfs.is_alive(pid) and (procfs.comm(pid) in _ROLES or pid == pids[0])]


def _kill_all(pids):
    """Ends those of the processes that are still ours (we are their reaper of last resort)."""
    for pid in set(pids) & set(procfs.descendants(os.getpid())):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
