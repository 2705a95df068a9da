# SPDX-License-Identifier: ISC
"""systemd as process 1 of namespaces of its own, over the files of this machine or of a chroot.

Its network is that of the test program, which has one to itself (harness.sandbox), so that clients
need nothing special. All of it ends with the test program.
"""
import atexit
import os
import subprocess
import tempfile
import unittest

import trial
from harness import sandbox
from harness.surroundings import SYSTEM_PATH, requires, temporary_folder
from harness.waiting import eventually, seconds

_HERE = os.path.dirname(os.path.abspath(__file__))


class NotBooted(Exception):
    """systemd has ended before it was up."""


class LiveSystem:
    """Booted when it is made; stop() ends every process of it."""

    def __init__(self, installed, below="/"):
        """The files of the folder `installed` lie over those of `below`, which boot-systemd tells.

        Skips the test where there are no namespaces or no cgroup2; NotBooted.
        """
        sandbox.enter()
        requires("setpriv", "unshare", "nsenter", "pivot_root")
        self.console_path = os.path.join(temporary_folder(), "console")
        self._cgroup = _make_cgroup()
        atexit.register(self.stop)
        with open(self.console_path, "wb") as console:
            # It ends with us, and is the root of what it will see of the cgroups.
            self._unshare = subprocess.Popen(  # pylint: disable=consider-using-with
                ["sh", "-c", 'echo $$ >"$0" && exec "$@"', f"{self._cgroup}/cgroup.procs",
                 "setpriv", "--pdeathsig", "KILL",
                 "unshare", "--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork",
                 "--kill-child", os.path.join(_HERE, "boot-systemd"), installed, below],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        self.pid = 0
        eventually(self._is_up, 60, what=lambda: f"a running system:\n{self.console()}")

    def _is_up(self):
        if self._unshare.poll() is not None:
            self.stop()
            raise NotBooted(f"no systemd in namespaces here:\n{self.console()}")
        if not self.pid:
            children = f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children"
            with open(children, encoding="ascii") as file:
                self.pid = int(file.read() or 0)
        return self.pid and self.run("systemctl", "is-active", "trial.target",
                                     check=False).returncode == 0

    def stop(self):
        """Ends it; nothing of it is left on the machine."""
        trial.end_descendants(os.getpid())
        eventually(lambda: _remove_cgroup(self._cgroup), what=f"the end of all in {self._cgroup}")
        atexit.unregister(self.stop)

    # What is done in it

    def command(self, *command):
        """What runs a command as root of that system."""
        return ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--ipc", "--uts",
                "--cgroup", "--root", "--wd=/", "env", "-i", f"PATH={SYSTEM_PATH}",
                "LC_ALL=C.UTF-8", *command]

    def run(self, *command, check=True):
        """Runs a command as root of that system; its output is text, both streams in one."""
        done = subprocess.run(
            self.command(*command), check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=seconds(60))
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: exit status {done.returncode}\n"
                                 f"{done.stdout}{self.console()}")
        return done

    def show(self, unit, name):
        """One property of a unit."""
        return self.run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()

    def path(self, path):
        """Where we find a file of that system."""
        return f"/proc/{self.pid}/root{path}"

    def write(self, path, text, mode=0o644):
        """Writes a file there, whole or not at all."""
        new = self.path(path) + ".new"
        with open(new, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(new, mode)
        os.rename(new, self.path(path))

    def console(self):
        """What systemd itself has said."""
        with open(self.console_path, encoding="utf-8", errors="replace") as file:
            return file.read()


def _make_cgroup():
    """A cgroup of the unified hierarchy for the system to be in."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = [line.split() for line in file]
    places = [words[4] for words in mounts if words[words.index("-") + 1] == "cgroup2"]
    if not places:
        raise unittest.SkipTest("no cgroup2 is mounted here")
    try:
        return tempfile.mkdtemp(prefix="uvinetd-test-", dir=places[0])
    except OSError as error:
        raise unittest.SkipTest(f"no cgroup can be made here: {error}") from error


def _remove_cgroup(folder):
    """True when all of it is gone."""
    for place, _, _ in os.walk(folder, topdown=False):
        try:
            os.rmdir(place)
        except OSError:
            return False
    return True
