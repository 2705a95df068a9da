# SPDX-License-Identifier: ISC
"""Who hears what the daemon logs: a syslogd and a journal of ours, where the real ones would be."""
import os
import re
import socket

from harness import sandbox
from harness.waiting import eventually


class Syslog:
    """A syslogd of ours at /dev/log, in a /dev of ours: the test program is in a sandbox."""

    def __init__(self):
        self.lines = []
        self.socket = None
        sandbox.private_devices()
        self.start()

    def start(self):
        """Begins to listen; an older socket is gone by then."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.socket.setblocking(False)

    def stop(self):
        """Ends as syslogd does: the path is removed."""
        self.socket.close()
        os.unlink("/dev/log")

    def has(self, pattern):
        """Whether a line with the pattern has come."""
        try:
            while True:
                self.lines.append(self.socket.recv(8192).decode())
        except BlockingIOError:
            pass
        return next((line for line in self.lines if re.search(pattern, line)), None)

    def wait_for(self, pattern):
        """The first line with the pattern."""
        return eventually(lambda: self.has(pattern), what=lambda: f"{pattern!r} in {self.lines}")


class Journal:
    """A journal of ours at its native socket, in a /run of ours: the test program is in a sandbox."""

    FOLDER = "/run/systemd/journal"

    def __init__(self):
        self.entries = []
        os.makedirs(self.FOLDER, exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"{self.FOLDER}/socket")
        os.chmod(f"{self.FOLDER}/socket", 0o666)
        self.socket.setblocking(False)

    def stop(self):
        """It is not there any more."""
        self.socket.close()
        os.unlink(f"{self.FOLDER}/socket")

    def wait_for(self, **fields):
        """The first entry whose fields are these; each value is a pattern of the whole."""
        return eventually(lambda: self._find(fields), what=lambda: f"{fields} in {self.entries}")

    def _find(self, fields):
        try:
            while True:
                self.entries.append(_fields_of(self.socket.recv(65536)))
        except BlockingIOError:
            pass
        return next((entry for entry in self.entries
                     if all(re.fullmatch(value, entry.get(name, ""))
                            for name, value in fields.items())), None)


def _fields_of(datagram):
    """systemd's Native Journal Protocol: NAME=value, or NAME, 64 bits of size, value."""
    out = {}
    while datagram:
        line, _, datagram = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = int.from_bytes(datagram[:8], "little")
            value, datagram = datagram[8:8 + size], datagram[9 + size:]
        out[name.decode()] = value.decode()
    return out
