# SPDX-License-Identifier: ISC
"""Real client programs: run to their end, or driven through a terminal of their own."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from harness.waiting import seconds


def run_client(*command, text="", check=True, environment=None, folder=None, duration=60):
    """Runs a client with `text` as its input; returns the finished process, output as text."""
    done = subprocess.run(command, input=text, check=False, capture_output=True, text=True,
                          errors="replace", timeout=seconds(duration), cwd=folder,
                          env=environment)
    assert not check or done.returncode == 0, (
        f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


class Terminal:
    """A program that believes to sit at a terminal of 24 lines and 80 columns."""

    def __init__(self, *command):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = dict(os.environ, TERM="vt100")
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            command, stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(seconds())
        os.close(self._master)

    def type(self, line):
        """Types a line and the return key."""
        os.write(self._master, line.encode() + b"\r")

    def expect(self, pattern, duration=30):
        """Waits for the pattern in what has appeared since the last match; returns the match."""
        end = time.monotonic() + seconds(duration)
        while True:
            match = re.search(pattern, self.seen)
            if match:
                self.seen = self.seen[match.end():]
                return match
            left = end - time.monotonic()
            assert left > 0, f"{pattern!r} did not appear; the screen: {self.seen!r}"
            if select.select([self._master], [], [], left)[0]:
                self.seen += self._read()

    def _read(self):
        try:
            piece = os.read(self._master, 4096)
        except OSError:  # EIO: the program has ended
            piece = b""
        assert piece, f"the program ended; the screen: {self.seen!r}"
        return piece.decode(errors="replace")
