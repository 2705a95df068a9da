# SPDX-License-Identifier: ISC
"""hosts.allow and hosts.deny, by way of the real tcpd: allowed, denied, and what cannot be asked.

tcpd waits five seconds before it leaves a client that it refuses: few are refused here.
"""
import json
import os
import re
import socket
import textwrap
import unittest

from harness import sandbox, sockets
from harness.daemon import Daemon, StartFailed
from harness.surroundings import (free_port, free_ports, me, probe, requires, requires_root,
                                  shared_folder, temporary_folder)
from harness.waiting import eventually, seconds

_FILES = ("/etc/hosts.allow", "/etc/hosts.deny")
_FRIEND, _STRANGER = "127.0.0.1", "127.0.0.2"


def setUpModule():  # pylint: disable=invalid-name
    """Files of our own in the place of the host's."""
    requires_root("replaces hosts.allow and hosts.deny in a namespace")
    requires("tcpd")
    for path in _FILES:
        if not os.path.exists(path):
            raise unittest.SkipTest(f"there is no {path} to put another in its place")
    sandbox.enter()
    folder = temporary_folder()
    for path in _FILES:
        own = os.path.join(folder, os.path.basename(path))
        with open(own, "w", encoding="ascii"):
            pass
        os.chmod(own, 0o644)
        sandbox.bind(own, path)
    with open("/etc/hosts", "a", encoding="ascii") as hosts:  # tcpd asks for the name of a client
        hosts.write(f"{_FRIEND} localhost\n{_STRANGER} stranger.example\n")


def write(allow, deny):
    """New rules, which tcpd reads for each client."""
    for path, text in zip(_FILES, (allow, deny)):
        with open(path, "w", encoding="ascii") as file:
            file.write(text + "\n")


def fetch_from(source, port):
    """All that a server says to a client of this address."""
    with socket.create_connection((_FRIEND, port), seconds(), (source, 0)) as client:
        return sockets.read_all(client)


class WithRules(unittest.TestCase):
    """The probe may be asked by one address only."""

    def setUp(self):
        write(f"probe: {_FRIEND}", "ALL: ALL")

    def assert_is_guarded(self, port):
        """One client is served, by the program itself, and the other is not."""
        self.assertEqual(json.loads(fetch_from(_FRIEND, port))["argv"], ["probe", "report"])
        self.assertEqual(fetch_from(_STRANGER, port), b"")


class Streams(WithRules):
    """Services of TCP."""

    def config(self, port, more=""):
        """A wrapped probe in TOML."""
        return textwrap.dedent(f"""\
            [services.x]
            listen = "tcp4://:{port}"
            exec = ["{probe()}", "report"]
            user = "{me()}"
            stderr = "socket"
            libwrap = "probe"
            """) + more

    def test_the_friend_is_served_and_the_stranger_is_not(self):
        port = free_port()
        with Daemon(self.config(port), file_name="uvinetd.toml"):
            self.assert_is_guarded(port)

    def test_new_rules_hold_without_a_reload(self):
        port = free_port()
        with Daemon(self.config(port), file_name="uvinetd.toml"):
            self.assert_is_guarded(port)
            write(f"probe: {_STRANGER}", "ALL: ALL")
            self.assertEqual(fetch_from(_FRIEND, port), b"")
            self.assertEqual(json.loads(fetch_from(_STRANGER, port))["argv"], ["probe", "report"])

    def test_the_server_is_as_without_tcpd(self):
        port, plain = free_ports(2)
        own = ("pid", "ppid", "sid", "pgid", "fds", "socket")  # each has its own
        config = self.config(port) + self.config(plain).replace("services.x", "services.y").replace(
            'libwrap = "probe"', "")
        with Daemon(config, file_name="uvinetd.toml"):
            wrapped, other = (json.loads(fetch_from(_FRIEND, each)) for each in (port, plain))
            for each in (wrapped, other):
                self.assertEqual([fd["fd"] for fd in each["fds"]], [0, 1, 2])
                each["environment"] = [variable for variable in each["environment"]
                                       if not re.match(r"\w*PORT=", variable)]
                for key in own:
                    del each[key]
            self.assertEqual(wrapped, other)

    def test_a_parked_program_is_never_the_way_around_it(self):
        port = free_port()
        with Daemon(self.config(port), ["--start", "zygote"], file_name="uvinetd.toml"):
            for _ in range(2):
                self.assert_is_guarded(port)


class Datagrams(WithRules):
    """Services of UDP: tcpd looks at the first datagram and leaves it where it is."""

    def line(self, port, wait, *arguments):
        """One of an inetd.conf."""
        return f"{port} dgram udp4 {wait} {me()} {probe()} probe {' '.join(arguments)}"

    def test_a_wait_server_starts_for_a_friend_only(self):
        port = free_port()
        file = os.path.join(shared_folder(), "lines")
        with Daemon([self.line(port, "wait", "wait-udp", file)], ["-w"]) as daemon:
            with sockets.datagram_client(port, source=(_STRANGER, 0)) as stranger:
                for turn in (1, 2):
                    stranger.send(b"let me in")
                    eventually(lambda turn=turn: daemon.count(r"\bexit id=") == turn,
                               what=lambda: f"the end of tcpd in:\n{daemon.log()}")
                self.assertTrue(sockets.has_nothing(stranger))
            for turn in range(2):
                with sockets.datagram_client(port, source=(_FRIEND, 0)) as friend:
                    self.assertEqual(sockets.ask(friend, "hello").split()[::2], ["1", "hello"])
                    self.assertEqual(sockets.ask(friend, "quit").split()[0], "2")
                eventually(lambda turn=turn: daemon.count(r"\bexit id=") == 3 + turn)

    def test_a_server_for_each_datagram_starts_for_those_of_friends(self):
        port = free_port()
        file = os.path.join(shared_folder(), "lines")
        with Daemon([self.line(port, "nowait", "dgram-once", file)], ["-w"]) as daemon:
            with sockets.datagram_client(port, source=(_STRANGER, 0)) as stranger:
                stranger.send(b"let me in")
                daemon.assert_count(r"\bexit id=", 1)
            with sockets.datagram_client(port, source=(_FRIEND, 0)) as friend:
                friend.send(b"hello")
                self.assertEqual(sockets.wait_for_lines(file, 1)[0]["text"], "hello")
                daemon.assert_count(r"\bexit id=", 2)
        self.assertEqual(len(sockets.lines_of(file)), 1)


class Options(WithRules):
    """-l, -w and -W, and what xinetd does of itself."""

    def lines(self, port, echo):
        """A program and a built-in service."""
        return [f"{port} stream tcp4 nowait {me()} {probe()} probe report",
                f"{echo} stream tcp4 nowait root internal echo"]

    def echoes(self, port):
        """Whether the built-in answers a stranger."""
        with socket.create_connection((_FRIEND, port), seconds(), (_STRANGER, 0)) as client:
            client.sendall(b"hello")
            return sockets.read_exactly(client, 5) == b"hello"

    def test_w_and_l_are_about_programs(self):
        for option in ("-w", "-l"):
            with self.subTest(option):
                port, echo = free_ports(2)
                with Daemon(self.lines(port, echo), [option, "--dialect", "debian"],
                            log_connections=False) as daemon:
                    self.assert_is_guarded(port)
                    self.assertTrue(self.echoes(echo))
                    if option == "-l":
                        daemon.wait_for_log(r"\bstart id=")
                self.assertEqual(daemon.count(r"\bstart id=") > 0, option == "-l")

    def test_without_them_nobody_is_asked_about(self):
        port, echo = free_ports(2)
        with Daemon(self.lines(port, echo), ["-l", "--dialect", "freebsd"]):
            self.assertEqual(json.loads(fetch_from(_STRANGER, port))["argv"], ["probe", "report"])

    def test_a_builtin_service_that_is_to_be_wrapped_is_left_out(self):
        port, echo = free_ports(2)
        with Daemon(self.lines(port, echo), ["-wW"]) as daemon:
            self.assert_is_guarded(port)
            with self.assertRaises(ConnectionRefusedError):
                sockets.connect(echo)
            daemon.wait_for_log(r"inetd.conf:2:\d+: error: .*cannot be started through tcpd.*"
                                r'"allow" and "deny".*\[libwrap\]')

    def xinetd_service(self, name, port, flags):
        """The probe in an xinetd file."""
        return textwrap.dedent(f"""\
            service {name}
            {{
                type = UNLISTED
                port = {port}
                flags = IPv4 {flags}
                socket_type = stream
                wait = no
                user = {me()}
                server = {probe()}
                server_args = report
            }}
            """)

    def test_an_xinetd_service_is_wrapped_where_there_are_rules_unless_it_says_not(self):
        asked, free = free_ports(2)
        config = (self.xinetd_service("asked", asked, "") +
                  self.xinetd_service("free", free, "NOLIBWRAP"))
        with Daemon(config, file_name="xinetd.conf") as daemon:
            self.assert_is_guarded(asked)
            self.assertEqual(json.loads(fetch_from(_STRANGER, free))["argv"], ["probe", "report"])
            self.assertRegex(daemon.log(), r"note: .*\[hosts-access\]")
        write("# none", "# at all")
        with Daemon(config, file_name="xinetd.conf"):
            self.assertEqual(json.loads(fetch_from(_STRANGER, asked))["argv"], ["probe", "report"])

    def test_a_name_that_tcpd_would_not_ask_for_leaves_the_service_out(self):
        port = free_port()
        config = self.xinetd_service("x", port, "").replace("wait =", "libwrap = other\n    wait =")
        with self.assertRaises(StartFailed) as failed:
            Daemon(config, file_name="xinetd.conf")
        self.assertEqual(failed.exception.status, 78)
        self.assertRegex(failed.exception.log,
                         r'xinetd.conf:7:\d+: error: .*"probe", not as "other"')


if __name__ == "__main__":
    unittest.main()
