# SPDX-License-Identifier: ISC
"""The log: its formats, its files and what becomes of them, what it tells of addresses."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import textwrap
import unittest

from harness import sandbox, sockets
from harness.daemon import Daemon
from harness.surroundings import (free_port, free_ports, me, requires, requires_ipv6,
                                  temporary_folder)
from harness.syslog import Journal, Syslog
from harness.waiting import eventually, seconds


class Folder(unittest.TestCase):
    """With files of its own."""

    def setUp(self):
        self.folder = temporary_folder()

    def path(self, name):
        """Of a file in the folder."""
        return os.path.join(self.folder, name)

    def read(self, name):
        """The text of a file; "" while there is none."""
        try:
            with open(self.path(name), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def wait_for(self, name, pattern):
        """The first line with the pattern in a file."""
        return eventually(lambda: re.search(pattern, self.read(name), re.MULTILINE),
                          what=lambda: f"{pattern!r} in:\n{self.read(name)}").group(0)

    def objects(self, name):
        """The lines of a file, each as JSON."""
        return [json.loads(line) for line in self.read(name).splitlines()]

    def daemon(self, settings, *services, to_stderr=False, **options):
        """A daemon in the foreground with these lines in [daemon]."""
        text = "[daemon]\n" + settings + "\n" + "\n".join(services)
        return Daemon(text, file_name="uvinetd.toml", to_stderr=to_stderr, **options)

    def to_file(self, more=""):
        """Lines of [daemon]."""
        return f'log = "file:{self.path("log")}"\n{more}'


def service(name, port, more="", *, address="127.0.0.1", family="tcp4"):
    """One service of a TOML file, whose servers end at once."""
    return textwrap.dedent(f"""\
        [services.{name}]
        listen = "{family}://{address}:{port}"
        user = "{me()}"
        exec = ["/bin/true"]
        """) + more + "\n"


def fetch_from(port, source):
    """What a client with this address is told."""
    with socket.create_connection(("127.0.0.1", port), seconds(20), (source, 0)) as client:
        return sockets.read_all(client)


class Json(Folder):
    """log_format = "json"."""

    def test_each_line_is_an_object_with_numbers(self):
        port = free_port()
        with self.daemon(self.to_file('log_format = "json"'), service("one", port)):
            sockets.fetch(port)
            self.wait_for("log", '"event":"exit"')
        lines = self.objects("log")
        for line in lines:
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(line["level"], ("err", "warning", "notice", "info"))
        start = next(line for line in lines if line.get("event") == "start")
        end = next(line for line in lines if line.get("event") == "exit")
        self.assertEqual(start["id"], "one")
        self.assertRegex(start["from"], r"^127\.0\.0\.1:\d+$")
        self.assertIsInstance(start["pid"], int)
        self.assertEqual((end["pid"], end["status"]), (start["pid"], 0))
        self.assertIsInstance(end["ms"], int)
        self.assertTrue(any("ready: 1 services" in line.get("message", "") for line in lines))

    def test_a_refusal_has_its_particulars(self):
        port = free_port()
        broken = service("one", port).replace("/bin/true", "/nonexistent")
        with self.daemon(self.to_file('log_format = "json"'), broken):
            sockets.fetch(port)
            self.wait_for("log", '"event":"refuse"')
        line = next(line for line in self.objects("log") if line.get("event") == "refuse")
        self.assertEqual((line["reason"], line["errno"], line["step"]),
                         ("exec", "ENOENT", "execve"))

    def test_standard_error_has_nothing_but_objects(self):
        port = free_port()
        with self.daemon('log_format = "json"', service("one", port), to_stderr=True) as daemon:
            sockets.fetch(port)
            daemon.wait_for_log('"event":"exit"')
            for line in daemon.log().splitlines():
                json.loads(line)

    def test_what_a_service_wants_is_in_the_form_of_all(self):
        some, own = free_ports(2)
        with self.daemon(
                self.to_file('log_format = "json"'),
                service("some", some, 'log_on_success = ["HOST", "EXIT"]'),
                service("own", own, f'log_type = "FILE {self.path("own")}"')):
            sockets.fetch(some)
            sockets.fetch(own)
            self.wait_for("log", '"event":"exit"')
            self.wait_for("own", '"event":"exit"')
        lines = [line for line in self.objects("log") if line.get("id") == "some"]
        self.assertEqual([sorted(line) for line in lines],
                         [["event", "from", "id", "level", "time"],
                          ["event", "id", "level", "status", "time"]])
        self.assertEqual([line["event"] for line in self.objects("own")], ["start", "exit"])

    def test_a_reload_is_an_event_too(self):
        with self.daemon(self.to_file('log_format = "json"'), service("one", free_port())) as daemon:
            daemon.process.send_signal(signal.SIGHUP)
            self.wait_for("log", '"event":"reload","kept":1,"added":0,"removed":0,"changed":0')


class Xinetd(Folder):
    """log_format = "xinetd", for its readers."""

    REFUSING = 'deny = ["127.0.0.2"]'

    def matches(self, *arguments):
        """How many lines fail2ban's filter for xinetd takes from the file."""
        out = subprocess.run(
            [requires("fail2ban-regex"), *arguments, "/etc/fail2ban/filter.d/xinetd-fail.conf"],
            capture_output=True, text=True, check=False).stdout
        return int(re.search(r"Lines: \d+ lines, \d+ ignored, (\d+) matched", out).group(1))

    def test_fail2ban_finds_refused_clients_in_a_file(self):
        requires("fail2ban-regex")
        port = free_port()
        with self.daemon(self.to_file('log_format = "xinetd"'),
                         service("one", port, self.REFUSING)):
            sockets.fetch(port)
            for _ in range(3):
                fetch_from(port, "127.0.0.2")
            self.wait_for("log", r"EXIT: one")
            eventually(lambda: self.read("log").count("FAIL:") == 3, what="three refusals")
        stamp = r"^\d\d/\d+/\d+@\d\d:\d\d:\d\d: "
        log = self.read("log")
        self.assertRegex(log, re.compile(stamp + r"START: one pid=\d+ from=127\.0\.0\.1$", re.M))
        self.assertRegex(log, re.compile(
            stamp + r"EXIT: one status=0 pid=\d+ duration=\d+\(sec\)$", re.M))
        self.assertRegex(log, re.compile(stamp + r"FAIL: one address from=127\.0\.0\.2$", re.M))
        self.assertEqual(self.matches("-d", "^%y/%m/%d@%H:%M:%S:", self.path("log")), 3)

    def test_other_reasons_have_its_words(self):
        port = free_port()
        waiting = service("one", port, 'instances = 1\nat_limit = "refuse"').replace(
            '"/bin/true"', '"/bin/sh", "-c", "read line"')
        with self.daemon(self.to_file('log_format = "xinetd"'), waiting):
            with sockets.connect(port) as first:
                self.wait_for("log", "START: one")
                sockets.fetch(port)
                self.wait_for("log", r"FAIL: one service_limit from=127\.0\.0\.1$")
                first.sendall(b"\n")
            self.wait_for("log", "EXIT: one")


class Addresses(Folder):
    """log_addresses."""

    def test_networks_stand_for_addresses(self):
        requires_ipv6()
        four, six, own = free_ports(3)
        with self.daemon(
                self.to_file('log_addresses = "truncate"'), service("four", four),
                service("six", six, 'deny = ["::1"]', address="[::1]", family="tcp6"),
                service("own", own, f'log_type = "FILE {self.path("own")}"')):
            for port in (four, own):
                sockets.fetch(port)
            sockets.fetch(six, host="::1")
            self.wait_for("log", r"start id=four pid=\d+ from=127\.0\.0\.0/24$")
            self.wait_for("log", r"refuse id=six from=::/48 reason=access$")
            self.wait_for("own", r"start id=own pid=\d+ from=127\.0\.0\.0/24$")

    def test_a_client_keeps_its_token_when_the_reactor_does_not_live(self):
        port = free_port()
        with self.daemon(self.to_file('log_addresses = "hash"\nlog_format = "json"'),
                         service("one", port)) as daemon:
            def token(source):
                before = self.read("log").count('"event":"start"')
                fetch_from(port, source)
                eventually(lambda: self.read("log").count('"event":"start"') > before, what="start")
                return [line for line in self.objects("log")
                        if line.get("event") == "start"][-1]["from"]
            first = token("127.0.0.1")
            self.assertRegex(first, r"^hash:[0-9a-f]{16}$")
            self.assertEqual(token("127.0.0.1"), first)
            self.assertNotEqual(token("127.0.0.2"), first)
            old = daemon.reactor()
            os.kill(old, signal.SIGKILL)
            eventually(lambda: daemon.roles("uvi-reactor") not in ([], [old]), what="a reactor")
            self.assertEqual(token("127.0.0.1"), first)
            self.assertNotIn("127.0.0.", "".join(line["from"] for line in self.objects("log")
                                                 if "from" in line))


class Files(Folder):
    """[daemon] log = "file:..." and log_type, and what may become of such files."""

    def test_logrotate_moves_them_away(self):
        rotate = requires("logrotate")
        port = free_port()
        logs = os.path.join(self.folder, "logs")
        os.mkdir(logs, 0o755)
        settings = f'log = "file:{logs}/log"'
        with self.daemon(settings, service("one", port, f'log_type = "FILE {logs}/own"')) as daemon:
            sockets.fetch(port)
            self.wait_for("logs/own", "exit id=one")
            with open(self.path("rotate"), "w", encoding="utf-8") as file:
                file.write(textwrap.dedent(f"""\
                    {logs}/log {logs}/own {{
                        rotate 3
                        sharedscripts
                        postrotate
                            kill -HUP {daemon.pid}
                        endscript
                    }}
                    """))
            os.chmod(self.path("rotate"), 0o644)
            subprocess.run([rotate, "-f", "-s", self.path("state"), self.path("rotate")], check=True)
            self.wait_for("logs/log", "reload kept=1")
            sockets.fetch(port)
            self.wait_for("logs/own", "exit id=one")
            self.assertEqual(self.read("logs/own.1").count("exit id=one"), 1)
            self.assertIn("ready: 1 services", self.read("logs/log.1"))

    def test_a_reload_that_is_refused_opens_them_anew_all_the_same(self):
        with self.daemon(self.to_file(), service("one", free_port())) as daemon:
            self.wait_for("log", "ready:")
            os.rename(self.path("log"), self.path("old"))
            daemon.write_config("[daemon\n")
            daemon.process.send_signal(signal.SIGHUP)
            self.wait_for("log", "reload refused")

    def test_a_folder_that_is_removed_is_told_elsewhere_and_tried_again(self):
        port = free_port()
        os.mkdir(self.path("logs"))
        with self.daemon(f'log = "file:{self.path("logs/log")}"',
                         service("one", port, f'log_type = "FILE {self.path("logs/own")}"')
                         ) as daemon:
            self.wait_for("logs/log", "ready:")
            shutil.rmtree(self.path("logs"))
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for_log(r"log file=\S+logs/log: it cannot be opened; the log goes elsewhere")
            daemon.wait_for_log(r"own: .*its lines go to the log of the daemon")
            sockets.fetch(port)
            daemon.wait_for_log(r"exit id=one")
            daemon.assert_count(r"it cannot be opened", 1)
            os.mkdir(self.path("logs"))
            self.wait_for("logs/log", r"log file=\S+logs/log: it is written again")
            self.wait_for("logs/log", r"log file=\S+logs/own: it is written again")
            sockets.fetch(port)
            self.wait_for("logs/own", "exit id=one")

    def test_one_that_may_not_be_opened_stops_nobody(self):
        port = free_port()
        os.symlink("/dev/null", self.path("log"))
        with self.daemon(self.to_file(), service("one", port)) as daemon:
            daemon.wait_for_log(r"log file=\S+log: it cannot be opened")
            sockets.fetch(port)
            daemon.wait_for_log(r"start id=one")

    def test_refusals_of_one_source_are_counted(self):
        port = free_port()
        with self.daemon(self.to_file(), service("one", port, 'deny = ["127.0.0.2", "127.0.0.3"]')):
            for _ in range(14):
                fetch_from(port, "127.0.0.2")
            fetch_from(port, "127.0.0.3")
            self.wait_for("log", r"repeated n=4 event=refuse id=one from=127\.0\.0\.2 reason=access$")
            self.wait_for("log", r"refuse id=one from=127\.0\.0\.3:\d+ reason=access$")
            self.assertEqual(self.read("log").count(": refuse id=one from=127.0.0.2:"), 10)


class FullDisk(Folder):
    """A file system without room."""

    @classmethod
    def setUpClass(cls):
        sandbox.enter()

    def test_it_is_told_once_and_no_line_is_lost(self):
        port = free_port()
        disk = self.path("disk")
        os.mkdir(disk)
        sandbox.run("mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "tmpfs", disk)
        self.addCleanup(sandbox.run, "umount", "-l", disk)
        with self.daemon(f'log = "file:{disk}/log"', service("one", port)) as daemon:
            sockets.fetch(port)
            self.wait_for("disk/log", "exit id=one")
            with open(f"{disk}/filler", "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"x" * 4096)
                except OSError:
                    pass
            served = 1
            while "No space left" not in daemon.log():
                self.assertLess(served, 300)
                sockets.fetch(port)
                served += 1
            daemon.assert_count(r"log file=\S+: No space left on device; its lines wait", 1)
            os.unlink(f"{disk}/filler")
            self.wait_for("disk/log", r"log file=\S+: it is written again")
            eventually(lambda: self.read("disk/log").count(": exit id=one ") == served,
                       what=lambda: f"{served} lines in:\n{self.read('disk/log')}")


class ToTheJournal(Folder):
    """[daemon] log = "journal"."""

    @classmethod
    def setUpClass(cls):
        sandbox.enter()

    def test_events_have_fields(self):
        journal = Journal()
        port = free_port()
        with self.daemon('log = "journal"', service("one", port, 'deny = ["127.0.0.2"]')):
            self.addCleanup(journal.stop)
            journal.wait_for(MESSAGE="ready: 1 services.*", PRIORITY="5",
                             SYSLOG_IDENTIFIER="uvinetd")
            sockets.fetch(port)
            start = journal.wait_for(UVINETD_EVENT="start", UVINETD_ID="one", PRIORITY="6",
                                     UVINETD_FROM=r"127\.0\.0\.1:\d+")
            journal.wait_for(UVINETD_EVENT="exit", UVINETD_PID=start["UVINETD_PID"],
                             UVINETD_STATUS="0", UVINETD_MS=r"\d+", MESSAGE="exit id=one pid=.*")
            fetch_from(port, "127.0.0.2")
            journal.wait_for(UVINETD_EVENT="refuse", UVINETD_REASON="access", PRIORITY="4")

    def test_without_it_the_log_goes_to_syslog(self):
        syslog = Syslog()
        self.addCleanup(syslog.stop)
        port = free_port()
        with self.daemon('log = "journal"\nlog_format = "json"', service("one", port)):
            sockets.fetch(port)
            line = syslog.wait_for('"event":"exit"')
            self.assertRegex(line, r"^<30>.* uvinetd\[\d+\]: \{")
            self.assertEqual(json.loads(line.split("]: ", 1)[1])["status"], 0)

    def test_fail2ban_finds_refused_clients_in_syslog(self):
        requires("fail2ban-regex")
        syslog = Syslog()
        self.addCleanup(syslog.stop)
        port = free_port()
        with self.daemon('log = "syslog"\nlog_format = "xinetd"',
                         service("one", port, 'deny = ["127.0.0.2"]')):
            fetch_from(port, "127.0.0.2")
            line = syslog.wait_for("FAIL:")
        # As a syslogd files it: without the priority, and with the name of the host.
        stamp, rest = re.fullmatch(r"<28>(.{15}) (.*)", line).groups()
        with open(self.path("daemon.log"), "w", encoding="utf-8") as file:
            file.write(f"{stamp} host {rest}\n")
        self.assertEqual(Xinetd.matches(self, self.path("daemon.log")), 1)


if __name__ == "__main__":
    unittest.main()
