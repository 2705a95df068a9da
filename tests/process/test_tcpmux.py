# SPDX-License-Identifier: ISC
"""The TCP port multiplexer: names, limits, users, reload, and what lives on when a role dies."""
import json
import os
import signal
import socket
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.surroundings import free_port, free_ports, me, probe, requires_root
from harness.waiting import eventually

_NOT_AVAILABLE = b"-Service not available\r\n"


def multiplexer(port, limits=""):
    """The line of the multiplexer itself."""
    return f"{port} stream tcp4 nowait{limits} {me()} internal tcpmux"


def behind(name, *arguments, limits="", user=None):
    """One line of a service that is reached through it, a probe."""
    return (f"tcpmux/{name} stream tcp nowait{limits} {user or me()} "
            f"{probe()} probe {' '.join(map(str, arguments))}")


def program(name, *command):
    """The same with any program."""
    return f"tcpmux/{name} stream tcp nowait {me()} {' '.join(command)}"


class Names(unittest.TestCase):
    """From a name to its server."""

    def test_the_server_gets_what_came_after_the_name_in_the_same_packet(self):
        port = free_port()
        with Daemon([multiplexer(port), program("cat", "/bin/cat", "cat"),
                     program("+head", "/usr/bin/head", "head", "-n", "1")]):
            for name in (b"cat\r\n", b"CAT\n", b"Cat\0"):
                with sockets.connect(port) as client:
                    client.sendall(name + b"one\r\ntwo")
                    client.shutdown(socket.SHUT_WR)
                    self.assertEqual(sockets.read_all(client), b"one\r\ntwo")
            self.assertEqual(sockets.fetch(port, request=b"head\r\nfirst\nsecond\n"),
                             b"+Go\r\nfirst\n")

    def test_a_name_may_come_byte_by_byte(self):
        port = free_port()
        with Daemon([multiplexer(port), program("cat", "/bin/cat", "cat")]):
            with sockets.connect(port) as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in b"cat\r\nhello":
                    client.sendall(bytes([byte]))
                self.assertEqual(sockets.read_exactly(client, 5), b"hello")

    def test_the_server_has_a_blocking_socket_and_knows_its_client(self):
        port = free_port()
        with Daemon([multiplexer(port), behind("report", "report")]):
            with sockets.connect(port) as client:
                name = client.getsockname()
                client.sendall(b"report\r\n")
                report = json.loads(sockets.read_all(client))
        variables = dict(entry.split("=", 1) for entry in report["environment"])
        self.assertEqual(variables["PROTO"], "TCP")
        self.assertEqual(variables["TCPLOCALPORT"], str(port))
        self.assertEqual(variables["TCPREMOTEPORT"], str(name[1]))
        self.assertEqual([fd["fd"] for fd in report["fds"]], [0, 1, 2])
        self.assertFalse(any(fd["nonblock"] for fd in report["fds"]))

    def test_only_services_that_ask_for_it_are_reached(self):
        port, own = free_ports(2)
        with Daemon([multiplexer(port), behind("a", "report"),
                     f"{own} stream tcp4 nowait {me()} {probe()} probe report"]) as daemon:
            for name in (str(own), f"{own}/tcp4", "echo", "tcpmux", "tcpmux/a", "", "aa", "+a"):
                self.assertEqual(sockets.fetch(port, request=f"{name}\r\n".encode()),
                                 _NOT_AVAILABLE, name)
            daemon.wait_for_log(r"\brefuse id=\S+ from=127\.0\.0\.1\S* reason=unknown-service")
            self.assertEqual(daemon.count(r"\bstart id="), 0)

    def test_help_lists_the_names(self):
        port = free_port()
        with Daemon([multiplexer(port), behind("+zip", "report"), behind("Ask", "report"),
                     f"tcpmux/echo stream tcp nowait {me()} internal"]):
            self.assertEqual(sockets.fetch(port, request=b"HELP\r\n"),
                             b"Ask\r\necho\r\nzip\r\n")
            with sockets.connect(port) as client:
                client.sendall(b"echo\r\nhello")
                self.assertEqual(sockets.read_exactly(client, 5), b"hello")

    def test_what_is_no_name_is_an_error(self):
        port = free_port()
        with Daemon([multiplexer(port), behind("a", "report")]):
            for request in (b"x" * 300 + b"\r\n", b"x" * 100_000, b"\x01\x02\r\n"):
                self.assertEqual(sockets.fetch(port, request=request),
                                 b"-Error reading service name\r\n")

    def test_silent_clients_hinder_nobody_and_are_let_go(self):
        port = free_port()
        with Daemon([multiplexer(port), behind("report", "report")]):
            silent = [sockets.connect(port) for _ in range(100)]
            report = json.loads(sockets.fetch(port, request=b"report\r\n"))
            self.assertIn("fds", report)
            for client in silent:
                client.settimeout(60)
                self.assertEqual(sockets.read_all(client), b"")
                client.close()

    def test_a_program_that_is_missing_is_told_of(self):
        port = free_port()
        with Daemon([multiplexer(port), program("gone", "/nonexistent/server")]) as daemon:
            self.assertEqual(sockets.fetch(port, request=b"gone\r\n"), b"")
            daemon.wait_for_log(r"\brefuse id=tcpmux/gone from=127\.0\.0\.1\S* "
                                r"reason=exec errno=ENOENT")

    def test_services_without_a_multiplexer_are_told_of(self):
        port = free_port()
        with Daemon([behind("a", "report"),
                     f"{port} stream tcp4 nowait {me()} internal echo"]) as daemon:
            daemon.wait_for_log(r"inetd\.conf:1:1: warning: \"a\" cannot be reached.*\[tcpmux\]")


class MuxedIdentity(unittest.TestCase):
    """A service behind the multiplexer is its own user's, whoever the multiplexer's line names."""

    def test_each_server_runs_as_its_own_user(self):
        requires_root("services for other users")
        port = free_port()
        with Daemon([multiplexer(port), behind("low", "report", user="nobody:tty"),
                     behind("+high", "report", user="root")]):
            low = json.loads(sockets.fetch(port, request=b"low\r\n"))
            high = json.loads(sockets.fetch(port, request=b"high\r\n").removeprefix(b"+Go\r\n"))
        self.assertEqual([low["uid"], low["euid"], low["suid"]], [65534] * 3)
        self.assertEqual([low["gid"], low["egid"], low["sgid"]], [5] * 3)
        self.assertEqual(int(low["CapEff"], 16), 0)
        self.assertEqual([high["uid"], high["euid"]], [0, 0])


class MuxedLimits(unittest.TestCase):
    """The limits are the service's own; there is no queue for whoever is above one."""

    def test_servers_at_once(self):
        port = free_port()
        with Daemon([multiplexer(port), behind("hold", "hold", limits="/1"),
                     behind("report", "report")]) as daemon:
            with sockets.connect(port) as first:
                first.sendall(b"hold\r\n")
                sockets.read_line(first)
                self.assertEqual(sockets.fetch(port, request=b"hold\r\n"), _NOT_AVAILABLE)
                daemon.wait_for_log(r"\brefuse id=tcpmux/hold .*reason=instances")
                self.assertIn(b"fds", sockets.fetch(port, request=b"report\r\n"))
            daemon.wait_for_log(r"\bexit id=tcpmux/hold ")
            with sockets.connect(port) as again:
                again.sendall(b"hold\r\n")
                self.assertIn("pid", sockets.read_line(again))

    def test_starts_in_a_minute(self):
        port = free_port()
        with Daemon([multiplexer(port), behind("report", "report", limits=".2"),
                     behind("other", "report")]) as daemon:
            for _ in range(2):
                self.assertIn(b"fds", sockets.fetch(port, request=b"report\r\n"))
            self.assertEqual(sockets.fetch(port, request=b"report\r\n"), _NOT_AVAILABLE)
            daemon.wait_for_log(r"\bpause id=tcpmux/report reason=rate")
            self.assertIn(b"fds", sockets.fetch(port, request=b"other\r\n"))

    def test_clients_of_the_multiplexer_itself(self):
        port = free_port()
        with Daemon([multiplexer(port, "/2"), behind("report", "report")]):
            silent = [sockets.connect(port) for _ in range(2)]
            with sockets.connect(port) as client:
                client.sendall(b"report\r\n")
                for each in silent:
                    each.close()
                self.assertIn(b"fds", sockets.read_all(client))


class MuxedChanges(unittest.TestCase):
    """Reload, and roles that die."""

    def test_names_come_change_and_go(self):
        port = free_port()
        first = [multiplexer(port), behind("a", "hold"), behind("b", "exit", 3)]
        with Daemon(first) as daemon, sockets.connect(port) as slow, sockets.connect(port) as held:
            held.sendall(b"a\r\n")
            pid = json.loads(sockets.read_line(held))["pid"]
            slow.sendall(b"ne")
            line = daemon.reload([multiplexer(port), behind("b", "report"),
                                  behind("new", "report")])
            self.assertIn("added=1 removed=1 changed=1", line)
            self.assertEqual(sockets.fetch(port, request=b"a\r\n"), _NOT_AVAILABLE)
            self.assertIn(b"fds", sockets.fetch(port, request=b"b\r\n"))
            slow.sendall(b"w\r\n")
            self.assertIn(b"fds", sockets.read_all(slow))
            self.assertTrue(procfs.is_alive(pid))
            held.close()
            daemon.wait_for_log(rf"\bexit id=tcpmux/a pid={pid} ")

    def test_a_service_moves_to_a_socket_of_its_own_and_back(self):
        port, own = free_ports(2)
        line = f"{own} stream tcp4 nowait {me()} {probe()} probe report"
        with Daemon([multiplexer(port), behind("a", "report")]) as daemon:
            daemon.reload([multiplexer(port), line])
            self.assertEqual(sockets.fetch(port, request=b"a\r\n"), _NOT_AVAILABLE)
            self.assertIn("fds", sockets.fetch_report(own))
            daemon.reload([multiplexer(port), behind("a", "report")])
            self.assertIn(b"fds", sockets.fetch(port, request=b"a\r\n"))

    def test_servers_outlive_the_reactor_and_are_still_counted(self):
        port = free_port()
        with Daemon([multiplexer(port), behind("hold", "hold", limits="/1")]) as daemon:
            with sockets.connect(port) as held, sockets.connect(port) as reading:
                held.sendall(b"hold\r\n")
                pid = json.loads(sockets.read_line(held))["pid"]
                reading.sendall(b"ho")
                daemon.replace_reactor()
                self.assertEqual(sockets.read_all(reading), b"")
                self.assertTrue(procfs.is_alive(pid))
                self.assertEqual(sockets.fetch(port, request=b"hold\r\n"), _NOT_AVAILABLE)
            daemon.wait_for_log(rf"\bexit id=tcpmux/hold pid={pid} ")
            with sockets.connect(port) as again:
                again.sendall(b"hold\r\n")
                self.assertIn("pid", sockets.read_line(again))

    def test_no_client_is_lost_when_launchers_are_killed(self):
        port = free_port()
        with Daemon([multiplexer(port), behind("report", "report")]) as daemon:
            for _ in range(20):
                mark = daemon.mark()
                with sockets.connect(port) as client:
                    client.sendall(b"report\r\n")
                    for pid in daemon.launchers():
                        os.kill(pid, signal.SIGKILL)
                    answer = sockets.read_all(client)
                if answer:
                    self.assertIn(b"fds", answer)
                else:  # the one that was between its launcher and its server
                    daemon.wait_for_log(r"\brefuse id=tcpmux/report .*reason=launcher", since=mark)
                # One that is killed while it starts counts as a failure to start.
                eventually(lambda: b"fds" in sockets.fetch(port, request=b"report\r\n"))


if __name__ == "__main__":
    unittest.main()
