# SPDX-License-Identifier: ISC
"""Rules of addresses where only the kernel sees the clients: wait servers and datagrams."""
import ctypes
import json
import os
import socket
import struct
import unittest

from harness import sockets
from harness.daemon import Daemon, StartFailed
from harness.surroundings import (free_port, free_ports, me, probe, requires_ipv6,
                                  requires_linux_build, shared_folder)
from harness.waiting import eventually, seconds

_SO_ATTACH_FILTER = 26
_FRIEND, _STRANGER = "127.0.0.1", "127.0.0.2"


def setUpModule():  # pylint: disable=invalid-name
    """Some hosts have one loopback address only."""
    requires_linux_build("filters no sockets")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            trial.bind((_STRANGER, 0))
    except OSError as error:
        raise unittest.SkipTest(f"no second loopback address here: {error}") from error


def service(listen, words, more, does=None):
    """A TOML file of one service."""
    does = does or f"exec = {json.dumps([probe(), *words])}"
    return (f'[services.x]\nlisten = {json.dumps(listen)}\n{does}\nuser = "{me()}"\n'
            f'stderr = "socket"\n{more}\n')


def client_from(source, port, host=_FRIEND):
    """A UDP socket of this address."""
    return sockets.datagram_client(port, host, (source, 0))


def may_filter_streams():
    """Whether the kernel lets us put a program on a TCP socket; one that lets everything in."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0xffffffff))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        try:
            trial.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER,
                             struct.pack("HP", 1, ctypes.addressof(program)))
        except PermissionError:
            return False
    return True


class WithFolder(unittest.TestCase):
    """A file that servers can write to."""

    def setUp(self):
        self.file = os.path.join(shared_folder(), "lines")

    def texts(self):
        """What has been read by servers."""
        return [line.get("text") for line in sockets.lines_of(self.file)]


class WaitServers(WithFolder):
    """The server has the socket, and gets what the rules let through."""

    def test_datagrams_of_strangers_never_reach_the_server(self):
        port = free_port()
        config = service(f"udp4://:{port}", ["wait-udp", self.file],
                         f'mode = "wait"\nallow = ["{_FRIEND}"]')
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            with client_from(_STRANGER, port) as stranger, client_from(_FRIEND, port) as friend:
                stranger.send(b"first")
                # Loopback delivers in order: what was let in of it would be counted.
                self.assertEqual(sockets.ask(friend, "hello").split()[0], "1")
                stranger.send(b"second")
                self.assertEqual(sockets.ask(friend, "again").split()[0], "2")
                self.assertTrue(sockets.has_nothing(stranger))
            daemon.assert_count(r"\bstart id=", 1)

    def test_the_most_specific_rule_decides_in_every_family(self):
        requires_ipv6()
        port = free_port()
        config = service([f"udp4://:{port}", f"udp6://[::1]:{port}"], ["wait-udp", self.file],
                         f'mode = "wait"\nallow = ["127.0.0.0/8"]\n'
                         f'deny = ["{_STRANGER}", "::1"]')
        with Daemon(config, file_name="uvinetd.toml"):
            with client_from(_STRANGER, port) as stranger, client_from("127.0.0.3", port) as friend:
                stranger.send(b"no")
                with sockets.datagram_client(port, "::1") as other:
                    other.send(b"no")
                    self.assertEqual(sockets.ask(friend, "hello").split()[0], "1")
                    self.assertTrue(sockets.has_nothing(other))
                self.assertTrue(sockets.has_nothing(stranger))

    def test_a_socket_of_both_families_knows_an_ipv4_client_as_one(self):
        requires_ipv6()
        port = free_port()
        config = service(f"udp://[::]:{port}", ["wait-udp", self.file],
                         f'mode = "wait"\nv6only = false\nallow = ["{_FRIEND}", "::1"]')
        with Daemon(config, file_name="uvinetd.toml"):
            with client_from(_STRANGER, port) as stranger:
                stranger.send(b"no")
            with client_from(_FRIEND, port) as friend:
                self.assertEqual(sockets.ask(friend, "four").split()[::2], ["1", "four"])
            with sockets.datagram_client(port, "::1") as other:
                self.assertEqual(sockets.ask(other, "six").split()[::2], ["2", "six"])

    def test_connections_of_strangers_are_never_made(self):
        port = free_port()
        config = service(f"tcp4://:{port}", ["wait-tcp", self.file],
                         f'mode = "wait"\ndeny = ["{_STRANGER}"]')
        if not may_filter_streams():
            with self.assertRaises(StartFailed) as failed:
                Daemon(config, file_name="uvinetd.toml")
            self.assertRegex(failed.exception.log,
                             r"uvinetd.toml:7:\d+: error: .*a filter.*\[not-enforceable-here\]")
            self.skipTest("this kernel keeps filters of TCP sockets for root")
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            stranger = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            with stranger:
                stranger.bind((_STRANGER, 0))
                stranger.setblocking(False)
                with self.assertRaises(BlockingIOError):
                    stranger.connect((_FRIEND, port))
                for text in ("one", "two"):
                    with sockets.connect(port) as friend:
                        friend.sendall(f"{text}\n".encode())
                        self.assertEqual(sockets.read_line(friend), text)
                # Its first packet was dropped before those of the others came.
                with self.assertRaises(OSError):
                    stranger.getpeername()
            daemon.assert_count(r"\bstart id=", 1)

    def test_new_rules_hold_for_the_running_server_and_nothing_queued_is_lost(self):
        port = free_port()

        def ruled(rules):
            return service(f"udp4://:{port}", ["wait-udp", self.file], f'mode = "wait"\n{rules}')
        with Daemon(ruled(f'allow = ["{_FRIEND}"]'), file_name="uvinetd.toml") as daemon:
            with client_from(_FRIEND, port) as friend, client_from(_STRANGER, port) as stranger:
                count, pid, _ = sockets.ask(friend, "hello").split()
                self.assertEqual(count, "1")
                os.kill(int(pid), 19)  # SIGSTOP: it reads nothing meanwhile
                friend.send(b"queued")
                daemon.reload(ruled(f'allow = ["{_STRANGER}"]'))
                friend.send(b"dropped")
                stranger.send(b"hello")
                os.kill(int(pid), 18)  # SIGCONT
                self.assertEqual(friend.recv(100).decode().split()[::2], ["2", "queued"])
                self.assertEqual(stranger.recv(100).decode().split()[::2], ["3", "hello"])
                daemon.reload(ruled(""))
                self.assertEqual(sockets.ask(friend, "back").split()[0], "4")
                self.assertEqual(sockets.ask(stranger, "too").split()[0], "5")
                daemon.reload(ruled("allow = []"))
                friend.send(b"nobody")
                daemon.reload(ruled(f'deny = ["{_STRANGER}"]'))
                self.assertEqual(sockets.ask(friend, "back").split()[0], "6")
            daemon.assert_count(r"\bstart id=", 1)

    def test_the_server_may_become_one_for_each_client_and_back(self):
        port = free_port()
        config = service(f"udp4://:{port}", ["dgram-once", self.file],
                         f'mode = "nowait"\nallow = ["{_FRIEND}"]')
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            daemon.reload(config.replace('"nowait"', '"wait"').replace("dgram-once", "wait-udp"))
            with client_from(_STRANGER, port) as stranger, client_from(_FRIEND, port) as friend:
                stranger.send(b"no")
                self.assertEqual(sockets.ask(friend, "hello").split()[0], "1")


class Datagrams(WithFolder):
    """A start for each datagram, and built-in services."""

    def test_strangers_cost_no_start(self):
        port = free_port()
        config = service(f"udp4://:{port}", ["dgram-once", self.file],
                         f'mode = "nowait"\nallow = ["{_FRIEND}"]')
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            with client_from(_STRANGER, port) as stranger, client_from(_FRIEND, port) as friend:
                for number in range(5):
                    stranger.send(b"no")
                    friend.send(f"{number}".encode())
                sockets.wait_for_lines(self.file, 5)
            eventually(lambda: daemon.count(r"\bexit id=") == 5)
            self.assertEqual(daemon.count(r"\bstart id="), 5)
        self.assertEqual(sorted(self.texts()), ["0", "1", "2", "3", "4"])

    def test_a_builtin_answers_friends(self):
        port = free_port()
        config = service(f"udp4://:{port}", [], f'deny = ["{_STRANGER}"]', 'internal = "echo"')
        with Daemon(config, file_name="uvinetd.toml"):
            with client_from(_STRANGER, port) as stranger, client_from(_FRIEND, port) as friend:
                stranger.send(b"no")
                self.assertEqual(sockets.ask(friend, "hello"), "hello")
                self.assertTrue(sockets.has_nothing(stranger))

    def test_rules_survive_the_reactor(self):
        port = free_port()
        config = service(f"udp4://:{port}", [], f'deny = ["{_STRANGER}"]', 'internal = "echo"')
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            daemon.replace_reactor()
            with client_from(_STRANGER, port) as stranger, client_from(_FRIEND, port) as friend:
                stranger.send(b"no")
                self.assertEqual(sockets.ask_until_answered(friend, "hello"), "hello")
                self.assertTrue(sockets.has_nothing(stranger))


class Refused(WithFolder):
    """What the kernel cannot know is told at its place, and the service is left out."""

    def test_rules_of_another_kind(self):
        for rule in ("host.example.org", ".example.org", "interface:lo", "file:/etc/uvinetd/rules"):
            with self.subTest(rule):
                self.assert_left_out(f'allow = ["{rule}"]', rule)

    def test_more_rules_than_there_is_room_for(self):
        rules = [f"10.{i // 100}.{i % 100 * 2}.0/24" for i in range(3000)]
        self.assert_left_out(f"deny = {json.dumps(rules)}", "so many rules")

    def assert_left_out(self, rules, said):
        """The daemon does not start, for there is no other service."""
        config = service(f"udp4://127.0.0.1:{free_port()}", ["wait-udp", self.file],
                         f'mode = "wait"\n{rules}')
        with self.assertRaises(StartFailed) as failed:
            Daemon(config, file_name="uvinetd.toml")
        self.assertEqual(failed.exception.status, 78)
        self.assertRegex(failed.exception.log,
                         rf"uvinetd.toml:7:\d+: error: .*{said}.*\[not-enforceable-here\]")

    def test_a_unix_socket(self):
        path = os.path.join(os.path.dirname(self.file), "socket")
        config = service(f"unix://{path}", ["wait-tcp", self.file],
                         'mode = "wait"\ndeny = ["10.0.0.0/8"]')
        with self.assertRaises(StartFailed) as failed:
            Daemon(config, file_name="uvinetd.toml")
        self.assertRegex(failed.exception.log, r"uvinetd.toml:7:\d+: error: .*Unix socket")


class ManyRules(WithFolder):
    """As many as fit are as good as one."""

    def test_some_hundreds_of_them(self):
        port, = free_ports(1)
        allow = [f"10.{i // 100}.{i % 100 * 2}.0/24" for i in range(300)] + [_FRIEND]
        config = service(f"udp4://:{port}", ["wait-udp", self.file],
                         f'mode = "wait"\nallow = {json.dumps(allow)}')
        with Daemon(config, file_name="uvinetd.toml"):
            with client_from(_STRANGER, port) as stranger, client_from(_FRIEND, port) as friend:
                friend.settimeout(seconds())
                stranger.send(b"no")
                self.assertEqual(sockets.ask(friend, "hello").split()[0], "1")


if __name__ == "__main__":
    unittest.main()
