# SPDX-License-Identifier: ISC
"""What the benchmarks compare: bare loops keep uvinetd's contract, and nobody outlives a stop."""
import os
import signal
import socket
import subprocess
import sys
import unittest
from pathlib import Path

from harness import procfs, sockets
from harness.surroundings import bin_dir, free_port, probe, temporary_folder
from harness.waiting import eventually, seconds

_BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(_BENCH))

# pylint: disable=wrong-import-position
from suite import peers, unpack  # noqa: E402
from suite.peer_process import Superserver  # noqa: E402

_BUILD = Path(bin_dir()).parent
_GLIBC_SIGNALS = (1 << 31) | (1 << 32)  # posix_spawn leaves them ignored; no program may use them
_OURS = ("bare posix_spawn loop", "bare fork loop", "uvinetd", "uvinetd --spawner clone")


def ours():
    """The superservers that this build has."""
    servers = peers.all_superservers(_BUILD, temporary_folder())
    found = [server for server in servers if server.name in _OURS and not server.why_not()]
    if len(found) < 3:
        raise unittest.SkipTest("the benchmarks are not built")
    return found


def start(server, port, *argv, address="127.0.0.1"):
    """Starts it with the probe behind one port."""
    service = peers.Service(address, port, probe(), (probe(), *argv))
    return server.start([service], temporary_folder())


def contract(report):
    """What a report says that does not differ from one connection to the next."""
    changing = ("TCPLOCALPORT=", "TCPREMOTEPORT=", "REMOTE_PORT=")
    names = sorted(word.split("=")[0] for word in report["environment"])
    values = sorted(word for word in report["environment"] if not word.startswith(changing))
    return {
        "environment": names + values, "argv": report["argv"], "one_socket": report["one_socket"],
        "fds": [fd["fd"] for fd in report["fds"]], "nonblock": report["socket"]["nonblock"],
        "leads_session": report["sid"] == report["pid"] == report["pgid"],
        "blocked": int(report["SigBlk"], 16), "caught": int(report["SigCgt"], 16),
        "ignored": int(report["SigIgn"], 16) & ~_GLIBC_SIGNALS,
        "ids": [report[name] for name in ("uid", "euid", "suid", "gid", "egid", "sgid")],
        "surroundings": [report[name] for name in ("cwd", "umask", "nice", "nofile", "core")],
    }


class Shell(Superserver):
    """A superserver made of a shell script, to misbehave."""

    name = "script"
    says_ready = "stdout"

    def __init__(self, script):
        self.script = script

    def why_not(self):
        return None

    def version(self):
        return "1"

    def command(self, services, directory, ready_fd):
        return ["/bin/sh", "-c", self.script]

    def run(self):
        """Starts it for a service that nobody asks for."""
        service = peers.Service("127.0.0.1", free_port(), "/bin/true")
        return self.start([service], temporary_folder())


class Contestants(unittest.TestCase):
    """Those that need nothing fetched."""

    maxDiff = None

    def setUp(self):
        self.children = procfs.children(os.getpid())

    def assert_nothing_is_left(self):
        """Whatever loses its parent becomes a child of this process."""
        self.assertEqual(procfs.children(os.getpid()), self.children)

    def test_every_one_gives_its_servers_the_same_as_uvinetd(self):
        reports = {}
        for server in ours():
            port = free_port()
            with start(server, port, "report"):
                reports[server.name] = sockets.fetch_report(port)
            self.assert_nothing_is_left()
        expected = contract(reports["uvinetd"])
        self.assertTrue(expected["leads_session"] and expected["fds"] == [0, 1, 2])
        for name, report in reports.items():
            with self.subTest(name):
                self.assertEqual(contract(report), expected)

    def test_every_one_reaps_its_servers_and_is_known_by_its_processes(self):
        for server in ours():
            port = free_port()
            with self.subTest(server.name), start(server, port, "exit", "3") as running:
                for _ in range(5):
                    self.assertEqual(sockets.fetch(port), b"")
                pids = running.pids()
                self.assertIn(running.pid, pids)
                eventually(lambda at=running: all(procfs.state(pid) != "Z" for pid in at.pids()))
            self.assertFalse(any(procfs.is_alive(pid) for pid in pids))

    def test_a_stop_ends_servers_in_sessions_of_their_own(self):
        for server in ours():
            port = free_port()
            with self.subTest(server.name), start(server, port, "hold") as running:
                with sockets.connect(port) as client:
                    sockets.read_line(client)
                    running.stop()
            self.assert_nothing_is_left()

    def test_a_bare_loop_serves_a_whole_range_of_ports(self):
        first = next(port for port in iter(free_port, None) if self._are_free(port, 5))
        services = [peers.Service("127.0.0.1", first + number, probe(), (probe(), "report"))
                    for number in range(5)]
        for server in ours()[:2]:
            with server.start(services, temporary_folder()):
                for service in services:
                    report = sockets.fetch_report(service.port)
                    self.assertIn(f"TCPLOCALPORT={service.port}", report["environment"])

    @staticmethod
    def _are_free(first, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as trial:
                    trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

    def test_a_port_that_somebody_else_serves_is_a_failure_with_a_reason(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            for server in ours():
                with self.assertRaisesRegex(peers.PeerFailed, "in use"):
                    start(server, other.getsockname()[1], "report")

    def test_a_failed_start_quotes_the_superserver_and_leaves_nothing(self):
        for server in ours()[:2]:
            with self.assertRaisesRegex(peers.PeerFailed, "bind: Cannot assign"):
                start(server, free_port(), "report", address="192.0.2.1")
        self.assert_nothing_is_left()


class Keeper(unittest.TestCase):
    """Whatever a superserver does, the keeper ends all that it started."""

    def test_what_left_the_superserver_is_ended_with_it(self):
        children = procfs.children(os.getpid())
        running = Shell("setsid sleep 1000 & (setsid sleep 1000 &) ; echo ready; exit").run()
        pids = eventually(lambda: len(running.pids()) == 2 and running.pids())
        running.stop()
        running.stop()
        self.assertFalse(any(procfs.is_alive(pid) for pid in pids))
        self.assertEqual(procfs.children(os.getpid()), children)

    def test_one_that_ends_before_it_is_ready_is_quoted(self):
        with self.assertRaisesRegex(peers.PeerFailed, "sh ended .*: no luck today"):
            Shell("echo no luck today >&2; exit 1").run()

    def test_the_death_of_the_suite_ends_its_superservers(self):
        code = ("import sys, time; sys.path.insert(0, sys.argv[1])\n"
                "from process.test_bench_peers import Shell\n"
                "running = Shell('echo ready; exec sleep 1000').run()\n"
                "print(running.pid, flush=True); time.sleep(1000)")
        tests = Path(__file__).resolve().parents[1]
        with subprocess.Popen([sys.executable, "-B", "-c", code, str(tests)],
                              stdout=subprocess.PIPE, text=True) as suite:
            pid = int(suite.stdout.readline())
            self.assertTrue(procfs.is_alive(pid))
            suite.send_signal(signal.SIGKILL)
            suite.wait(seconds())
            eventually(lambda: not procfs.is_alive(pid), what="the end of the superserver")


class Unpacking(unittest.TestCase):
    """Packages that cannot be had."""

    def setUp(self):
        self.path = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", self.path)

    def tell_why_not(self, programs):
        """What openbsd-inetd says when only these programs {name: script} are there."""
        folder = temporary_folder()
        for name, script in programs.items():
            Path(folder, name).write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
            Path(folder, name).chmod(0o755)
        os.environ["PATH"] = folder
        build = temporary_folder()
        unpacked = unpack.unpack(build)
        return {server.name: server.why_not() for server in
                peers.all_superservers(build, unpacked)}["openbsd-inetd"]

    def test_without_apt_a_peer_says_so(self):
        self.assertEqual(self.tell_why_not({}), "no package openbsd-inetd: there is no apt-get and "
                                                "dpkg-deb here")

    def test_without_a_network_a_peer_says_so(self):
        script = "echo 'E: Failed to fetch http://example.org/x Temporary failure' >&2; exit 100"
        reason = self.tell_why_not({"apt-get": script, "dpkg-deb": "exit 1"})
        self.assertIn("no package openbsd-inetd: E: Failed to fetch", reason)

    def test_an_archive_that_is_no_package_is_named(self):
        script = 'for name do : >"${name}_1_all.deb"; done'
        reason = self.tell_why_not({"apt-get": script, "dpkg-deb": "echo 'E: bad' >&2; exit 2"})
        self.assertEqual(reason, "no package openbsd-inetd: E: bad")


if __name__ == "__main__":
    unittest.main()
