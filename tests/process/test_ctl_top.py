# SPDX-License-Identifier: ISC
"""`uvinetctl top` at a terminal: what it shows, its keys, and that it leaves the terminal as it was."""
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
import unittest

from harness.control import CLOSE, FakeDaemon
from harness.daemon import Daemon
from harness.surroundings import bin_dir, free_port, me
from harness.waiting import seconds

END = {"end": True}
_CURSOR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]")


def answers(names=("echo/tcp", "finger/tcp")):
    """A daemon whose services have started more servers at each look."""
    looks = [0]

    def services(_):
        looks[0] += 10
        return [{"service": {"id": name, "state": "open", "started": looks[0], "running": 0}}
                for name in names] + [END]

    return {"status": [{"status": {"version": "9.9", "pid": 4711}}, END], "list": services}


class Top(unittest.TestCase):
    """Runs it at a terminal of 24 lines and 80 columns."""

    def start(self, path, *arguments):
        """Starts it; the terminal stays open, to be looked at after its end."""
        self.master, self.slave = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.addCleanup(os.close, self.slave)
        self.resize(24, 80)
        self.before = termios.tcgetattr(self.slave)
        self.seen = ""
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [os.path.join(bin_dir(), "uvinetctl"), "--socket", path, "top", "-d", "0.1", *arguments],
            stdin=self.slave, stdout=self.slave, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"}, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)

    def resize(self, lines, columns):
        """Another size of the terminal."""
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys):
        """Presses keys."""
        os.write(self.master, keys.encode())

    def expect(self, pattern):
        """Waits for the pattern in what is drawn from now on, without what moves the cursor."""
        end = time.monotonic() + seconds()
        while True:
            text = _CURSOR.sub("", self.seen)
            match = re.search(pattern, text)
            if match:
                self.seen = ""
                self.drawn = text
                return match
            left = end - time.monotonic()
            self.assertGreater(left, 0, f"{pattern!r} did not appear; drawn: {text!r}")
            if select.select([self.master], [], [], left)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")

    def assert_ended(self, status):
        """It has, and the terminal is as before."""
        end = time.monotonic() + seconds()
        while self.process.poll() is None:  # what it draws must be taken
            self.assertLess(time.monotonic(), end, "it does not end")
            if select.select([self.master], [], [], 0.05)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
        self.assertEqual(self.process.returncode, status, self.process.stderr.read())
        self.assertEqual(termios.tcgetattr(self.slave), self.before)
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536).decode(errors="replace")
        self.assertIn("\x1b[?1049l", self.seen)  # the other screen is left


class Screen(Top):
    """Against a daemon that says what the test wants."""

    def test_shows_services_and_the_keys(self):
        with FakeDaemon(answers()) as daemon:
            self.start(daemon.path)
            self.expect(r"(?s)9\.9  pid 4711.*finger/tcp")
            self.type("q")
            self.assert_ended(0)

    def test_filters_sorts_and_helps(self):
        with FakeDaemon(answers()) as daemon:
            self.start(daemon.path)
            self.expect("finger/tcp")
            self.type("/FING\r")
            self.expect(r"1 of 2")
            self.type("h")
            self.expect(r"pause the display")
            self.type("hq")
            self.assert_ended(0)

    def test_leaves_the_terminal_as_it_was_on_signals(self):
        with FakeDaemon(answers()) as daemon:
            for number, status in ((signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM),
                                   (signal.SIGHUP, -signal.SIGHUP)):
                self.start(daemon.path)
                self.expect("finger/tcp")
                self.process.send_signal(number)
                self.assert_ended(status)

    def test_ctrl_c_quits(self):
        with FakeDaemon(answers()) as daemon:
            self.start(daemon.path)
            self.expect("finger/tcp")
            self.type("\x03")
            self.assert_ended(0)

    def test_follows_the_size_of_the_terminal(self):
        names = [f"service-{i:02}" for i in range(60)]
        with FakeDaemon(answers(names)) as daemon:
            self.start(daemon.path, "--sort", "id")
            self.expect("service-17")
            self.assertNotIn("service-30", self.drawn)
            self.resize(50, 200)
            self.expect("service-40")
            self.resize(3, 10)
            self.resize(24, 80)
            self.expect("service-00")
            self.type("q")
            self.assert_ended(0)

    def test_connects_again_to_a_daemon_that_was_restarted(self):
        with FakeDaemon(answers()) as daemon:
            self.start(daemon.path)
            self.expect("finger/tcp")
            daemon.end()
            self.expect("trying again: no daemon")
            with FakeDaemon(answers(["another/tcp"]), path=daemon.path):
                self.expect("another/tcp")
                self.type("q")
                self.assert_ended(0)

    def test_ends_where_there_is_none_or_it_talks_nonsense(self):
        with FakeDaemon({"status": [b"nonsense\n", CLOSE]}) as daemon:
            self.start(daemon.path)
            self.assert_ended(1)
        self.start("/nonexistent/socket")
        self.assertEqual(self.process.wait(seconds()), 69)
        self.assertEqual(self.seen, "")

    def test_needs_a_terminal(self):
        with FakeDaemon(answers()) as daemon:
            done = subprocess.run([os.path.join(bin_dir(), "uvinetctl"), "--socket", daemon.path,
                                   "top"], check=False, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=seconds())
        self.assertEqual(done.returncode, 1)
        self.assertIn("top needs a terminal", done.stderr)


class RealDaemon(Top):
    """Against a running daemon."""

    def test_shows_its_services(self):
        with Daemon([f"{free_port()} stream tcp4 nowait {me()} internal echo"]) as daemon:
            self.start(daemon.control)
            self.expect(rf"(?s)pid {daemon.pid}.*open")
            self.type("q")
            self.assert_ended(0)
