# SPDX-License-Identifier: ISC
"""The built-in services over the wire: RFC 862, 863, 864, 867, 868."""
import re
import socket
import struct
import time
import unittest

from harness import sockets
from harness.daemon import Daemon
from harness.surroundings import free_port, free_ports, me, requires_ipv6

_SINCE_1900 = 2208988800  # of 1970-01-01, in seconds (RFC 868)
_COARSE = 1  # time(2) may still tell the second before, for a tick of the kernel's clock
_RING = bytes(range(0x20, 0x7f))
_NAMES = ("echo", "discard", "chargen", "daytime", "time")


def chargen_lines(count):
    """The popular pattern of RFC 864: 72 characters of the ring, one further on each line."""
    double = _RING + _RING
    return b"".join(double[i % 95:i % 95 + 72] + b"\r\n" for i in range(count))


class Builtins(unittest.TestCase):
    """One daemon with each of them over TCP and UDP, IPv4 and IPv6."""

    @classmethod
    def setUpClass(cls):
        cls.ports = {name: free_port() for name in _NAMES}
        lines = [f"{port} {kind} {wait} {me()} internal {name}"
                 for name, port in cls.ports.items()
                 for kind, wait in (("stream tcp", "nowait"), ("dgram udp", "wait"))]
        cls.daemon = Daemon(lines, ["--dialect", "debian"])

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def client(self, name, source=None, host="127.0.0.1"):
        """A UDP client of a built-in."""
        client = sockets.datagram_client(self.ports[name], host, source)
        self.addCleanup(client.close)
        return client

    # Streams

    def test_echo_returns_every_byte_and_ends_with_the_client(self):
        data = bytes(range(256)) * 512
        with sockets.connect(self.ports["echo"]) as client:
            for start in range(0, len(data), 8192):
                client.sendall(data[start:start + 8192])
                self.assertEqual(sockets.read_exactly(client, 8192), data[start:start + 8192])
            client.sendall(b"last words")
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(sockets.read_all(client), b"last words")

    def test_echo_holds_back_a_client_that_never_reads_and_loses_nothing(self):
        sent = 0
        with sockets.connect(self.ports["echo"]) as client:
            client.setblocking(False)
            try:
                while sent < 64 << 20:
                    sent += client.send(b"x" * 65536)
            except BlockingIOError:
                pass
            self.assertLess(sent, 64 << 20, "the daemon took everything: no bound")
            # Others are served meanwhile.
            with sockets.connect(self.ports["echo"]) as other:
                other.sendall(b"hello\n")
                self.assertEqual(sockets.read_line(other), "hello")
            client.settimeout(sockets.seconds())
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(len(sockets.read_all(client)), sent)

    def test_discard_says_nothing_and_ends_with_the_client(self):
        with sockets.connect(self.ports["discard"]) as client:
            client.sendall(b"x" * 100000)
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(sockets.read_all(client), b"")

    def test_chargen_sends_the_rotating_lines_for_as_long_as_one_reads(self):
        expected = chargen_lines(1000)
        with sockets.connect(self.ports["chargen"]) as client:
            self.assertEqual(sockets.read_exactly(client, len(expected)), expected)

    def test_chargen_ignores_what_it_is_sent(self):
        with sockets.connect(self.ports["chargen"]) as client:
            client.sendall(b"anything")
            self.assertEqual(sockets.read_exactly(client, 740), chargen_lines(10))

    def test_chargen_survives_clients_that_vanish(self):
        for _ in range(50):
            sockets.connect(self.ports["chargen"]).close()
        with sockets.connect(self.ports["chargen"]) as client:
            self.assertEqual(sockets.read_exactly(client, 74), chargen_lines(1))

    def assert_is_daytime(self, data, before):
        """`data` is one line that tells the time, no earlier than `before`."""
        self.assertTrue(data.endswith(b"\r\n"), data)
        text = data[:-2].decode("ascii")
        self.assertNotIn("\n", text)
        clock = re.search(r"\b(\d\d):(\d\d):(\d\d)\b", text)
        self.assertIsNotNone(clock, text)
        now = time.time()
        spoken = [time.strftime("%H:%M:%S", zone(second))
                  for second in range(int(before) - _COARSE, int(now) + 1)
                  for zone in (time.localtime, time.gmtime)]
        self.assertIn(clock.group(0), spoken)
        self.assertIn(time.strftime("%Y", time.localtime(now)), text)

    def test_daytime_is_one_line_with_date_and_time(self):
        before = time.time()
        self.assert_is_daytime(sockets.fetch(self.ports["daytime"]), before)

    def assert_is_time(self, data, before):
        """`data` is the four bytes of RFC 868."""
        self.assertEqual(len(data), 4)
        seconds = struct.unpack("!I", data)[0] - _SINCE_1900
        self.assertGreaterEqual(seconds, int(before) - _COARSE)
        self.assertLessEqual(seconds, int(time.time()))

    def test_time_is_four_bytes_since_1900(self):
        before = time.time()
        self.assert_is_time(sockets.fetch(self.ports["time"]), before)

    def test_streams_answer_on_ipv6_too(self):
        requires_ipv6()
        self.assert_is_time(sockets.fetch(self.ports["time"], "::1"), time.time() - 5)

    # Datagrams

    def test_echo_returns_a_datagram_of_any_size(self):
        client = self.client("echo")
        for size in (0, 1, 512, 1472, 8192):
            with self.subTest(size):
                client.send(b"y" * size)
                self.assertEqual(client.recv(65536), b"y" * size)

    def test_discard_takes_datagrams_and_says_nothing(self):
        discard, echo = self.client("discard"), self.client("echo")
        discard.send(b"anything")
        self.assertEqual(sockets.ask(echo, "in the meantime"), "in the meantime")
        self.assertTrue(sockets.has_nothing(discard))

    def test_chargen_answers_with_at_most_512_characters_of_the_ring(self):
        client = self.client("chargen")
        for _ in range(10):
            client.send(b"x" * 600)
            reply = client.recv(65536)
            self.assertLessEqual(len(reply), 512)
            self.assertGreater(len(reply), 0)
            characters = reply.replace(b"\r\n", b"")
            self.assertEqual(set(characters) - set(_RING), set())

    def test_daytime_and_time_answer_any_datagram(self):
        for data in (b"", b"what time is it?"):
            with self.subTest(data):
                before = time.time()
                for name, check in (("daytime", self.assert_is_daytime),
                                    ("time", self.assert_is_time)):
                    client = self.client(name)
                    client.send(data)
                    check(client.recv(65536), before)

    def test_datagrams_are_answered_on_ipv6_too(self):
        requires_ipv6()
        self.assertEqual(sockets.ask(self.client("echo", host="::1"), "six"), "six")

    def test_a_reply_leaves_from_the_address_that_was_asked(self):
        # A connected client hears only that address; the daemon is bound to any.
        for host in ("127.0.0.1", "127.0.0.2", "127.45.6.7"):
            with self.subTest(host):
                self.assertEqual(sockets.ask(self.client("echo", host=host), "here"), "here")


class LimitsOfDatagrams(unittest.TestCase):
    """What an open UDP service must survive."""

    def test_a_flood_of_datagrams_leaves_streams_served(self):
        datagrams, streams = free_ports(2)
        lines = [f"{datagrams} dgram udp4 wait {me()} internal echo",
                 f"{streams} stream tcp4 nowait {me()} internal echo"]
        with Daemon(lines) as daemon, sockets.datagram_client(datagrams) as client:
            for _ in range(20000):
                try:
                    client.send(b"z" * 1000)
                except (BlockingIOError, ConnectionRefusedError):
                    pass
            with sockets.connect(streams) as other:
                other.sendall(b"still here\n")
                self.assertEqual(sockets.read_line(other), "still here")
            self.assertEqual(len(daemon.roles("uvi-reactor")), 1)

    def test_a_datagram_from_a_port_of_our_own_built_ins_is_not_answered(self):
        # It could only be forged, to make two of them talk to each other for ever.
        echo, chargen = free_ports(2)
        lines = [f"127.0.0.1:{echo} dgram udp4 wait {me()} internal echo",
                 f"127.0.0.1:{chargen} dgram udp4 wait {me()} internal chargen"]
        with Daemon(lines), sockets.datagram_client(echo, source=("127.0.0.9", chargen)) as forger, \
                sockets.datagram_client(echo) as honest:
            forger.send(b"loop")
            self.assertEqual(sockets.ask(honest, "after"), "after")
            self.assertTrue(sockets.has_nothing(forger))
