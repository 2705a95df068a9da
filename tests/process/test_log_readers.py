# SPDX-License-Identifier: ISC
"""Who reads the log: fail2ban, the journal, syslogd, and those who listen at the control socket."""
import json
import re
import subprocess
import unittest

from harness import sandbox, sockets
from harness.control import ControlClient
from harness.log_folder import Folder, fetch_from, service
from harness.surroundings import free_port, requires
from harness.syslog import Journal, Syslog
from harness.waiting import eventually


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


class Listeners(Folder):
    """Events go to who listens too, whatever the log has of them."""

    def test_they_hear_what_no_log_wants(self):
        port = free_port()
        with self.daemon(self.to_file('log_addresses = "truncate"'),
                         service("one", port, "log_connections = false"),
                         log_connections=False) as daemon, ControlClient(daemon.control) as control:
            control.listen()
            heard = []
            def hears(name):
                sockets.fetch(port)
                heard.append(control.told())
                return next((event for event in heard if event["event"] == name), None)
            start = eventually(lambda: hears("start"), what="a start")
            end = eventually(lambda: hears("exit"), what="an end")
            self.assertEqual((start["id"], start["from"]), ("one", "127.0.0.0/24"))
            self.assertEqual(end["status"], 0)
            self.assertNotIn("start id", self.read("log"))


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
