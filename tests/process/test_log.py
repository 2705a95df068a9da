# SPDX-License-Identifier: ISC
"""The log: its formats, its files and what becomes of them, what it tells of addresses."""
import json
import os
import shutil
import signal
import subprocess
import textwrap
import unittest

from harness import sandbox, sockets
from harness.control import ControlClient
from harness.log_folder import Folder, fetch_from, service
from harness.surroundings import free_port, free_ports, requires, requires_ipv6
from harness.waiting import eventually


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
            self.assertIn(line["level"], ("error", "warning", "notice", "info"))
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

    def test_the_control_socket_opens_them_anew_without_a_reload(self):
        port = free_port()
        with self.daemon(self.to_file(),
                         service("one", port, f'log_type = "FILE {self.path("own")}"')) as daemon:
            sockets.fetch(port)
            self.wait_for("own", "exit id=one")
            for name in ("log", "own"):
                os.rename(self.path(name), self.path(name + ".1"))
            with ControlClient(daemon.control) as control:
                self.assertEqual(control.ask({"verb": "reopen-logs"}), [{"end": True}])
            sockets.fetch(port)
            self.wait_for("own", "exit id=one")
            eventually(lambda: os.path.exists(self.path("log")), what="a new file")
            self.assertNotIn("reload", self.read("log") + self.read("log.1"))

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


if __name__ == "__main__":
    unittest.main()
