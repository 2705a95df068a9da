# SPDX-License-Identifier: ISC
"""What is wrong at start, at reload and at the moment of a start, and what still works."""
import os
import signal
import socket
import subprocess
import unittest

from harness import procfs, sandbox, sockets
from harness.daemon import Daemon, StartFailed
from harness.surroundings import (bin_dir, free_port, free_ports, is_root, me, probe,
                                  requires_root, shared_folder, temporary_folder)
from harness.waiting import eventually, seconds


def report_line(address, user=None, program=None):
    """A TCP service whose server is the probe."""
    return f"{address} stream tcp4 nowait {user or me()} {program or probe()} probe report"


def is_refused(port):
    """True when nobody listens there."""
    try:
        sockets.connect(port).close()
        return False
    except ConnectionRefusedError:
        return True


def run_uvinetd(*arguments):
    """Runs the program to its end."""
    return subprocess.run([os.path.join(bin_dir(), "uvinetd"), *arguments], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds(30))


class ProgramThatCannotStart(unittest.TestCase):
    """The client sees an empty connection end; the log has the reason; others are served."""

    def check(self, program):
        """One service with this program beside a good one."""
        bad, good = free_ports(2)
        with Daemon([report_line(bad, program=program), report_line(good)]) as daemon:
            for turn in (1, 2, 3):
                self.assertEqual(sockets.fetch(bad), b"")
                eventually(lambda: daemon.count(
                    rf"\brefuse id={bad}/tcp\S* from=127\.0\.0\.1\S* reason=exec\b") >= turn,
                    what=lambda: f"refusal {turn} in {daemon.log()}")
            self.assertIn("fds", sockets.fetch_report(good))
            self.assertEqual(daemon.count(rf"\bstart id={bad}/"), 0)

    def test_a_missing_program(self):
        self.check("/nonexistent/server")

    def test_a_file_that_is_not_executable(self):
        path = os.path.join(temporary_folder(), "plain")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n")
        os.chmod(path, 0o644)
        self.check(path)

    def test_a_file_that_is_no_program(self):
        path = os.path.join(temporary_folder(), "garbage")
        with open(path, "wb") as file:
            file.write(b"\x7fELF but not really")
        os.chmod(path, 0o755)
        self.check(path)

    def test_a_datagram_for_a_missing_program_is_consumed_without_a_storm(self):
        bad, good = free_ports(2)
        lines = [f"{bad} dgram udp4 wait {me()} /nonexistent/server server", report_line(good)]
        with Daemon(lines) as daemon, sockets.datagram_client(bad) as client:
            client.send(b"hello")
            daemon.wait_for_log(rf"\brefuse id={bad}/udp\S* from=\S+ reason=exec\b")
            self.assertIn("fds", sockets.fetch_report(good))
            self.assertLess(daemon.count(r"\brefuse id="), 20)

    def test_a_program_that_appears_later_is_started(self):
        path = os.path.join(temporary_folder(), "later")
        port = free_port()
        with Daemon([report_line(port, program=path)]) as daemon:
            self.assertEqual(sockets.fetch(port), b"")
            os.symlink(probe(), path)
            self.assertTrue(eventually(lambda: sockets.fetch(port)))
            daemon.assert_count(r"reason=exec", 1)


class BadConfiguration(unittest.TestCase):
    """At start a bad line is left out and told with its place."""

    def start_with(self, bad_line, place):
        """Starts with a bad second line of three; returns the log."""
        first, last = free_ports(2)
        with Daemon([report_line(first), bad_line, report_line(last)]) as daemon:
            self.assertIn("fds", sockets.fetch_report(first))
            self.assertIn("fds", sockets.fetch_report(last))
            self.assertRegex(daemon.log(), rf"inetd\.conf:{place}: error: .+\[[a-z0-9-]+\]")
            return daemon.log()

    def test_an_unknown_socket_type(self):
        log = self.start_with(f"7 strem tcp4 nowait {me()} internal echo", r"2:3")
        self.assertIn("stream", log)  # the hint

    def test_an_unknown_user(self):
        self.start_with(f"{free_port()} stream tcp4 nowait no-such-user {probe()} probe report",
                        r"2:\d+")

    def test_an_unknown_service_name(self):
        self.start_with(f"no-such-service stream tcp4 nowait {me()} {probe()} probe report", r"2:1")

    def test_a_line_with_too_few_fields(self):
        self.start_with("echo stream tcp4", r"2:\d+")

    def test_bytes_that_are_no_text(self):
        port = free_port()
        with Daemon([report_line(port)]) as daemon:
            with open(daemon.config, "ab") as file:
                file.write(b"\xff\xfe\x00\x01 \x80 garbage \x00\n" * 10)
            daemon.reload()
            self.assertIn("fds", sockets.fetch_report(port))

    def test_check_tells_each_place_and_ends_with_78(self):
        path = os.path.join(temporary_folder(), "inetd.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"7 strem tcp4 nowait {me()} internal echo\n")
        for flag in ("--check", "-n"):
            done = run_uvinetd(flag, path)
            self.assertEqual(done.returncode, 78, done.stderr + done.stdout)
            self.assertRegex(done.stderr + done.stdout, r"inetd\.conf:1:3: error: ")

    def test_check_of_a_good_file_ends_with_0(self):
        path = os.path.join(temporary_folder(), "inetd.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"7007 stream tcp4 nowait {me()} internal echo\n")
        self.assertEqual(run_uvinetd("--check", path).returncode, 0)

    def test_a_missing_file_ends_with_78_and_a_wrong_option_with_2(self):
        self.assertEqual(run_uvinetd("-f", "/nonexistent/inetd.conf").returncode, 78)
        self.assertEqual(run_uvinetd("--no-such-option").returncode, 2)

    def test_a_file_without_one_good_service_ends_with_78(self):
        with self.assertRaises(StartFailed) as failure:
            Daemon(["garbage"])
        self.assertEqual(failure.exception.status, 78)

    def test_an_empty_file_runs(self):
        with Daemon([]) as daemon:
            self.assertTrue(procfs.is_alive(daemon.pid))

    def test_a_file_that_others_may_write_is_not_read_by_root(self):
        requires_root("the rule is root's")
        port = free_port()
        with Daemon([report_line(port)]) as daemon:
            os.chmod(daemon.config, 0o666)
            done = run_uvinetd("--check", daemon.config)
            self.assertEqual(done.returncode, 78, done.stderr)


class Reload(unittest.TestCase):
    """SIGHUP: all or nothing."""

    def test_services_are_added_removed_and_changed(self):
        kept, removed, changed, added = free_ports(4)
        with Daemon([report_line(kept), report_line(removed), report_line(changed)]) as daemon:
            told = daemon.reload([
                report_line(kept), report_line(added),
                f"{changed} stream tcp4 nowait {me()} {probe()} other report"])
            self.assertRegex(told, r"\breload kept=1 added=1 removed=1 changed=1")
            self.assertEqual(sockets.fetch_report(changed)["argv"], ["other", "report"])
            self.assertIn("fds", sockets.fetch_report(added))
            self.assertIn("fds", sockets.fetch_report(kept))
            eventually(lambda: is_refused(removed))

    def test_a_new_error_changes_nothing(self):
        port, added = free_ports(2)
        with Daemon([report_line(port)]) as daemon:
            mark = daemon.mark()
            daemon.write_config([report_line(added), "7 strem tcp4 nowait root internal echo"])
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for_log(r"inetd\.conf:2:3: error: ", since=mark)
            self.assertIn("fds", sockets.fetch_report(port))
            self.assertTrue(is_refused(added))

    def test_an_error_that_was_there_at_start_does_not_hinder(self):
        port, added = free_ports(2)
        bad = "7 strem tcp4 nowait root internal echo"
        with Daemon([bad, report_line(port)]) as daemon:
            self.assertRegex(daemon.reload([bad, report_line(port), report_line(added)]),
                             r"\breload kept=1 added=1")
            self.assertIn("fds", sockets.fetch_report(added))

    def test_a_missing_file_changes_nothing(self):
        port = free_port()
        with Daemon([report_line(port)]) as daemon:
            mark = daemon.mark()
            os.unlink(daemon.config)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for_log(r"inetd\.conf", since=mark)
            self.assertIn("fds", sockets.fetch_report(port))

    def test_clients_in_the_backlog_survive_a_hundred_reloads(self):
        port = free_port()
        with Daemon([report_line(port)]) as daemon:
            for _ in range(100):
                daemon.process.send_signal(signal.SIGHUP)
                self.assertIn("fds", sockets.fetch_report(port))
            daemon.assert_count(rf"\bstart id={port}/tcp", 100)


class Addresses(unittest.TestCase):
    """An address that cannot be had yet is tried again; the others run."""

    def test_a_taken_port_is_served_once_it_is_free(self):
        port, good = free_ports(2)
        with socket.socket() as holder:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", port))
            holder.listen()
            daemon = Daemon([report_line(port), report_line(good)])
            self.addCleanup(daemon.kill)
            self.assertIn("fds", sockets.fetch_report(good))
            self.assertRegex(daemon.log(), rf"{port}.*(?i:in use)")
        eventually(lambda: not is_refused(port), 60, "the port served")
        self.assertIn("fds", sockets.fetch_report(port))
        daemon.stop()

    def test_when_nothing_can_be_bound_the_start_fails_with_1(self):
        with socket.socket() as holder:
            port = free_port()
            holder.bind(("0.0.0.0", port))
            holder.listen()
            with self.assertRaises(StartFailed) as failure:
                Daemon([report_line(port)])
        self.assertEqual(failure.exception.status, 1)


class AddressesOfLater(unittest.TestCase):
    """In a network of our own, where addresses can come."""

    @classmethod
    def setUpClass(cls):
        sandbox.enter()

    def test_an_absent_address_is_served_once_it_is_there(self):
        port, good = free_ports(2)
        with Daemon([report_line(f"10.98.76.5:{port}"), report_line(good)]) as daemon:
            self.assertIn("fds", sockets.fetch_report(good))
            sandbox.run("ip", "address", "add", "10.98.76.5/32", "dev", "lo")
            eventually(lambda: self.answers(port), 60, "the new address served")
            self.assertIsNotNone(daemon)

    @staticmethod
    def answers(port):
        """True when the new address serves."""
        try:
            return sockets.fetch_report(port, "10.98.76.5")
        except OSError:
            return None


class UnixSockets(unittest.TestCase):
    """What may be at the path of a Unix-domain socket."""

    def test_a_stale_socket_is_replaced(self):
        path = os.path.join(shared_folder(), "socket")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
        line = f"{path} stream unix nowait {me()} {probe()} probe report"
        with Daemon([line]), sockets.connect_unix(path) as client:
            self.assertIn(b"fds", sockets.read_all(client))

    def test_a_file_that_is_no_socket_is_left_alone(self):
        path = os.path.join(shared_folder(), "precious")
        with open(path, "w", encoding="utf-8") as file:
            file.write("data")
        good = free_port()
        line = f"{path} stream unix nowait {me()} {probe()} probe report"
        with Daemon([line, report_line(good)]):
            self.assertIn("fds", sockets.fetch_report(good))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "data")


class PidFile(unittest.TestCase):
    """-p FILE: one daemon at a time."""

    def test_it_holds_the_pid_while_the_daemon_runs(self):
        with Daemon([report_line(free_port())]) as daemon:
            with open(daemon.pid_file, encoding="ascii") as file:
                self.assertEqual(file.read().strip(), str(daemon.pid))
        self.assertFalse(os.path.exists(daemon.pid_file))

    def test_a_second_daemon_with_the_same_file_ends_with_1(self):
        with Daemon([report_line(free_port())]) as daemon:
            done = run_uvinetd("-f", "-e", "-p", daemon.pid_file, daemon.config)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertTrue(procfs.is_alive(daemon.pid))
            self.assertTrue(os.path.exists(daemon.pid_file))

    def test_int_and_quit_end_the_daemon_as_term_does(self):
        for number in (signal.SIGINT, signal.SIGQUIT):
            with self.subTest(number.name):
                daemon = Daemon([report_line(free_port())])
                daemon.stop(number)

    def test_an_unprivileged_reactor_serves_for_root(self):
        if not is_root():
            self.skipTest("needs root: as anybody else all roles are that user")
        with Daemon([report_line(free_port())]) as daemon:
            uids = procfs.status(daemon.reactor())["Uid"].split()
            self.assertEqual(len(set(uids)), 1)
            self.assertNotIn(uids[0], ("0", "65534"))
