# SPDX-License-Identifier: ISC
"""The syslog service from outside: where messages go, and what becomes of them when it dies."""
import os
import pty
import select
import signal
import socket
import subprocess
import time
import tty
import unittest

from harness import sandbox
from harness.daemon import Daemon
from harness.surroundings import bin_dir, is_root, requires_root, shared_folder
from harness.syslog_service import SyslogService
from harness.waiting import eventually, seconds

MAIL, LPR = 2 << 3, 6 << 3
EMERGENCY, ERROR, WARNING, NOTICE, INFO, DEBUG = 0, 3, 4, 5, 6, 7
ALL = "*.*  -FOLDER/all"


def setUpModule():  # pylint: disable=invalid-name
    """A /dev of our own, where that is possible."""
    if is_root():
        sandbox.enter()
        sandbox.private_devices()


class Terminal:
    """A pseudo-terminal, and what appears on it."""

    def __init__(self):
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._master)
        os.close(self._slave)

    def wait_for(self, text):
        """Until this is on it."""
        def has():
            while select.select([self._master], [], [], 0)[0]:
                self.text += os.read(self._master, 4096).decode()
            return text in self.text
        eventually(has, what=lambda: f"{text!r} in {self.text!r}")

    def fill(self):
        """Writes as much as it takes; nobody reads it."""
        os.set_blocking(self._slave, False)
        try:
            while True:
                os.write(self._slave, b"." * 1024)
        except BlockingIOError:
            pass


def said(priority, text):
    """A message."""
    return f"<{priority}>mine: {text}".encode()


class Examples(unittest.TestCase):
    """The rules that the founding lecture has."""

    RULES = ("*.emerg                            CONSOLE",
             "*.info;lpr.none;mail.none          FOLDER/messages",
             "lpr.err                            FOLDER/lpr",
             "mail.info;mail.!err                FOLDER/mail",
             ALL)

    def test_emergencies_reach_the_console(self):
        with Terminal() as console:
            rules = [rule.replace("CONSOLE", console.path) for rule in self.RULES]
            with SyslogService(rules) as service:
                service.send(said(MAIL | ERROR, "no emergency"), said(MAIL | EMERGENCY, "flood"))
                console.wait_for("flood")
                self.assertNotIn("no emergency", console.text)

    def test_unimportant_words_of_lpr_go_nowhere(self):
        rules = [rule.replace("CONSOLE", "FOLDER/console") for rule in self.RULES]
        with SyslogService(rules) as service:
            service.send(*(said(LPR | level, f"level {level}") for level in range(1, 8)))
            service.flush()
            self.assertEqual([line[-7:] for line in service.lines("lpr")],
                             ["level 1", "level 2", "level 3"])
            self.assertEqual(service.lines("messages"), [])

    def test_mail_of_medium_importance_has_a_file(self):
        rules = [rule.replace("CONSOLE", "FOLDER/console") for rule in self.RULES]
        with SyslogService(rules) as service:
            service.send(*(said(MAIL | level, f"level {level}") for level in range(1, 8)))
            service.flush()
            self.assertEqual([line[-7:] for line in service.lines("mail")],
                             ["level 4", "level 5", "level 6"])


class Targets(unittest.TestCase):
    """Every kind of target; none holds up another."""

    def test_a_terminal_and_a_fifo_that_nobody_reads_hold_nobody_up(self):
        with Terminal() as terminal:
            terminal.fill()
            fifo = os.path.join(shared_folder(), "fifo")
            os.mkfifo(fifo)
            with SyslogService((f"*.*  {terminal.path}", f"*.*  |{fifo}", ALL)) as service:
                service.send(*(said(13, f"number {number}") for number in range(2000)))
                service.flush()
                self.assertEqual(len(service.lines("all")), 2001)

    def test_a_program_reads_a_fifo(self):
        fifo = os.path.join(shared_folder(), "fifo")
        os.mkfifo(fifo)
        with SyslogService(f"*.*  |{fifo}") as service:
            service.send(said(13, "it works"))
            reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
            self.addCleanup(os.close, reader)
            found = b""
            while b"it works\n" not in found:
                self.assertTrue(select.select([reader], [], [], seconds())[0], found)
                found += os.read(reader, 4096)

    def test_repeats_are_told_once(self):
        with SyslogService(ALL) as service:
            service.send(*[said(13, "again")] * 5, said(13, "another"))
            service.wait_line("all", "another")
            self.assertEqual(len(service.lines("all")), 3)
            self.assertIn("last message repeated 4 times", service.text("all"))

    def test_files_are_rotated(self):
        with SyslogService(ALL, settings={"rotate": "4k:3"}) as service:
            names = ["all.3", "all.2", "all.1", "all"]

            def lines():
                return [line for name in names for line in service.lines(name)]

            for first in range(0, 1000, 20):
                numbers = range(first, first + 20)
                service.send(*(said(13, f"number {number}:") for number in numbers))
                eventually(lambda last=first + 19: any(f"number {last}:" in line
                                                       for line in lines()[-40:]))
            def is_whole():
                """No rotation is under way, and nothing is missing after the oldest."""
                found = [name for name in os.listdir(service.folder) if name.startswith("all")]
                numbers = [int(line.split("number ")[1].rstrip(":")) for line in lines()]
                return sorted(found) == sorted(names) and numbers == list(range(numbers[0], 1000))

            eventually(is_whole, what=lambda: f"{os.listdir(service.folder)}: {lines()}")
            for name in names[:-1]:
                self.assertGreaterEqual(len(service.text(name)), 4096, name)

    def test_a_file_that_was_moved_away_is_made_anew_when_asked(self):
        with SyslogService(ALL) as service:
            service.send(said(13, "before"))
            service.wait_line("all", "before")
            os.rename(f"{service.folder}/all", f"{service.folder}/old")
            subprocess.run([os.path.join(bin_dir(), "uvinetctl"), "--socket",
                            service.daemon.control, "reopen-logs"], check=True,
                           stdout=subprocess.DEVNULL, timeout=seconds())
            eventually(lambda: os.path.exists(f"{service.folder}/all"), what="a new file")
            service.send(said(13, "after"))
            service.wait_line("all", "after")
            self.assertEqual(len(service.lines("old")), 1)


class Malformed(unittest.TestCase):
    """Everything is kept, on one line."""

    def one_line(self, message, pattern):
        """The message becomes the one line with this pattern."""
        with SyslogService(ALL) as service:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
                client.connect(service.path)
                client.send(message)
            service.wait_line("all", pattern)
            self.assertEqual(len(service.lines("all")), 1)

    def test_64_kib_are_cut_and_marked(self):
        self.one_line(b"<13>mine: " + b"x" * 65536, r"^mine\S*: x{8000,8200} \[truncated\]$")

    def test_a_newline_makes_no_line(self):
        self.one_line(b"<13>mine: one\nNov 26 20:41:21 here root: two",
                      r"^mine\S*: one\\x0[aA]Nov 26 20:41:21 here root: two$")

    def test_nul_hides_nothing(self):
        self.one_line(b"<13>mine: one\0two", r"^mine\S*: one\\x00two$")

    def test_what_is_not_utf8_is_escaped(self):
        self.one_line("<13>mine: ü ".encode() + b"\xff", r"^mine\S*: ü \\x[fF]{2}$")

    def test_without_a_priority(self):
        self.one_line(b"<192>mine: it works", r"^malformed\S*: <192>mine: it works$")


class Life(unittest.TestCase):
    """What was said is written, whoever dies."""

    def test_messages_go_on_without_a_reactor(self):
        with SyslogService(ALL) as service:
            service.flush()
            pid = service.server()
            service.daemon.replace_reactor(lambda: service.send(said(13, "meanwhile")))
            service.wait_line("all", "meanwhile")
            service.send(said(13, "afterwards"))
            service.wait_line("all", "afterwards")
            self.assertEqual(service.server(), pid)

    def test_the_next_server_reads_what_the_last_one_has_left(self):
        with SyslogService(ALL) as service:
            service.send(said(13, "before"))
            service.wait_line("all", "before")
            pid = service.server()
            os.kill(pid, signal.SIGSTOP)
            service.send(*(said(13, f"number {number}") for number in range(5)))
            os.kill(pid, signal.SIGKILL)
            service.wait_line("all", "number 4")
            self.assertEqual(len(service.lines("all")), 6)
            self.assertNotEqual(service.server(), pid)

    def test_bad_rules_change_nothing(self):
        with SyslogService(ALL) as service:
            service.flush()
            pid = service.server()
            service.write_rules(("*.*  FOLDER/other", "bogus.info  FOLDER/x"))
            self.assertRegex(service.daemon.reload(), "refused|failed")
            self.assertRegex(service.daemon.log(), r"syslog\.conf:2:")
            service.flush()
            self.assertEqual(service.text("other"), "")
            service.write_rules((ALL, "user.*  FOLDER/other"))
            self.assertIn("reload kept=", service.daemon.reload())

            def reaches_both():
                service.send(said(13, f"at {time.monotonic_ns()}"))
                return service.text("other")
            eventually(reaches_both, what=lambda: f"a file in:\n{service.daemon.log()}")
            self.assertEqual(service.server(), pid)

    def test_an_upgrade_loses_nothing(self):
        with SyslogService(ALL) as service:
            service.send(*(said(13, f"before {number}") for number in range(100)))
            self.assertIn("upgraded from=", service.daemon.upgrade())
            service.send(*(said(13, f"after {number}") for number in range(100)))
            service.flush()
            self.assertEqual(len(service.lines("all")), 201)


class Owners(unittest.TestCase):
    """The path of a socket that is somebody else's."""

    CONFIG = ('[services.syslog]\nlisten = "unix-dgram://PATH"\ninternal = "syslog"\n'
              'user = "daemon"\n[services.syslog.syslog]\nrules = "RULES"\n'
              '[services.other]\nlisten = "unix-dgram://OTHER"\ninternal = "discard"\n')

    def setUp(self):
        requires_root("accounts")
        self.folder = shared_folder()
        self.path = os.path.join(self.folder, "log")
        rules = os.path.join(self.folder, "syslog.conf")
        with open(rules, "w", encoding="ascii") as file:
            file.write(f"*.*  {self.folder}/all\n")
        self.config = (self.CONFIG.replace("PATH", self.path).replace("RULES", rules)
                       .replace("OTHER", os.path.join(self.folder, "other")))

    def test_another_logger_keeps_its_socket(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as owner:
            owner.bind(self.path)
            with Daemon(self.config, file_name="uvinetd.toml") as daemon:
                daemon.wait_for_log(rf"{self.path}: Address already in use")
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                    client.sendto(b"still here", self.path)
                self.assertEqual(owner.recv(100), b"still here")

    def test_a_link_is_not_replaced(self):
        os.symlink(os.path.join(self.folder, "elsewhere"), self.path)
        with Daemon(self.config, file_name="uvinetd.toml") as daemon:
            daemon.wait_for_log(rf"{self.path} is a link to {self.folder}/elsewhere")
            self.assertTrue(os.path.islink(self.path))
            self.assertFalse(os.path.exists(self.path))


if __name__ == "__main__":
    unittest.main()
