# SPDX-License-Identifier: ISC
"""A classic inetd.conf, as it stands, on the real ports, with real clients of every line."""
import os
import unittest

from harness import sandbox, sockets
from harness.account import PASSWORD, USER, log_in, make_account
from harness.clients import Terminal, run_client
from harness.daemon import Daemon
from harness.surroundings import requires, requires_ipv6

_FILE = """\
# comments start with #
echo    stream  tcp  nowait  root    internal
echo    dgram  udp  wait   root    internal
chargen stream  tcp  nowait  root    internal
chargen dgram  udp  wait   root    internal
ftp     stream  tcp  nowait  root    /usr/sbin/ftpd ftpd -l
telnet  stream  tcp  nowait  root    /usr/sbin/telnetd telnetd
finger  stream  tcp  nowait  root    /usr/sbin/fingerd fingerd
# Authentication
auth    stream  tcp  nowait  nobody /usr/sbin/in.identd
        in.identd -l -e -o
# TFTP
tftp    dgram   udp  wait   root    /usr/sbin/tftpd tftpd -s
        /tftpboot
"""


class FoundingFile(unittest.TestCase):
    """The programs are there under the names of the file; the host is not changed."""

    @classmethod
    def setUpClass(cls):
        requires("ftpd", "telnetd", "in.fingerd", "nullidentd", "in.tftpd")
        sandbox.enter()
        sandbox.private_root(["/tftpboot"])
        sandbox.add_programs("/usr/sbin", {"fingerd": "in.fingerd", "tftpd": "in.tftpd"})
        # Debian has no identd that takes these three options; this one takes none.
        with open("/usr/sbin/in.identd", "w", encoding="ascii") as file:
            file.write('#!/bin/sh\n[ "$*" = "-l -e -o" ] && exec /usr/sbin/nullidentd\n')
        os.chmod("/usr/sbin/in.identd", 0o755)
        cls.home = make_account()
        with open("/tftpboot/served", "w", encoding="ascii") as file:
            file.write("booted\n" * 1000)
        os.chmod("/tftpboot/served", 0o644)
        cls.daemon = Daemon(_FILE, ["--dialect", "debian"])

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def test_echo_over_tcp(self):
        with sockets.connect(7) as client:
            client.sendall(b"hello\n")
            self.assertEqual(sockets.read_line(client), "hello")

    def test_echo_over_udp(self):
        with sockets.datagram_client(7) as client:
            self.assertEqual(sockets.ask(client, "hello"), "hello")

    def test_plain_tcp_is_ipv6_too(self):
        requires_ipv6()
        with sockets.connect(7, "::1") as client:
            client.sendall(b"hello\n")
            self.assertEqual(sockets.read_line(client), "hello")

    def test_chargen_over_tcp(self):
        with sockets.connect(19) as client:
            self.assertRegex(sockets.read_exactly(client, 740), rb"^( !\"#.{68}\r\n)")

    def test_chargen_over_udp(self):
        with sockets.datagram_client(19) as client:
            self.assertTrue(sockets.ask(client, "anything"))

    def test_ftp(self):
        with open(os.path.join(self.home, "served"), "w", encoding="ascii") as file:
            file.write("by ftp\n")
        done = run_client(requires("curl"), "-sS", "--user", f"{USER}:{PASSWORD}",
                          "ftp://127.0.0.1/served")
        self.assertEqual(done.stdout, "by ftp\n")

    def test_telnet(self):
        with Terminal(requires("inetutils-telnet"), "127.0.0.1") as terminal:
            log_in(terminal)
            terminal.type("echo answer $((6 * 7))")
            terminal.expect("answer 42")
            terminal.type("exit")  # not before: telnetd may drop what its shell said last
            terminal.expect("closed by foreign host")

    def test_finger(self):
        self.assertIn(USER, run_client(requires("finger"), f"{USER}@127.0.0.1").stdout)

    def test_auth(self):
        with sockets.connect(113) as client:
            client.sendall(b"6191, 23\r\n")
            reply = sockets.read_line(client)
        self.assertRegex(reply, r"^6191\s*,\s*23\s*:\s*USERID")

    def test_tftp(self):
        done = run_client(requires("curl"), "-sS", "tftp://127.0.0.1/served")
        self.assertEqual(done.stdout, "booted\n" * 1000)

    def test_all_lines_were_understood(self):
        self.assertNotRegex(self.daemon.log(), r"inetd\.conf:\d+:\d+: error")

    def test_the_file_survives_a_reload(self):
        self.assertRegex(self.daemon.reload(), r"added=0 removed=0 changed=0")
        self.test_echo_over_udp()

    def test_a_line_is_added_while_the_others_serve(self):
        self.assertRegex(self.daemon.reload(_FILE + "time stream tcp nowait root internal\n"),
                         r"added=1 removed=0 changed=0")
        self.assertEqual(len(sockets.fetch(37)), 4)
        self.assertRegex(self.daemon.reload(_FILE), r"added=0 removed=1 changed=0")
