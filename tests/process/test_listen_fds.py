# SPDX-License-Identifier: ISC
"""Servers that get all sockets of their service, as sd_listen_fds(3) finds them."""
import json
import os
import signal
import subprocess
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.surroundings import bin_dir, free_ports, me, probe, shared_folder
from harness.waiting import eventually, seconds


class WithSockets(unittest.TestCase):
    """A service with a tcp, a udp and a unix socket."""

    def setUp(self):
        self.folder = shared_folder()
        self.file = os.path.join(self.folder, "reports")
        self.path = os.path.join(self.folder, "socket")
        self.tcp, self.udp, self.other = free_ports(3)

    def listen(self):
        """In an order of their own."""
        return [f"udp4://127.0.0.1:{self.udp}", f"web=tcp4://127.0.0.1:{self.tcp}",
                f"unix://{self.path}"]

    def config(self, listen=None, more=""):
        """The file with that service."""
        return (f"[services.app]\nlisten = {json.dumps(listen or self.listen())}\n"
                f"mode = \"wait\"\nlisten_fds = true\nuser = \"{me()}\"\n"
                f"exec = {json.dumps([probe(), 'listen', self.file])}\n{more}")

    def daemon(self, config=None, **more):
        """Runs it."""
        return Daemon(config or self.config(), file_name="uvinetd.toml", **more)

    def reports(self):
        """What each server so far has found."""
        return sockets.lines_of(self.file)

    def over_tcp(self, *lines, port=None):
        """The last answer; the server has read all lines when this returns."""
        with sockets.connect(port or self.tcp) as client:
            answer = None
            for line in lines:
                client.sendall(line.encode() + b"\n")
                answer = sockets.read_line(client)
            return answer

    def over_udp(self, text):
        """The answer to a datagram."""
        with sockets.datagram_client(self.udp) as client:
            return sockets.ask(client, text).strip()

    def over_unix(self):
        """The answer at the path."""
        with sockets.connect_unix(self.path) as client:
            client.sendall(b"where\n")
            return sockets.read_line(client)

    def answers_by(self, turn):
        """Whether a server of that turn answers at the path, where there may be no socket now."""
        try:
            return self.over_unix().split()[0] == turn
        except OSError:
            return False

    def end_server(self, daemon, turn):
        """The server ends well, and the daemon knows."""
        self.over_udp("leave")
        eventually(lambda: daemon.count(r"\bexit id=app") == turn)


class GivenSockets(WithSockets):
    """The state of the server."""

    def test_all_sockets_come_in_their_order_with_their_names(self):
        with self.daemon():
            index, name, _ = self.over_tcp("where").split()
            self.assertEqual((index, name), ("1", "web"))
            self.assertEqual(self.over_udp("x").split()[:2], ["0", "app"])
            self.assertEqual(self.over_unix().split()[:2], ["2", "app"])

    def test_the_variables_are_those_of_this_server(self):
        outside = {**os.environ, "LISTEN_FDS": "7", "LISTEN_PID": "1", "LISTEN_FDNAMES": "evil"}
        config = self.config(more='pass_env = true\nenv = { LISTEN_FDS = "9", OTHER = "kept" }\n')
        with self.daemon(config, environment=outside):
            pid = self.over_tcp("where").split()[2]
        variables = self.reports()[0]["environment"]
        listen = sorted(each for each in variables if each.startswith("LISTEN_"))
        self.assertEqual(listen, ["LISTEN_FDNAMES=app:web:app", "LISTEN_FDS=3",
                                  f"LISTEN_PID={pid}"])
        self.assertIn("OTHER=kept", variables)
        self.assertFalse([each for each in variables if each.startswith(("PROTO=", "TCPLOCAL"))])

    def test_there_is_no_other_descriptor_and_all_sockets_block(self):
        with self.daemon() as daemon:
            pid = int(self.over_tcp("where").split()[2])
            report = self.reports()[0]
            self.assertEqual(sorted(int(each) for each in procfs.descriptors(pid) if int(each) < 6),
                             list(range(6)))
            for fd in range(2):
                self.assertEqual(os.readlink(f"/proc/{pid}/fd/{fd}"), "/dev/null")
            self.assertIn("socket:", os.readlink(f"/proc/{pid}/fd/2"))  # to the log
            for fd in range(3, 6):
                with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
                    flags = int(info.read().split("flags:")[1].split()[0], 8)
                self.assertEqual(flags & os.O_NONBLOCK, 0)
            self.assertEqual(len(report["fds"]), 6)
            self.assertEqual(len(daemon.servers()), 1)

    def test_sixty_four_sockets_go_to_one_server(self):
        listen = [f"unix://{self.folder}/{number}" for number in range(62)]
        with self.daemon(self.config(listen + self.listen()[:2])):
            self.assertEqual(self.over_tcp("where").split()[0], "63")
            with sockets.connect_unix(f"{self.folder}/61") as client:
                client.sendall(b"where\n")
                self.assertEqual(sockets.read_line(client).split()[0], "61")


class Together(WithSockets):
    """One gate for all of them."""

    def test_any_socket_starts_one_server_and_each_next_one(self):
        with self.daemon() as daemon:
            for turn, ask in enumerate((lambda: self.over_udp("x"), self.over_unix,
                                        lambda: self.over_tcp("where")), 1):
                pid = ask().split()[2]
                self.assertEqual(self.over_tcp("where").split()[2], pid)
                self.assertEqual(self.over_unix().split()[2], pid)
                self.end_server(daemon, turn)
            self.assertEqual(daemon.starts("app"), 3)

    def test_what_comes_to_another_socket_in_between_starts_the_next(self):
        with self.daemon() as daemon:
            first = self.over_tcp("where").split()[2]
            with sockets.connect(self.tcp) as last, sockets.connect_unix(self.path) as queued:
                last.sendall(b"leave\n")
                queued.sendall(b"where\n")
                index, _, second = sockets.read_line(queued).split()
            self.assertEqual(index, "2")
            self.assertNotEqual(second, first)
            daemon.assert_count(r"\bstart id=app ", 2)

    def test_a_socket_that_was_spoilt_is_mended_for_the_next_server(self):
        with self.daemon() as daemon:
            self.over_tcp("spoil")
            with sockets.connect_unix(self.path) as client:
                client.sendall(b"spoil\n")
                sockets.read_line(client)
            self.end_server(daemon, 1)
            eventually(lambda: self.answers_by("2"), what="a socket at the path again")
            self.assertEqual(self.over_tcp("where").split()[0], "1")

    def test_a_server_that_fails_backs_off_with_all_its_sockets(self):
        config = self.config().replace('"listen",', '"exit",').replace(json.dumps(self.file), '"3"')
        with self.daemon(config) as daemon, sockets.connect(self.tcp):
            daemon.wait_for_log(r"pause id=app reason=failing")
            daemon.wait_for_log(r"resume id=app reason=failing")


class Changes(WithSockets):
    """A reload while a server has the sockets."""

    def test_the_server_keeps_what_it_has_and_the_next_gets_the_new_set(self):
        with self.daemon() as daemon:
            pid = self.over_tcp("where").split()[2]
            new = [f"tcp4://127.0.0.1:{self.other}", *self.listen()[:2]]
            self.assertIn("changed=1", daemon.reload(self.config(new)))
            self.assertEqual(self.over_tcp("where").split()[2], pid)
            with sockets.connect(self.other) as queued:
                queued.sendall(b"where\n")
                self.assertEqual(self.over_udp("x").split()[2], pid)
                self.assertEqual(daemon.starts("app"), 1)
                self.end_server(daemon, 1)
                index, _, second = sockets.read_line(queued).split()
            self.assertEqual(index, "0")
            self.assertNotEqual(second, pid)
            self.assertEqual(self.over_tcp("where").split()[0], "2")

    def test_all_sockets_may_be_replaced(self):
        with self.daemon() as daemon:
            self.over_tcp("where")
            server = daemon.servers()[0]
            daemon.reload(self.config([f"tcp4://127.0.0.1:{self.other}"]))
            with sockets.connect(self.other) as queued:
                queued.sendall(b"where\n")
                self.assertEqual(daemon.starts("app"), 1)
                os.kill(server, signal.SIGTERM)
                self.assertEqual(sockets.read_line(queued).split()[0], "0")

    def test_the_sockets_can_go_to_servers_one_by_one_again(self):
        with self.daemon(self.config(self.listen()[1:2])) as daemon:
            self.over_tcp("where")
            server = daemon.servers()[0]
            plain = self.config(self.listen()[1:2]).replace("listen_fds = true\n", "")
            daemon.reload(plain.replace('"listen"', '"wait-tcp"'))
            os.kill(server, signal.SIGTERM)
            eventually(lambda: daemon.count(r"\bexit id=app") == 1)
            with sockets.connect(self.tcp) as client:
                client.sendall(b"echo\nleave\n")
                self.assertEqual(sockets.read_line(client), "echo")


class Replacement(WithSockets):
    """A role that is killed while a server has the sockets."""

    def test_no_second_server_is_started(self):
        for role in ("uvi-reactor", "uvi-launcher"):
            with self.subTest(role), self.daemon() as daemon:
                pid = self.over_tcp("where").split()[2]
                # Before that nobody knows whether there is one (spawn/README.md).
                daemon.wait_for_log(r"\bstart id=app")
                old = daemon.roles(role)
                for each in old:
                    os.kill(each, signal.SIGKILL)
                eventually(lambda: not set(old) & set(daemon.roles(role)))
                daemon.reactor()
                self.assertIn("kept=1", daemon.reload())
                for _ in range(3):
                    self.assertEqual(self.over_unix().split()[2], pid)
                    self.assertEqual(self.over_udp("x").split()[2], pid)
                self.end_server(daemon, 1)
                self.assertNotEqual(self.over_unix().split()[2], pid)
                self.over_udp("leave")


class Refused(WithSockets):
    """What cannot be is said at its place."""

    def check(self, config):
        """What --check says, and its status."""
        path = os.path.join(self.folder, "check.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        os.chmod(path, 0o644)
        done = subprocess.run([os.path.join(bin_dir(), "uvinetd"), "--check", path], text=True,
                              capture_output=True, timeout=seconds(), check=False)
        return done.returncode, done.stdout + done.stderr

    def test_bad_settings(self):
        good = self.config()
        many = [f"unix:///run/{number}" for number in range(65)]
        for config, expected in (
                (good.replace('"wait"', '"nowait"'), r":4:14: error: .*wait services.*\[listen-fds\]"),
                (self.config(many), r":4:14: error: .*64 sockets at most, not 65 \[listen-fds\]"),
                (good.replace("services.app", 'services."a:b"').replace("web=", ""),
                 r":4:14: error: .*cannot be the name.*\[listen-fds\]"),
                (good.replace("web=", "w b="), r":2:.*error: .*no name of a socket.*\[listen\]"),
                (good.replace("web=", "="), r":2:.*error: .*no name of a socket.*\[listen\]"),
                (good.replace("listen_fds = true\n", ""), r":2:10: error: .*one kind.*\[listen\]"),
                ("[defaults]\nlisten_fds = true\n" + good, r":2:1: error: .*\[defaults\]")):
            with self.subTest(expected):
                status, said = self.check(config)
                self.assertEqual(status, 78, said)
                self.assertRegex(said, expected.replace('"', ""))

    def test_a_name_without_listen_fds_has_no_effect(self):
        status, said = self.check(self.config(self.listen()[1:2]).replace("listen_fds = true\n", ""))
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"warning: .*web.*\[no-effect\]")


if __name__ == "__main__":
    unittest.main()
