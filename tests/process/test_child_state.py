# SPDX-License-Identifier: ISC
"""The state in which a server starts: uvinetd(8), THE STATE OF A SERVER."""
import json
import os
import resource
import signal
import socket
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.surroundings import (free_port, free_ports, is_root, me, probe, requires_ipv6,
                                  requires_root, shared_folder, spawner)

_RDWR = os.O_RDWR
_ENOTCONN = 107
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Left ignored by glibc's posix_spawn: its own two signals, which no program may use.
_GLIBC_SIGNALS = (1 << 31) | (1 << 32)
_NOFILE = (777, 2000)


def environment_of(report):
    """The environment as a dictionary; a name that occurs twice is an error."""
    pairs = [word.split("=", 1) for word in report["environment"]]
    assert len(dict(pairs)) == len(pairs), report["environment"]
    return dict(pairs)


class HostileStart:
    """Starts a daemon from surroundings of which nothing may reach a server."""

    def __init__(self):
        self.extra = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in self.extra:
            os.close(number)

    def arguments(self):
        """Keyword arguments for Daemon."""
        variables = {"NOTIFY_SOCKET": "/nonexistent/notify", "WATCHDOG_USEC": "9000000000",
                     "WATCHDOG_PID": "1", "LISTEN_PID": "1", "LISTEN_FDS": "1",
                     "LISTEN_FDNAMES": "x", "INVOCATION_ID": "5" * 32, "JOURNAL_STREAM": "8:1",
                     "MAINPID": "1", "SYSTEMD_EXEC_PID": "1", "CREDENTIALS_DIRECTORY": "/x",
                     "TCPREMOTEIP": "192.0.2.1", "REMOTE_HOST": "stale", "PROTO": "stale"}
        return {"environment": dict(os.environ, MY_OWN="kept only with -E", **variables),
                "cwd": "/usr", "preexec": self._spoil, "pass_fds": self.extra}

    @staticmethod
    def _spoil():
        os.umask(0o177)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGWINCH, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGALRM})
        resource.setrlimit(resource.RLIMIT_NOFILE, _NOFILE)


class ChildState(unittest.TestCase):
    """What is the same for every kind of socket, asked of servers of each kind."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.tcp4, cls.tcp6, cls.udp_wait, cls.tcp_wait = free_ports(4)
        cls.folder = shared_folder()
        cls.unix_path = os.path.join(cls.folder, "stream")
        cls.udp_file = os.path.join(cls.folder, "udp")
        cls.tcp_wait_file = os.path.join(cls.folder, "tcp-wait")
        lines = [
            f"{cls.tcp4} stream tcp4 nowait {me()} {probe()} probe report",
            f"{cls.tcp6} stream tcp6 nowait {me()} {probe()} probe report",
            f"{cls.unix_path} stream unix nowait {me()} {probe()} probe report",
            f"{cls.udp_wait} dgram udp4 wait {me()} {probe()} probe wait-udp {cls.udp_file}",
            f"{cls.tcp_wait} stream tcp4 wait {me()} {probe()} probe wait-tcp {cls.tcp_wait_file}",
        ]
        with HostileStart() as start:
            cls.daemon = Daemon(lines, **start.arguments())

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def report_over_udp_wait(self):
        """The report of the wait server of the UDP socket."""
        with sockets.datagram_client(self.udp_wait) as client:
            sockets.ask(client, "hello")
        return sockets.wait_for_lines(self.udp_file, 1)[-1]

    def report_over_tcp_wait(self):
        """The report of the wait server that has the TCP listener."""
        with sockets.connect(self.tcp_wait) as client:
            client.sendall(b"pid\n")
            sockets.read_line(client)
        return sockets.wait_for_lines(self.tcp_wait_file, 1)[-1]

    def report_over_unix(self):
        """The report of a server of the Unix-domain socket."""
        with sockets.connect_unix(self.unix_path) as client:
            return json.loads(sockets.read_all(client))

    def every_report(self):
        """(kind, report) for each kind of service."""
        yield "tcp4", sockets.fetch_report(self.tcp4)
        yield "unix", self.report_over_unix()
        yield "udp wait", self.report_over_udp_wait()
        yield "tcp wait", self.report_over_tcp_wait()
        if socket.has_ipv6:
            try:
                report = sockets.fetch_report(self.tcp6, "::1")
            except OSError:
                return
            yield "tcp6", report

    def test_only_the_socket_is_open_as_0_1_and_2(self):
        for kind, report in self.every_report():
            with self.subTest(kind):
                self.assertEqual([fd["fd"] for fd in report["fds"]], [0, 1, 2])
                self.assertTrue(report["one_socket"], report["fds"])
                for fd in report["fds"]:
                    self.assertEqual(fd["kind"], "socket")
                    self.assertEqual(fd["access"], _RDWR)
                    self.assertFalse(fd["cloexec"], fd)

    def test_the_socket_is_blocking(self):
        for kind, report in self.every_report():
            with self.subTest(kind):
                self.assertFalse(report["socket"]["nonblock"])
                self.assertFalse(any(fd["nonblock"] for fd in report["fds"]))

    def test_no_signal_is_blocked_ignored_or_caught(self):
        for kind, report in self.every_report():
            with self.subTest(kind):
                self.assertEqual(int(report["SigBlk"], 16), 0)
                left = 0 if spawner() == "clone" else _GLIBC_SIGNALS
                self.assertEqual(int(report["SigIgn"], 16) & ~left, 0)
                self.assertEqual(int(report["SigCgt"], 16), 0)

    def test_the_server_leads_its_own_session(self):
        for kind, report in self.every_report():
            with self.subTest(kind):
                self.assertEqual(report["sid"], report["pid"])
                self.assertEqual(report["pgid"], report["pid"])

    def test_its_parent_is_a_launcher(self):
        for kind, report in self.every_report():
            with self.subTest(kind):
                self.assertIn(report["ppid"], self.daemon.launchers())

    def test_the_descriptor_limit_is_the_one_the_daemon_was_started_with(self):
        for kind, report in self.every_report():
            with self.subTest(kind):
                self.assertEqual(report["nofile"], list(_NOFILE))

    def test_directory_umask_and_nice_are_the_plain_ones(self):
        for kind, report in self.every_report():
            with self.subTest(kind):
                self.assertEqual(report["cwd"], "/")
                self.assertEqual(report["umask"], 0o022)
                self.assertEqual(report["nice"], os.getpriority(os.PRIO_PROCESS, 0))

    def test_the_server_is_dumpable_and_may_gain_privileges(self):
        for kind, report in self.every_report():
            with self.subTest(kind):
                # A program that its user cannot read is never dumpable; ours can be read.
                self.assertEqual(report["dumpable"], 1)
                self.assertEqual(report["NoNewPrivs"], procfs.status(os.getpid())["NoNewPrivs"])
                self.assertEqual(report["TracerPid"], "0")

    def test_ids_are_those_of_the_user_real_effective_and_saved(self):
        for kind, report in self.every_report():
            with self.subTest(kind):
                self.assertEqual([report["uid"], report["euid"], report["suid"]],
                                 [os.getuid()] * 3)
                self.assertEqual([report["gid"], report["egid"], report["sgid"]],
                                 [os.getgid()] * 3)

    def test_arguments_arrive_as_written(self):
        self.assertEqual(sockets.fetch_report(self.tcp4)["argv"], ["probe", "report"])

    def test_a_nowait_server_has_a_connected_stream_with_both_addresses(self):
        for port, host, family, domain in ((self.tcp4, "127.0.0.1", "inet", socket.AF_INET),
                                           (self.tcp6, "::1", "inet6", socket.AF_INET6)):
            with self.subTest(host):
                if domain == socket.AF_INET6:
                    requires_ipv6()
                with sockets.connect(port, host) as client:
                    report = json.loads(sockets.read_all(client))["socket"]
                    ours = client.getsockname()[:2]
                self.assertEqual(report["type"], socket.SOCK_STREAM)
                self.assertEqual(report["domain"], domain)
                self.assertEqual(report["listening"], 0)
                self.assertEqual(report["local"], {"family": family, "address": host, "port": port})
                self.assertEqual(report["peer"],
                                 {"family": family, "address": ours[0], "port": ours[1]})

    def test_a_unix_server_has_a_connected_stream(self):
        report = self.report_over_unix()["socket"]
        self.assertEqual((report["type"], report["domain"], report["listening"]),
                         (socket.SOCK_STREAM, socket.AF_UNIX, 0))
        self.assertEqual(report["local"]["path"], self.unix_path)
        self.assertEqual(report["peer"]["family"], "unix")

    def test_a_wait_server_of_a_stream_has_the_listener(self):
        report = self.report_over_tcp_wait()["socket"]
        self.assertEqual((report["type"], report["listening"]), (socket.SOCK_STREAM, 1))
        self.assertEqual(report["local"]["port"], self.tcp_wait)
        self.assertEqual(report["peer"], {"errno": _ENOTCONN})

    def test_a_wait_server_of_datagrams_has_the_unconnected_socket(self):
        report = self.report_over_udp_wait()["socket"]
        self.assertEqual((report["type"], report["listening"]), (socket.SOCK_DGRAM, 0))
        self.assertEqual(report["local"]["port"], self.udp_wait)
        self.assertEqual(report["peer"], {"errno": _ENOTCONN})

    def fixed_environment(self):
        """The variables that every server has."""
        home, shell = "/", "/bin/sh"
        for line in open("/etc/passwd", encoding="utf-8"):  # pylint: disable=consider-using-with
            fields = line.rstrip("\n").split(":")
            if fields[0] == me():
                home, shell = fields[5], fields[6] or shell
        return {"PATH": _PATH, "HOME": home, "USER": me(), "LOGNAME": me(), "SHELL": shell}

    def test_the_environment_of_a_tcp_server_is_exactly_the_documented_one(self):
        for port, host in ((self.tcp4, "127.0.0.1"), (self.tcp6, "::1")):
            with self.subTest(host):
                if ":" in host:
                    requires_ipv6()
                with sockets.connect(port, host) as client:
                    report = json.loads(sockets.read_all(client))
                    peer_host, peer_port = client.getsockname()[:2]
                expected = dict(self.fixed_environment(), PROTO="TCP", TCPLOCALIP=host,
                                TCPLOCALPORT=str(port), TCPREMOTEIP=peer_host,
                                TCPREMOTEPORT=str(peer_port), REMOTE_ADDR=peer_host,
                                REMOTE_PORT=str(peer_port), REMOTE_HOST=peer_host)
                self.assertEqual(environment_of(report), expected)

    def test_a_wait_server_has_no_variable_about_a_peer(self):
        for report, proto in ((self.report_over_udp_wait(), "UDP"),
                              (self.report_over_tcp_wait(), "TCP")):
            with self.subTest(proto):
                variables = environment_of(report)
                self.assertEqual([name for name in variables if "REMOTE" in name], [])
                self.assertEqual(variables.pop("PROTO"), proto)
                local = {name: value for name, value in variables.items() if "LOCAL" in name}
                self.assertLessEqual(set(local), {f"{proto}LOCALIP", f"{proto}LOCALPORT"})
                fixed = {name: variables[name] for name in variables if name not in local}
                self.assertEqual(fixed, self.fixed_environment())

    def test_a_unix_server_has_no_variable_about_addresses_of_others(self):
        variables = environment_of(self.report_over_unix())
        self.assertEqual(variables.pop("PROTO"), "UNIX")
        self.assertEqual(variables.pop("UNIXLOCALPATH", self.unix_path), self.unix_path)
        self.assertEqual(variables, self.fixed_environment())

    def test_each_connection_has_its_own_variables(self):
        seen = set()
        for _ in range(5):
            with sockets.connect(self.tcp4) as client:
                variables = environment_of(json.loads(sockets.read_all(client)))
                self.assertEqual(variables["TCPREMOTEPORT"], str(client.getsockname()[1]))
            seen.add(variables["REMOTE_PORT"])
        self.assertGreater(len(seen), 1)


class PassedEnvironment(unittest.TestCase):
    """-E: the daemon's own environment, but never a supervisor's variables."""

    def test_own_variables_pass_and_those_of_a_supervisor_do_not(self):
        port = free_port()
        with HostileStart() as start:
            arguments = start.arguments()
            with Daemon([f"{port} stream tcp4 nowait {me()} {probe()} probe report"], ["-E"],
                        **arguments) as daemon:
                variables = environment_of(sockets.fetch_report(port))
                self.assertIsNotNone(daemon)
        self.assertEqual(variables["MY_OWN"], "kept only with -E")
        leaked = [name for name in variables
                  if name.startswith(("LISTEN_", "WATCHDOG_", "MEMORY_PRESSURE_"))
                  or name in ("NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "MAINPID",
                              "SYSTEMD_EXEC_PID", "CREDENTIALS_DIRECTORY")]
        self.assertEqual(leaked, [])
        self.assertNotEqual(variables["REMOTE_HOST"], "stale")
        self.assertEqual(variables["PROTO"], "TCP")


class Identity(unittest.TestCase):
    """Users and groups, for a daemon that may become anybody."""

    def setUp(self):
        requires_root("a service for another user")

    def report_for(self, user_field):
        """The report of a server whose line names this user."""
        port = free_port()
        with Daemon([f"{port} stream tcp4 nowait {user_field} {probe()} probe report"]):
            return sockets.fetch_report(port)

    def ids(self, report):
        """uids, gids, and all groups that count."""
        return ([report["uid"], report["euid"], report["suid"]],
                [report["gid"], report["egid"], report["sgid"]],
                sorted(set(report["groups"]) | {report["gid"]}))

    def test_a_user_has_all_its_groups_and_none_of_ours(self):
        report = self.report_for("nobody")
        self.assertEqual(self.ids(report), ([65534] * 3, [65534] * 3, [65534]))
        self.assertEqual(int(report["CapEff"], 16), 0)

    def test_a_group_after_a_dot_or_a_colon_replaces_the_own_one(self):
        for field in ("nobody.tty", "nobody:tty"):
            with self.subTest(field):
                uids, gids, groups = self.ids(self.report_for(field))
                self.assertEqual(uids, [65534] * 3)
                self.assertEqual(gids, [5] * 3)
                self.assertIn(5, groups)

    def test_a_group_counts_for_root_too(self):
        uids, gids, _ = self.ids(self.report_for("root.tty"))
        self.assertEqual(uids, [0] * 3)
        self.assertEqual(gids, [5] * 3)

    def test_home_and_names_are_the_users(self):
        variables = environment_of(self.report_for("nobody"))
        self.assertEqual(variables["USER"], "nobody")
        self.assertEqual(variables["LOGNAME"], "nobody")
        self.assertEqual(variables["HOME"], "/nonexistent")


class OrdinaryUser(unittest.TestCase):
    """A daemon that is nobody special serves as itself, and only as itself."""

    def setUp(self):
        if is_root():
            self.skipTest("root may serve for others")

    def test_a_line_for_somebody_else_is_left_out_with_an_error(self):
        mine, other = free_ports(2)
        lines = [f"{other} stream tcp4 nowait root {probe()} probe report",
                 f"{mine} stream tcp4 nowait {me()} {probe()} probe report"]
        with Daemon(lines) as daemon:
            self.assertEqual(sockets.fetch_report(mine)["uid"], os.getuid())
            self.assertRegex(daemon.log(), r"inetd\.conf:1:\d+: error: .*root")
            with self.assertRaises(ConnectionRefusedError):
                sockets.connect(other)
