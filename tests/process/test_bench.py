# SPDX-License-Identifier: ISC
"""uvinetd-bench against the real daemon, and against servers that fail in every way they can.

What it measures is compared with what the servers saw, never with how long something took.
"""
import contextlib
import csv
import io
import json
import os
import pty
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

from harness import procfs
from harness.daemon import Daemon
from harness.surroundings import bin_dir, free_port, free_ports, me, temporary_folder
from harness.waiting import eventually, seconds

_TIME = struct.Struct("=q")  # what a probe answers with
_SUMMARY = {"p50", "p90", "p99", "p999", "max", "mean"}
_DAEMON = {"processes", "pss_kib", "cpu_us", "cpu_us_with_children", "cpu_us_per_connection",
           "cpu_us_per_connection_with_children", "context_switches"}
_FAILURES = ["connect", "timeout", "reset", "short", "other"]
_KEYS = {"schema", "label", "address", "mode", "clients", "rate_wanted", "seconds", "connections",
         "errors", "rate_per_second", "latency_us", "held", "held_lost", "daemon"}


def setUpModule():  # pylint: disable=invalid-name
    """The load generator may have been left out of this build."""
    if not os.path.exists(program("uvinetd-bench")):
        raise unittest.SkipTest("built without benchmarks")


def program(name):
    """The path of a program of this build."""
    return os.path.join(bin_dir(), name)


def bench(*arguments):
    """Runs the load generator to its end; the completed process, with text."""
    command = [program("uvinetd-bench"), *map(str, arguments)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds(60), check=False)


def measure(*arguments, status=0):
    """Runs it and returns its JSON report."""
    done = bench("--json", "-", *arguments)
    assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def few(*arguments, status=0):
    """The report of ten connections without a warm-up."""
    return measure("--warm-up", "0s", "--connections", 10, *arguments, status=status)


def tcp(port, host="127.0.0.1"):
    """An address as the program wants it."""
    return f"tcp://{host}:{port}"


def adjacent_ports():
    """Two free ports, one above the other."""
    ports = set()
    while True:
        port = free_port()
        ports.add(port)
        for first in (port - 1, port):
            if {first, first + 1} <= ports:
                return first, first + 1


class Server:
    """Calls handle(connection) for one connection after another, in a thread."""

    def __init__(self, handle, port=0):
        self._handle = handle
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(seconds())
        self._listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(ConnectionError):
                self._handle(connection)


def answer_time(connection):
    """What a probe does; returns the time."""
    now = time.monotonic_ns()
    connection.sendall(_TIME.pack(now))
    return now


def wait_for_client(connection):
    """Says nothing until the client has gone."""
    connection.settimeout(seconds())
    connection.recv(1)


class Exchanges(unittest.TestCase):
    """Every exchange over every transport, with the real daemon."""

    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder()
        os.chmod(cls.folder, 0o777)
        probes = ["tiny", "static", "dynamic", "libraries"]
        cls.ports = dict(zip([*probes, "hold", "echo", "python", "udp"], free_ports(8)))
        cls.path = os.path.join(cls.folder, "socket")
        cls.daemon = Daemon([
            *(f"{cls.ports[name]} stream tcp nowait {me()} {program('bench_probe_' + name)}"
              for name in [*probes, "hold"]),
            f"{cls.ports['python']} stream tcp4 nowait {me()} {program('bench_probe.py')}",
            f"{cls.ports['udp']} dgram udp4 wait {me()} {program('bench_probe_udp')}",
            f"{cls.ports['echo']} stream tcp nowait {me()} internal echo",
            f"{cls.ports['echo']} dgram udp wait {me()} internal echo",
            f"{cls.path} stream unix nowait {me()} {program('bench_probe_tiny')}",
        ], ["--dialect", "debian"])

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def assert_all_well(self, report, connections):
        """As many connections as were asked for, and no failure."""
        self.assertEqual(report["connections"], connections)
        self.assertEqual(report["errors"], dict.fromkeys(_FAILURES, 0))

    def test_every_stream_probe_tells_when_its_program_began(self):
        for name in ("tiny", "static", "dynamic", "libraries", "python"):
            with self.subTest(name):
                report = few(tcp(self.ports[name]))
                self.assert_all_well(report, 10)
                latency = report["latency_us"]
                self.assertLess(0, latency["exec"]["p50"])
                self.assertLess(latency["exec"]["p50"], latency["first_byte"]["p50"])
                self.assertLess(latency["first_byte"]["max"], latency["eof"]["max"])

    def test_held_servers_live_during_the_run_and_end_with_it(self):
        report = measure("--hold", 3, "--hold-address", tcp(self.ports["hold"]),
                         "--connections", 3, tcp(self.ports["tiny"]))
        self.assert_all_well(report, 3)
        self.assertEqual((report["held"], report["held_lost"]), (3, 0))
        eventually(lambda: not self.daemon.servers(), what="the end of the held servers")

    def test_ipv6_and_unix_sockets_are_addresses_too(self):
        for address in (tcp(self.ports["tiny"], "[::1]"), f"unix://{self.path}"):
            with self.subTest(address):
                self.assert_all_well(few(address), 10)

    def test_a_datagram_starts_the_server_once_and_finds_it_running_after(self):
        folder = temporary_folder()
        samples = os.path.join(folder, "samples")
        report = few("--samples", samples, f"udp://127.0.0.1:{self.ports['udp']}")
        self.assert_all_well(report, 10)
        with open(samples, encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertTrue(int(rows[0]["exec_ns"]) > 0, "the first one started it")
        self.assertEqual({row["exec_ns"] for row in rows[1:]}, {""})

    def test_echo_keeps_one_connection_for_each_client(self):
        mark = self.daemon.mark()
        report = few("--exchange", "echo", "--clients", 2, "--size", 5000, tcp(self.ports["echo"]))
        self.assert_all_well(report, 10)
        self.assertIsNone(report["latency_us"]["exec"])
        self.assertLessEqual(self.daemon.count(rf"start id=\S*{self.ports['echo']}", mark), 2)

    def test_echo_over_udp(self):
        report = few("--exchange", "echo", f"udp://127.0.0.1:{self.ports['echo']}")
        self.assert_all_well(report, 10)

    def test_none_reads_whatever_comes(self):
        report = few("--exchange", "none", tcp(self.ports["tiny"]))
        self.assert_all_well(report, 10)
        self.assertIsNone(report["latency_us"]["exec"])

    def test_a_banner_is_read_and_answered_by_our_end(self):
        ends = []

        def greet(connection):
            connection.sendall(b"220 ready\r\n")
            ends.append(connection.recv(64))
            connection.sendall(b"221 bye\r\n")

        with Server(greet) as server:
            for clients in (1, 8):
                report = few("--exchange", "banner", "--clients", clients, tcp(server.port))
                self.assert_all_well(report, 10)
                latency = report["latency_us"]
                self.assertIsNone(latency["exec"])
                self.assertLess(latency["first_byte"]["max"], latency["eof"]["max"])
        self.assertEqual(ends, [b""] * 20)

    def test_a_line_is_sent_to_servers_that_speak_second(self):
        lines = []

        def answer(connection):
            with connection.makefile("rb") as file:
                lines.append(file.readline())
                connection.sendall(b"yes\r\n")
                lines.append(file.readline())

        with Server(answer) as server:
            for text, sent in ((), b"\r\n"), (("--line", "GET /"), b"GET /\r\n"):
                lines.clear()
                report = few("--exchange", "line", *text, "--clients", 8, tcp(server.port))
                self.assert_all_well(report, 10)
                self.assertEqual(lines, [sent, b""] * 10)

    def test_many_clients_and_an_open_loop(self):
        for arguments in (["--clients", 20], ["--rate", 200], ["--rate", 200, "--clients", 2]):
            with self.subTest(arguments):
                report = measure("--connections", 40, *arguments, tcp(self.ports["tiny"]))
                self.assert_all_well(report, 40)

    def test_the_cost_to_the_daemon_is_read_from_its_processes(self):
        report = measure("--daemon", self.daemon.pid, "--connections", 50, "--label", "x",
                         "--hold", 5, "--hold-address", tcp(self.ports["hold"]),
                         tcp(self.ports["tiny"]))
        daemon = report["daemon"]
        self.assertEqual(daemon.keys(), _DAEMON)
        self.assertEqual(daemon["processes"], 1 + len(procfs.children(self.daemon.pid)))
        self.assertGreater(daemon["cpu_us_per_connection"], 0)
        self.assertGreater(daemon["context_switches"], 0)
        self.assertGreaterEqual(daemon["cpu_us_with_children"], daemon["cpu_us"])
        if os.geteuid() == 0:
            self.assertGreater(daemon["pss_kib"], 0)

    def test_idle_needs_no_address(self):
        report = measure("--idle", "50ms", "--daemon", self.daemon.pid)
        self.assertEqual((report["mode"], report["connections"]), ("idle", 0))
        self.assertIsNone(report["daemon"]["cpu_us_per_connection"])
        self.assertGreaterEqual(report["daemon"]["processes"], 2)


class Reports(unittest.TestCase):
    """What it says, and where."""

    def setUp(self):
        self.server = Server(answer_time)
        self.addCleanup(self.server.__exit__)
        self.address = tcp(self.server.port)

    def test_json_has_the_same_keys_whatever_was_measured(self):
        for arguments in ([], ["--rate", 100], ["--exchange", "none"],
                          ["--daemon", os.getpid(), "--label", "a \"b\" \u00b5"]):
            with self.subTest(arguments):
                report = few(*arguments, self.address)
                self.assertEqual(report.keys(), _KEYS)
                self.assertEqual(report["schema"], 1)
                self.assertEqual(list(report["errors"]), _FAILURES)
                self.assertEqual(report["address"], self.address)
                self.assertEqual(report["mode"], "open" if "--rate" in arguments else "closed")
                self.assertEqual(report["rate_wanted"], 100 if "--rate" in arguments else None)
                self.assertEqual(report["daemon"] is not None, "--daemon" in arguments)
                self.assertEqual(set(report["latency_us"]), {"exec", "first_byte", "eof"})
                self.assertEqual(set(report["latency_us"]["eof"]), _SUMMARY)

    def test_csv_is_a_heading_and_a_row_with_the_values_of_json(self):
        folder = temporary_folder()
        file = os.path.join(folder, "json")
        done = bench("--connections", 10, "--label", 'a "b", c', "--csv", "-", "--json", file,
                     self.address)
        with open(file, encoding="utf-8") as text:
            report = json.load(text)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["label"], 'a "b", c')
        self.assertEqual(rows[0]["connections"], "10")
        self.assertEqual(float(rows[0]["latency_us_eof_p50"]), report["latency_us"]["eof"]["p50"])
        self.assertEqual(rows[0]["daemon_processes"], "")

    def test_percentiles_are_samples(self):
        file = os.path.join(temporary_folder(), "samples")
        report = few("--samples", file, self.address)
        with open(file, encoding="utf-8") as text:
            rows = list(csv.DictReader(text))
        self.assertEqual(len(rows), 10)
        ends = sorted(int(row["eof_ns"]) / 1000 for row in rows)
        summary = report["latency_us"]["eof"]
        for name, rank in (("p50", 5), ("p90", 9), ("p99", 10), ("p999", 10), ("max", 10)):
            self.assertAlmostEqual(summary[name], ends[rank - 1], places=2, msg=name)
        self.assertAlmostEqual(summary["mean"], sum(ends) / 10, places=2)
        self.assertEqual(int(rows[0]["start_ns"]), 0)

    def test_text_is_for_people_and_leaves_out_what_was_not_measured(self):
        done = bench("--connections", 10, "--exchange", "none", self.address)
        self.assertEqual(done.returncode, 0)
        self.assertIn("connections 10, ", done.stdout)
        self.assertIn("no errors", done.stdout)
        self.assertNotIn("exec", done.stdout)
        self.assertEqual(done.stderr, "", "there is no progress bar without a terminal")

    def test_a_terminal_sees_progress_unless_told_to_be_quiet(self):
        for options, is_shown in (([], True), (["-q"], False)):
            main, terminal = pty.openpty()
            command = [program("uvinetd-bench"), *options, "--rate", "50", "--connections", "40",
                       "--warm-up", "0s", self.address]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=terminal, timeout=seconds(60), check=False)
            os.write(terminal, b".")
            said = os.read(main, 65536)
            os.close(main)
            os.close(terminal)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(b"connections" in said, is_shown, said)

    def test_several_addresses_and_ranges_get_the_same_share(self):
        first, second = adjacent_ports()
        with (Server(answer_time, first) as one, Server(answer_time, second) as two,
              Server(answer_time) as three):
            report = measure("--warm-up", "0s", "--connections", 30,
                             tcp(f"{first}-{second}"), tcp(three.port))
        self.assertEqual(report["connections"], 30)
        self.assertEqual([server.connections for server in (one, two, three)], [10, 10, 10])

    @unittest.skipUnless(sys.platform == "linux", "127.0.0.2 is an address of Linux hosts only")
    def test_each_connection_comes_from_another_address_of_a_network(self):
        sources = []
        with Server(lambda connection: sources.append(connection.getpeername()[0])) as server:
            report = measure("--warm-up", "0s", "--connections", 12, "--exchange", "none",
                             "--from", "127.64.0.4/30", tcp(server.port))
        self.assertEqual(report["connections"], 12)
        network = [f"127.64.0.{last}" for last in range(4, 8)]
        for begin in (0, 4, 8):
            self.assertEqual(sorted(sources[begin:begin + 4]), network)

    def test_an_interrupt_ends_the_run_with_its_report(self):
        with subprocess.Popen([program("uvinetd-bench"), "--json", "-", "--duration", "1h",
                               "--warm-up", "0s", self.address], stdout=subprocess.PIPE) as process:
            eventually(lambda: self.server.connections > 10, what="connections")
            process.send_signal(2)
            said, _ = process.communicate(timeout=seconds())
        self.assertEqual(process.returncode, 0)
        self.assertGreater(json.loads(said)["connections"], 0)


class OpenLoop(unittest.TestCase):
    """Latency counts from the schedule: a server that stalls cannot hide it."""

    RATE = 200
    STALL_NS = 300_000_000

    def run_against_stalling_server(self, *arguments):
        """Rows of samples, and the times that the server answered with, both in order."""
        times = []

        def handle(connection):
            if not times:  # the first client holds up everybody behind it
                end = time.monotonic_ns() + self.STALL_NS
                while time.monotonic_ns() < end:
                    time.sleep(0.01)
            times.append(answer_time(connection))

        file = os.path.join(temporary_folder(), "samples")
        with Server(handle) as server:
            report = measure("--warm-up", "0s", "--connections", 100, "--clients", 1, *arguments,
                             "--samples", file, tcp(server.port))
        self.assertEqual(report["connections"], 100)
        with open(file, encoding="utf-8") as text:
            return [{key: int(value) for key, value in row.items()}
                    for row in csv.DictReader(text)], times

    def test_every_connection_counts_from_its_scheduled_time(self):
        rows, times = self.run_against_stalling_server("--rate", self.RATE)
        step = 1_000_000_000 // self.RATE
        # The server's own clock less what was reported is when latency began to count: whatever
        # the stall, these are the times of the schedule, one step apart.
        begins = [began - row["exec_ns"] for began, row in zip(times, rows)]
        self.assertEqual([begin - begins[0] for begin in begins],
                         [index * step for index in range(100)])
        # So each that was due during the stall reports at least what was left of it.
        for index in range(self.STALL_NS // step):
            self.assertGreaterEqual(rows[index]["first_byte_ns"], self.STALL_NS - index * step)

    def test_a_closed_loop_sees_the_stall_once(self):
        rows, _ = self.run_against_stalling_server()
        self.assertGreaterEqual(rows[0]["first_byte_ns"], self.STALL_NS)
        for before, row in zip(rows, rows[1:]):  # each starts when the one before it has ended
            self.assertGreaterEqual(row["start_ns"], before["start_ns"] + before["eof_ns"])

    def test_arrivals_that_wait_too_long_are_timeouts(self):
        with Server(wait_for_client) as server:
            report = measure("--warm-up", "0s", "--rate", 100, "--clients", 1, "--connections", 20,
                             "--timeout", "50ms", tcp(server.port), status=1)
        self.assertEqual(report["errors"]["timeout"], 20)


class Failures(unittest.TestCase):
    """Servers that are not there, hang, break off, or are no probes."""

    def failures_of(self, handle, *arguments):
        """The errors that ten connections to such a server report, without those that are 0."""
        with Server(handle) as server:
            report = few("--timeout", "5s", *arguments, tcp(server.port), status=1)
        self.assertEqual(report["connections"], 0)
        return {name: number for name, number in report["errors"].items() if number}

    def test_nobody_listens(self):
        for address in (tcp(free_port()), f"udp://127.0.0.1:{free_port()}",
                        f"unix://{temporary_folder()}/absent"):
            for exchange in ("probe", "echo"):
                with self.subTest(address=address, exchange=exchange):
                    done = bench("--connections", 10, "--exchange", exchange, address)
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(f"{address}: no connection succeeded: ", done.stderr)
                    self.assertIn("10 errors: connect 10", done.stdout)

    def test_it_does_not_insist_where_nothing_succeeds(self):
        done = bench("--duration", "1h", tcp(free_port()))
        self.assertEqual(done.returncode, 1)
        self.assertIn("100 errors: connect 100 ", done.stdout)

    def test_a_server_that_hangs_is_a_timeout(self):
        with Server(wait_for_client) as server:
            report = few("--timeout", "30ms", tcp(server.port), status=1)
        self.assertEqual(report["errors"]["timeout"], 10)

    def test_an_answer_too_short_or_none_is_short(self):
        self.assertEqual(self.failures_of(lambda connection: connection.sendall(b"1234")),
                         {"short": 10})
        self.assertEqual(self.failures_of(lambda connection: None), {"short": 10})
        self.assertEqual(self.failures_of(lambda connection: None, "--exchange", "banner"),
                         {"short": 10})

    def test_an_answer_that_is_no_time_is_wrong(self):
        def sends(data):
            return lambda connection: connection.sendall(data)

        tomorrow = time.monotonic_ns() + 86400 * 10**9
        for data in (b"too long for a probe", _TIME.pack(tomorrow), _TIME.pack(-1), bytes(8)):
            with self.subTest(data):
                self.assertEqual(self.failures_of(sends(data)), {"other": 10})

    def test_a_reset_is_told_apart(self):
        def reset(connection):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        self.assertEqual(self.failures_of(reset), {"reset": 10})

    def test_an_echo_that_ends_too_soon_is_short_and_a_chatty_one_wrong(self):
        def chat(connection):
            connection.sendall(b"x" * len(connection.recv(64)) + b"!")
            wait_for_client(connection)

        echo = ["--exchange", "echo"]
        self.assertEqual(self.failures_of(lambda connection: connection.recv(64), *echo),
                         {"short": 10})
        self.assertEqual(self.failures_of(chat, *echo), {"other": 10})

    def test_an_old_time_is_a_program_that_was_waiting(self):
        old = time.monotonic_ns()
        with Server(lambda connection: connection.sendall(_TIME.pack(old))) as server:
            report = few(tcp(server.port))
        self.assertEqual(report["connections"], 10)
        self.assertIsNone(report["latency_us"]["exec"])

    def test_held_connections_must_all_be_had(self):
        with Server(answer_time) as server:
            done = bench("--hold", 5, "--hold-address", tcp(free_port()), tcp(server.port))
        self.assertEqual(done.returncode, 1)
        self.assertIn("only 0 of 5 connections could be held: Connection refused", done.stderr)

    def test_held_connections_that_end_are_told(self):
        with Server(answer_time) as server:
            done = bench("--hold", 5, "--connections", 3, tcp(server.port))
        self.assertEqual(done.returncode, 0)
        self.assertIn("5 held connections have ended during the run", done.stderr)

    def test_reports_that_cannot_be_written_are_failures(self):
        with Server(answer_time) as server:
            done = bench("--connections", 1, "--json", "/nonexistent/file", tcp(server.port))
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/file: No such file or directory", done.stderr)

    def test_a_daemon_that_is_not_there(self):
        done = bench("--daemon", 2**31 - 1, tcp(free_port()))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"no such process: {2**31 - 1}", done.stderr)


class Usage(unittest.TestCase):
    """What makes no sense is refused with a sentence that names it, and exit status 2."""

    WRONG = {
        "an address is needed": [],
        "begins with tcp://": ["127.0.0.1:80"],
        "needs a port": ["tcp://127.0.0.1"],
        "not a numeric IPv4": ["tcp://localhost:80"],
        "not a port or range": ["tcp://127.0.0.1:80-79"],
        "path is empty or too long": ["unix://" + "x" * 200],
        "for streams or for datagrams": ["tcp://127.0.0.1:1", "udp://127.0.0.1:1"],
        "--duration needs a time": ["--duration", "5", "tcp://127.0.0.1:1"],
        "--duration must be longer": ["--duration", "0s", "tcp://127.0.0.1:1"],
        "--timeout must be longer": ["--timeout", "0ms", "tcp://127.0.0.1:1"],
        "--warm-up needs a time": ["--warm-up", "nan", "tcp://127.0.0.1:1"],
        "--idle needs a time": ["--idle", "1e300s", "--daemon", "1"],
        "--idle requires --daemon": ["--idle", "1s"],
        "ADDRESS excludes --idle": ["--idle", "1s", "--daemon", "1", "tcp://127.0.0.1:1"],
        "--hold-address requires --hold": ["--hold-address", "tcp://127.0.0.1:1",
                                           "tcp://127.0.0.1:1"],
        "--hold is for streams": ["--hold", "1", "udp://127.0.0.1:1"],
        "--exchange can be line": ["--exchange", "line", "udp://127.0.0.1:1"],
        "not a network": ["--from", "127.0.0.1", "tcp://127.0.0.1:1"],
        "has bits beyond": ["--from", "127.0.0.1/8", "tcp://127.0.0.1:1"],
        "--from is for tcp": ["--from", "127.0.0.0/8", "tcp://[::1]:1"],
        "--line needs": ["--line", "GET /", "tcp://127.0.0.1:1"],
        "--exchange is probe, echo, none, banner or line": ["--exchange", "ftp",
                                                            "tcp://127.0.0.1:1"],
        "--clients: ": ["--clients", "0", "tcp://127.0.0.1:1"],
        "--connections: ": ["--connections", "-1", "tcp://127.0.0.1:1"],
        "--rate: ": ["--rate", "0", "tcp://127.0.0.1:1"],
        "--size: ": ["--size", "65001", "tcp://127.0.0.1:1"],
        "--daemon: ": ["--daemon", "init", "tcp://127.0.0.1:1"],
        "cannot both go": ["--json", "-", "--csv", "-", "tcp://127.0.0.1:1"],
        "--bogus": ["--bogus", "tcp://127.0.0.1:1"],
    }

    def test_wrong_usage(self):
        for sentence, arguments in self.WRONG.items():
            with self.subTest(arguments):
                done = bench(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertIn(sentence, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_help_and_version(self):
        self.assertIn("--exchange", bench("--help").stdout)
        self.assertRegex(bench("--version").stdout, r"^uvinetd-bench \d+\.\d+")


if __name__ == "__main__":
    unittest.main()
