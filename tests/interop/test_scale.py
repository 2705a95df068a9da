# SPDX-License-Identifier: ISC
"""Many services, many connections, many servers; and scanners as hostile clients."""
import json
import select
import socket
import unittest

from harness import procfs, sandbox, sockets
from harness.clients import run_client
from harness.daemon import Daemon
from harness.limits import original_limit, raise_limit
from harness.surroundings import free_port, free_ports, is_root, me, probe, requires
from harness.waiting import eventually, seconds


class Many(unittest.TestCase):
    """Beyond what select() can watch."""

    def setUp(self):
        raise_limit(5000)

    def test_five_hundred_sessions_live_at_once(self):
        port = free_port()
        line = f"{port} stream tcp4 nowait {me()} {probe()} probe hold"
        with Daemon([line], preexec=original_limit) as daemon:
            clients = [sockets.connect(port) for _ in range(500)]
            pids = {json.loads(sockets.read_line(client))["pid"] for client in clients}
            self.assertEqual(len(pids), 500)
            self.assertTrue(all(procfs.is_alive(pid) for pid in pids))
            for client in clients:
                client.close()
            eventually(lambda: not daemon.servers(), 60, "the end of all servers")
            eventually(lambda: daemon.count(r"\bexit id=\S+ pid=\d+ status=0 ") == 500, 60)

    def test_two_thousand_echo_connections_are_served_at_once(self):
        port = free_port()
        line = f"{port} stream tcp4 nowait {me()} internal echo"
        with Daemon([line], preexec=original_limit):
            clients = [sockets.connect(port) for _ in range(2000)]
            for number, client in enumerate(clients):
                client.sendall(b"number %d\n" % number)
            waiting = {client.fileno(): (client, number)
                       for number, client in enumerate(clients)}
            poll = select.poll()
            for descriptor in waiting:
                poll.register(descriptor, select.POLLIN)
            while waiting:
                ready = poll.poll(seconds() * 1000)
                self.assertTrue(ready, f"{len(waiting)} connections got no answer")
                for descriptor, _ in ready:
                    client, number = waiting.pop(descriptor)
                    poll.unregister(descriptor)
                    self.assertEqual(sockets.read_line(client), f"number {number}")
            for client in clients:
                client.close()

    def test_fifteen_hundred_services_are_served_by_one_daemon(self):
        ports = free_ports(1500)
        lines = [f"127.0.0.1:{port} stream tcp4 nowait {me()} internal echo" for port in ports]
        probed = ports[::100]
        for port in probed:
            lines[ports.index(port)] = (f"127.0.0.1:{port} stream tcp4 nowait {me()} {probe()} "
                                        f"probe report")
        with Daemon(lines, preexec=original_limit) as daemon:
            for port in ports:
                if port in probed:
                    report = sockets.fetch_report(port)
                    self.assertEqual([fd["fd"] for fd in report["fds"]], [0, 1, 2])
                    self.assertEqual(report["nofile"][0], 1024)
                else:
                    with sockets.connect(port) as client:
                        client.sendall(b"%d\n" % port)
                        self.assertEqual(sockets.read_line(client), str(port))
            self.assertRegex(daemon.reload(), r"kept=1500 added=0 removed=0 changed=0")
            with sockets.connect(ports[-1]) as client:
                client.sendall(b"after\n")
                self.assertEqual(sockets.read_line(client), "after")


class Scanners(unittest.TestCase):
    """nmap as a client that connects and is gone."""

    @classmethod
    def setUpClass(cls):
        cls.nmap = requires("nmap")
        if is_root():
            sandbox.enter()

    def scan(self, kind, times=3):
        """Scans of every service; afterwards all is as before."""
        echo, held, reports, datagrams = free_ports(4)
        lines = [f"{echo} stream tcp4 nowait {me()} internal echo",
                 f"{held} stream tcp4 nowait {me()} {probe()} probe hold",
                 f"{reports} stream tcp4 nowait {me()} {probe()} probe report",
                 f"{datagrams} dgram udp4 wait {me()} internal echo"]
        ports = ",".join(map(str, (echo, held, reports)))
        with Daemon(lines) as daemon:
            reactor = daemon.reactor()
            for _ in range(times):
                done = run_client(self.nmap, "-n", "-Pn", *kind, "-p", ports, "127.0.0.1")
                self.assertEqual(done.stdout.count(" open "), 3, done.stdout)
            eventually(lambda: not daemon.servers(), what="the end of servers without clients")
            self.assertIn("fds", sockets.fetch_report(reports))
            self.assertEqual(sockets.ask(self.client(datagrams), "still"), "still")
            self.assertEqual(daemon.reactor(), reactor)
            # A scan connects to a port a few times; more starts than that would be a storm.
            self.assertLessEqual(daemon.count(r"\bstart id="), times * 2 * 5 + 1)

    def client(self, port):
        """A UDP client that is closed with the test."""
        client = sockets.datagram_client(port)
        self.addCleanup(client.close)
        return client

    def test_a_connect_scan_changes_nothing(self):
        self.scan(["-sT"])

    def test_a_syn_scan_changes_nothing(self):
        if not is_root():
            self.skipTest("needs root: raw sockets")
        self.scan(["-sS"])

    def test_a_version_scan_that_sends_anything_changes_nothing(self):
        self.scan(["-sT", "-sV", "--version-intensity", "0", "--host-timeout", "60"], times=1)


class Vanishing(unittest.TestCase):
    """Clients that reset their connection before or after they are accepted."""

    def test_a_thousand_resets_leave_the_daemon_serving(self):
        port = free_port()
        line = f"{port} stream tcp4 nowait {me()} {probe()} probe report"
        with Daemon([line]) as daemon:
            for _ in range(1000):
                client = sockets.connect(port)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  b"\1\0\0\0\0\0\0\0")  # close with a reset
                client.close()
            self.assertIn("fds", sockets.fetch_report(port))
            eventually(lambda: not daemon.servers(), 60)
            self.assertIn("fds", sockets.fetch_report(port))
