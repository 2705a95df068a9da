# SPDX-License-Identifier: ISC
"""wait and nowait with servers of every socket type, their limits, and servers that misbehave."""
import json
import os
import socket
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.surroundings import free_port, free_ports, me, probe, shared_folder
from harness.waiting import eventually

_ENOTCONN = 107


def service(address, kind, wait, *arguments):
    """One line that starts the probe."""
    return f"{address} {kind} {wait} {me()} {probe()} probe {' '.join(map(str, arguments))}"


class WithFolder(unittest.TestCase):
    """A folder that servers can write to, and a file in it."""

    def setUp(self):
        self.folder = shared_folder()
        self.file = os.path.join(self.folder, "lines")


class Nowait(WithFolder):
    """A server per connection."""

    def test_many_servers_of_one_service_live_at_the_same_time(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "hold")]) as daemon:
            clients = [sockets.connect(port) for _ in range(20)]
            pids = {json.loads(sockets.read_line(client))["pid"] for client in clients}
            self.assertEqual(len(pids), 20)
            self.assertTrue(all(procfs.is_alive(pid) for pid in pids))
            for client in clients:
                client.close()
            eventually(lambda: not daemon.servers(), what="the end of the servers")
            eventually(lambda: daemon.count(r"\bexit id=\S+ pid=\d+ status=0 ms=\d+") == 20)
            self.assertEqual(daemon.count(r"\bstart id=\S+ pid=\d+ from=127\.0\.0\.1\S*"), 20)

    def test_start_and_exit_are_told_with_the_pid_and_the_status(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "exit 3")]) as daemon:
            self.assertEqual(sockets.fetch(port), b"")
            ended = daemon.wait_for_log(rf"\bexit id={port}/tcp\S* pid=(\d+) status=(\S+) ms=\d+")
            self.assertEqual(ended.group(2), "3")
            daemon.wait_for_log(rf"\bstart id={port}/tcp\S* pid={ended.group(1)} from=127\.0\.0\.1")

    def test_connections_are_not_told_of_unless_asked(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")],
                    log_connections=False) as daemon:
            self.assertEqual(sockets.fetch_report(port)["argv"], ["probe", "report"])
        self.assertEqual(daemon.count(r"\b(start|exit) id="), 0)

    def test_a_server_that_dies_by_a_signal_harms_nobody(self):
        port, other = free_ports(2)
        with Daemon([service(port, "stream tcp4", "nowait", "signal 11"),
                     service(other, "stream tcp4", "nowait", "report")]) as daemon:
            for _ in range(10):
                self.assertEqual(sockets.fetch(port), b"")
            eventually(lambda: daemon.count(rf"\bexit id={port}/tcp\S* pid=\d+ status=\S*"
                                            r"(?:11|SEGV)\S* ms=") == 10,
                       what=lambda: f"ten exits by signal 11 in {daemon.log()}")
            self.assertIn("fds", sockets.fetch_report(other))

    def test_a_client_that_is_gone_at_once_leaves_no_server_behind(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "hold")]) as daemon:
            for _ in range(50):
                sockets.connect(port).close()
            with sockets.connect(port) as client:
                sockets.read_line(client)
            eventually(lambda: not daemon.servers(), what="the end of the servers")

    def test_a_unix_stream_and_a_seqpacket_are_accepted_alike(self):
        for kind, number in (("stream", socket.SOCK_STREAM), ("seqpacket", socket.SOCK_SEQPACKET)):
            with self.subTest(kind):
                path = os.path.join(self.folder, kind)
                with Daemon([service(path, f"{kind} unix", "nowait", "report")]):
                    with sockets.connect_unix(path, number) as client:
                        report = json.loads(sockets.read_all(client))
                    self.assertEqual(report["socket"]["type"], number)
                    self.assertEqual(report["socket"]["domain"], socket.AF_UNIX)
                self.assertFalse(os.path.exists(path), "the socket's path is left behind")


class Wait(WithFolder):
    """One server at a time, which has the socket."""

    def test_a_udp_server_lives_on_and_serves_many_clients(self):
        port = free_port()
        with Daemon([service(port, "dgram udp4", "wait", "wait-udp", self.file)]) as daemon:
            pids = set()
            for number in range(1, 21):
                with sockets.datagram_client(port) as client:
                    count, pid, text = sockets.ask(client, f"client{number}").split()
                self.assertEqual((count, text), (str(number), f"client{number}"))
                pids.add(pid)
            self.assertEqual(len(pids), 1)
            daemon.assert_count(r"\bstart id=", 1)

    def test_the_socket_is_watched_again_when_its_server_has_ended(self):
        for kind in ("udp4", "unix"):
            with self.subTest(kind):
                file = f"{self.file}-{kind}"
                address = free_port() if kind == "udp4" else os.path.join(self.folder, "datagrams")
                line = service(address, f"dgram {kind}", "wait", "wait-udp", file)
                with Daemon([line]) as daemon:
                    for turn in range(1, 6):
                        client = (sockets.datagram_client(address) if kind == "udp4" else
                                  sockets.unix_datagram_client(address, self.folder))
                        with client:
                            self.assertEqual(sockets.ask(client, "hello").split()[0], "1")
                            self.assertEqual(sockets.ask(client, "quit").split()[0], "2")
                        eventually(lambda: daemon.count(r"\bexit id=") == turn)
                self.assertEqual(len(sockets.lines_of(file)), 5)

    def test_a_datagram_that_arrives_between_two_servers_starts_the_next(self):
        port = free_port()
        with Daemon([service(port, "dgram udp4", "wait", "dgram-once", self.file)]) as daemon:
            with sockets.datagram_client(port) as client:
                for number in range(30):
                    client.send(f"datagram {number}".encode())
            lines = sockets.wait_for_lines(self.file, 30)
            self.assertEqual([line["text"] for line in lines],
                             [f"datagram {number}" for number in range(30)])
            self.assertEqual(len({line["pid"] for line in lines}), 30)
            eventually(lambda: daemon.count(r"\bexit id=") == 30)

    def test_a_stream_server_gets_the_listener_and_serves_its_queue(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "wait", "wait-tcp", self.file)]) as daemon:
            for turn in (1, 2, 3):
                with sockets.connect(port) as first:
                    first.sendall(b"pid\n")
                    pid = sockets.read_line(first)
                with sockets.connect(port) as second:
                    second.sendall(b"pid\nleave\n")
                    self.assertEqual(sockets.read_line(second), pid)
                eventually(lambda: daemon.count(r"\bexit id=") == turn)
            self.assertEqual(len(sockets.lines_of(self.file)), 3)

    def test_a_server_that_forks_and_leaves_is_still_serving(self):
        port = free_port()
        with Daemon([service(port, "dgram udp4", "wait", "fork-and-exit", self.file)]) as daemon:
            with sockets.datagram_client(port) as client:
                first = sockets.ask(client, "one").split()
                family = sockets.wait_for_lines(self.file, 1)[0]
                eventually(lambda: not procfs.is_alive(family["parent"]))
                second = sockets.ask(client, "two").split()
                self.assertEqual([first[1], second[1]], [str(family["child"])] * 2)
                self.assertEqual([first[0], second[0]], ["1", "2"])
                self.assertEqual(len(sockets.lines_of(self.file)), 1)
                sockets.ask(client, "quit")
                eventually(lambda: not procfs.is_alive(family["child"]))
                self.assertEqual(sockets.ask_until_answered(client, "three").split()[0], "1")
            self.assertEqual(len(sockets.lines_of(self.file)), 2)
            self.assertIsNotNone(daemon)

    def test_a_reload_leaves_a_running_server_and_its_socket_alone(self):
        port = free_port()
        line = service(port, "dgram udp4", "wait", "wait-udp", self.file)
        with Daemon([line]) as daemon, sockets.datagram_client(port) as client:
            before = sockets.ask(client, "one").split()
            self.assertRegex(daemon.reload(), r"reload kept=1 added=0 removed=0 changed=0")
            self.assertEqual(sockets.ask(client, "two").split(), ["2", before[1], "two"])
            sockets.ask(client, "quit")
            eventually(lambda: daemon.count(r"\bexit id=") == 1)
            after = sockets.ask_until_answered(client, "three").split()
            self.assertNotEqual(after[1], before[1])

    def test_a_server_that_crashes_at_once_is_not_started_in_a_storm(self):
        port, other = free_ports(2)
        lines = [service(port, "dgram udp4", "wait", "crash-early", self.file),
                 service(other, "stream tcp4", "nowait", "report")]
        with Daemon(lines) as daemon, sockets.datagram_client(port) as client:
            client.send(b"never read")
            daemon.wait_for_log(rf"\bpause id={port}/udp\S* reason=\S+")
            self.assertIn("fds", sockets.fetch_report(other))
            self.assertLess(len(sockets.lines_of(self.file)), 20)
            # It resumes by itself.
            daemon.wait_for_log(rf"\bresume id={port}/udp\S*", 60)


class DatagramNowait(WithFolder):
    """A start for each datagram, no more and no fewer."""

    def test_each_datagram_starts_exactly_one_server(self):
        for kind in ("udp4", "unix"):
            with self.subTest(kind):
                file = f"{self.file}-{kind}"
                address = free_port() if kind == "udp4" else os.path.join(self.folder, "once")
                line = service(address, f"dgram {kind}", "nowait", "dgram-once", file)
                with Daemon([line]) as daemon:
                    client = (sockets.datagram_client(address) if kind == "udp4" else
                              sockets.unix_datagram_client(address, self.folder))
                    with client:
                        for number in range(10):
                            client.send(b"the same" if number % 2 else f"{number}".encode())
                        sockets.wait_for_lines(file, 10)
                        client.send(b"last")
                        lines = sockets.wait_for_lines(file, 11)
                    eventually(lambda: daemon.count(r"\bexit id=") == 11)
                    self.assertEqual(daemon.count(r"\bstart id="), 11)
                texts = sorted(line["text"] for line in lines)
                self.assertEqual(texts, sorted(["0", "2", "4", "6", "8", "last"] + ["the same"] * 5))

    def test_a_datagram_that_its_server_leaves_unread_is_thrown_away(self):
        port = free_port()
        with Daemon([service(port, "dgram udp4", "nowait", "dgram-never", self.file)]) as daemon:
            with sockets.datagram_client(port) as client:
                for number in range(1, 6):
                    client.send(b"nobody reads this")
                    sockets.wait_for_lines(self.file, number)
                    eventually(lambda: daemon.count(r"\bexit id=") >= number)
            eventually(lambda: not daemon.servers())
        self.assertEqual(daemon.count(r"\bstart id="), 5)
        self.assertEqual(len(sockets.lines_of(self.file)), 5)


class Healing(WithFolder):
    """A wait server may leave its socket spoilt; the next client must not suffer."""

    def state_after(self, how, kind, wait="wait"):
        """The socket as the second server found it, the first having spoilt it."""
        port = free_port()
        with Daemon([service(port, kind, wait, f"spoil-{how}")]) as daemon:
            for turn in (1, 2, 3):
                if kind.startswith("dgram"):
                    with sockets.datagram_client(port) as client:
                        state = json.loads(sockets.ask_until_answered(client, f"client {turn}"))
                else:
                    state = json.loads(eventually(lambda: self.line_from(port), what="a server"))
                eventually(lambda: daemon.count(r"\bexit id=\S+ pid=\d+ status=0") >= turn)
            return state

    @staticmethod
    def line_from(port):
        """What the server says, "" while nobody accepts."""
        try:
            return sockets.fetch(port).decode()
        except OSError:
            return ""

    def test_a_datagram_socket_left_connected_hears_other_clients_again(self):
        self.assertEqual(self.state_after("connect", "dgram udp4")["peer"], {"errno": _ENOTCONN})

    def test_a_listener_left_shut_down_listens_again(self):
        self.assertEqual(self.state_after("shutdown", "stream tcp4")["listening"], 1)

    def test_a_socket_left_non_blocking_blocks_again(self):
        for kind in ("dgram udp4", "stream tcp4"):
            with self.subTest(kind):
                self.assertFalse(self.state_after("nonblock", kind)["nonblock"])

    def test_a_datagram_socket_left_shut_down_receives_again(self):
        self.assertEqual(self.state_after("shutdown", "dgram udp4")["type"], socket.SOCK_DGRAM)


    def test_a_datagram_socket_that_servers_share_is_mended_too(self):
        for how in ("connect", "shutdown"):
            with self.subTest(how):
                state = self.state_after(how, "dgram udp4", "nowait")
                self.assertEqual(state["peer"], {"errno": _ENOTCONN})

    def test_a_server_that_takes_one_of_many_clients_each_time_is_no_failing_one(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "wait", "spoil-nonblock")]) as daemon:
            clients = [sockets.connect(port) for _ in range(30)]
            for client in clients:
                self.assertTrue(sockets.read_all(client))
                client.close()
            self.assertEqual(daemon.count("reason=failing"), 0)


class Limits(WithFolder):
    """/N at once, .N starts in a minute."""

    def test_servers_at_once_are_bounded_and_the_next_client_waits_its_turn(self):
        port, other = free_ports(2)
        lines = [service(port, "stream tcp4", "nowait/2", "hold"),
                 service(other, "stream tcp4", "nowait", "report")]
        with Daemon(lines, ["--dialect", "freebsd"]) as daemon:
            clients = [sockets.connect(port) for _ in range(3)]
            pids = [json.loads(sockets.read_line(client))["pid"] for client in clients[:2]]
            # Two exchanges with another service: by then the third could have been started.
            for _ in range(2):
                sockets.fetch_report(other)
            self.assertTrue(sockets.has_nothing(clients[2]))
            daemon.assert_count(rf"\bstart id={port}/tcp", 2)
            self.assertTrue(all(procfs.is_alive(pid) for pid in pids))
            clients[0].close()
            self.assertIn("pid", sockets.read_line(clients[2]))
            for client in clients[1:]:
                client.close()

    def test_starts_in_a_minute_are_bounded_and_the_socket_stays_open(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait.3", "report")]) as daemon:
            for _ in range(3):
                self.assertIn("fds", sockets.fetch_report(port))
            with sockets.connect(port) as fourth:
                daemon.wait_for_log(rf"\bpause id={port}/tcp\S* reason=\S+")
                self.assertTrue(sockets.has_nothing(fourth))
                daemon.assert_count(r"\bstart id=", 3)
