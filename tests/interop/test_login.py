# SPDX-License-Identifier: ISC
"""Sessions and look-ups by real servers and clients: telnet, ssh, rsh, talk, finger, ident."""
import os
import socket
import struct
import unittest

from harness import sandbox, sockets
from harness.account import ID, USER, log_in, make_account
from harness.clients import Terminal, run_client
from harness.daemon import Daemon
from harness.ssh import SshKeys
from harness.surroundings import free_port, is_root, me, requires
from harness.waiting import seconds



def bind_reserved(client):
    """Binds to a port that only root may have; returns it."""
    for port in range(1023, 512, -1):
        try:
            client.bind(("", port))
            return port
        except OSError:
            pass
    raise AssertionError("no reserved port is free")


class WithAccount(unittest.TestCase):
    """Real ports and an account that only these tests see."""

    @classmethod
    def setUpClass(cls):
        sandbox.enter()
        cls.home = make_account()


class Telnet(WithAccount):
    """A login at a terminal, on both sides of the wire."""

    def test_a_user_logs_in_and_runs_a_command(self):
        server, client, _ = requires("telnetd", "inetutils-telnet", "login")
        with Daemon([f"telnet stream tcp nowait root {server} telnetd"]) as daemon:
            with Terminal(client, "127.0.0.1") as terminal:
                log_in(terminal)
                terminal.type("echo answer $((6 * 7)); tty")
                terminal.expect("answer 42")
                terminal.expect("/dev/pts/")
                terminal.type("exit")  # not before: telnetd may drop what its shell said last
                terminal.expect("closed by foreign host")
            daemon.wait_for_log(r"\bexit id=telnet/tcp\S* pid=\d+ status=")


class Rsh(WithAccount):
    """Reserved ports, and a second connection back to the client for its standard error."""

    def setUp(self):
        rhosts = os.path.join(self.home, ".rhosts")
        with open(rhosts, "w", encoding="ascii") as file:
            file.write("localhost root\n127.0.0.1 root\n")
        os.chmod(rhosts, 0o600)
        os.chown(rhosts, ID, ID)
        self.line = f"shell stream tcp nowait root {requires('in.rshd')} in.rshd"

    def test_the_client_runs_a_command(self):
        with Daemon([self.line]):
            done = run_client(requires("rsh-redone-rsh"), "-l", USER, "127.0.0.1", "cat; id -u",
                              text="by way of rsh\n")
        self.assertEqual(done.stdout, f"by way of rsh\n{ID}\n")

    def test_output_and_errors_come_back_apart(self):
        # By hand, as rcmd(3) does it: the client at hand writes nothing of what it reads as errors.
        with Daemon([self.line]), socket.socket() as errors:
            reserved = bind_reserved(errors)
            errors.listen()
            errors.settimeout(seconds())
            with socket.socket() as client:
                client.settimeout(seconds())
                bind_reserved(client)
                client.connect(("127.0.0.1", 514))
                command = "echo to output; echo to errors >&2; id -u"
                client.sendall(f"{reserved}\0root\0{USER}\0{command}\0".encode())
                second, peer = errors.accept()
                with second:
                    second.settimeout(seconds())
                    self.assertLess(peer[1], 1024)
                    self.assertEqual(client.recv(1), b"\0")
                    self.assertEqual(sockets.read_all(client), f"to output\n{ID}\n".encode())
                    self.assertEqual(sockets.read_all(second), b"to errors\n")


class Talk(WithAccount):
    """The talk daemon's datagrams, by hand and by the real client."""

    _LOOK_UP, _NOT_HERE = 1, 1

    def line(self):
        """The service, as Debian's package writes it."""
        return f"ntalk dgram udp4 wait nobody.tty {requires('in.ntalkd')} in.ntalkd"

    def test_a_look_up_is_answered(self):
        with Daemon([self.line()]), sockets.datagram_client(518) as client:
            host, port = client.getsockname()
            ours = struct.pack("!HH4s8x", 2, port, bytes(map(int, host.split("."))))
            request = struct.pack("!BBBBI16s16si12s12s16s", 1, self._LOOK_UP, 0, 0, 7, ours, ours,
                                  os.getpid(), b"root", b"nobody", b"")
            client.send(request)
            reply = client.recv(100)
        version, kind, _answer = struct.unpack("!BBB", reply[:3])
        self.assertEqual((version, kind), (1, self._LOOK_UP))

    def test_the_client_learns_that_the_other_party_is_absent(self):
        client = requires("netkit-ntalk")
        with Daemon([self.line()]), Terminal(client, f"{USER}@localhost") as terminal:
            terminal.expect(r"(?i)party is not logged on|not logged in")


class Finger(WithAccount):
    """RFC 1288."""

    def test_a_user_is_described(self):
        server, client = requires("in.fingerd", "finger")
        with Daemon([f"finger stream tcp nowait nobody {server} in.fingerd"]):
            done = run_client(client, f"{USER}@127.0.0.1")
            self.assertRegex(done.stdout, rf"Login: {USER}\s+Name: Test Account")
            self.assertIn(b"Login", sockets.fetch(79, request=b"root\r\n"))


class Ident(WithAccount):
    """RFC 1413."""

    def test_a_query_is_answered_in_one_line(self):
        server = requires("nullidentd")
        with Daemon([f"auth stream tcp nowait nobody {server} nullidentd"]), \
                sockets.connect(113) as client:
            client.sendall(b"6191, 23\r\n")
            reply = sockets.read_line(client)
        self.assertRegex(reply, r"^6191\s*,\s*23\s*:\s*USERID\s*:\s*\S+\s*:\s*\S+\s*$")


class Ssh(unittest.TestCase):
    """sshd -i with keys made for the test; as root and as anybody."""

    @classmethod
    def setUpClass(cls):
        cls.server, *_ = requires("sshd", "ssh", "ssh-keygen")
        if is_root():
            sandbox.enter()
            os.mkdir("/run/sshd", 0o755)
        cls.keys = SshKeys()
        cls.config = cls.keys.make_all()

    def test_a_key_opens_a_session_that_runs_a_command(self):
        port = free_port()
        line = f"{port} stream tcp4 nowait {me()} {self.server} sshd -i -f {self.config}"
        with Daemon([line]) as daemon:
            for turn in range(3):
                done = self.keys.command(port, f"cat; echo turn {turn}; echo $SSH_CONNECTION",
                                         text="from the client\n")
                self.assertRegex(done.stdout,
                                 rf"^from the client\nturn {turn}\n127\.0\.0\.1 \d+ 127\.0\.0\.1 "
                                 rf"{port}\n$")
            daemon.assert_count(rf"\bstart id={port}/tcp", 3)
