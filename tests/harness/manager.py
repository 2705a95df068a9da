# SPDX-License-Identifier: ISC
"""A service manager as sd_notify(3) and sd_listen_fds(3) know it: hears what the daemon says, keeps
the descriptors that it is given, and starts the daemon with them."""
import contextlib
import fcntl
import os
import socket
import threading

from harness.daemon import Daemon
from harness.surroundings import temporary_folder
from harness.waiting import eventually, seconds

_MOST = 64  # descriptors in a message


class Manager:
    """Listens from the start; close() forgets all that it keeps."""

    def __init__(self, store=0):
        """`store` is how many descriptors it offers to keep."""
        self.path = os.path.join(temporary_folder(), "notify")
        self.said = []   # each message as text
        self.kept = {}   # name: descriptor
        self.offers = store
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self._is_closed = False
        self._reads = threading.Event()
        self._reads.set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """The end of it."""
        self._is_closed = True
        self._reads.set()
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as waker:
            waker.sendto(b"", self.path)
        self._reader.join(seconds())
        self._socket.close()
        for descriptor in self.kept.values():
            os.close(descriptor)
        self.kept.clear()

    # What it hears

    def _read(self):
        while self._reads.wait() and not self._is_closed:
            text, fds, _, _ = socket.recv_fds(self._socket, 65536, _MOST)
            self._take(text.decode(), fds)

    def _take(self, text, fds):
        lines = text.split("\n")
        name = next((line[7:] for line in lines if line.startswith("FDNAME=")), "stored")
        # As systemd has it: one that is there already is closed; of one name there may be several,
        # which no test of ours wants.
        if "FDSTORE=1" in lines and len(fds) == 1 and name not in self.kept \
                and len(self.kept) < self.offers:
            self.kept[name] = fds.pop()
        for descriptor in fds:
            os.close(descriptor)
        if "FDSTOREREMOVE=1" in lines and name in self.kept:
            os.close(self.kept.pop(name))
        self.said.append(text)

    def hush(self):
        """Reads no more, so that what it is told fills its queue, until listen()."""
        self._reads.clear()

    def listen(self):
        """Reads on."""
        self._reads.set()

    def count(self, line):
        """How many messages have this line."""
        return sum(line in text.split("\n") for text in self.said)

    def wait_for(self, line, count=1):
        """Waits until it has been said so often."""
        eventually(lambda: self.count(line) >= count,
                   what=lambda: f"{count} times {line!r} in {self.said}")

    def wait_kept(self, number):
        """Waits until so many descriptors are kept."""
        eventually(lambda: len(self.kept) == number,
                   what=lambda: f"{number} descriptors, not {self.kept}")

    # What it starts

    def start(self, lines, options=(), *, given=(), watchdog=None, variables=None, **more):
        """The daemon, with all that is kept and `given`, pairs of a name and a socket of ours.

        `watchdog` is its time in seconds; `variables` replace those of the environment.
        """
        names, fds = [], []
        for name, descriptor in [*((name, each.fileno()) for name, each in given),
                                 *self.kept.items()]:
            names.append(name)
            fds.append(descriptor)
        environment = dict(os.environ, NOTIFY_SOCKET=self.path)
        if self.offers:
            environment["FDSTORE"] = str(self.offers)
        if fds:
            environment.update(LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=":".join(names))
        if watchdog:
            environment["WATCHDOG_USEC"] = str(round(watchdog * 1_000_000))
        environment.update(variables or {})
        return start_with(fds, lines, options, environment=environment, **more)


def start_with(fds, lines, options=(), *, environment, **more):
    """The daemon with these descriptors as its 3, 4 and so on, and LISTEN_PID its own."""
    first = 3 + len(fds) + 10  # whatever has a number below would be in the way
    copies = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, first) for each in fds]
    moves = " ".join(f"{3 + at}<&{each}-" for at, each in enumerate(copies))
    script = (f"exec {moves}\n" if copies else "") + 'LISTEN_PID=$$ exec "$@"'
    try:
        return Daemon(lines, options, environment=environment, pass_fds=copies,
                      launcher=["bash", "-c", script, "bash"], **more)
    finally:
        for each in copies:
            os.close(each)
