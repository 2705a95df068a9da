# SPDX-License-Identifier: ISC
"""The daemon's own life: becoming one, its log, its supervisors, its end, and want of resources."""
import os
import pty
import re
import resource
import shutil
import signal
import socket
import subprocess
import unittest

from harness import procfs, sandbox, sockets
from harness.daemon import Daemon
from harness.load import Load, write_server
from harness.surroundings import (bin_dir, free_port, free_ports, me, probe, requires,
                                  requires_root, shared_folder, temporary_folder)
from harness.syslog import Syslog
from harness.waiting import eventually, seconds


def report_line(port, user=None):
    """A service that is the probe's report."""
    return f"{port} stream tcp4 nowait {user or me()} {probe()} probe report"


def hold_line(port):
    """A service whose servers live as long as their client."""
    return f"{port} stream tcp4 nowait {me()} {probe()} probe hold"


def write(folder, lines):
    """A configuration file; returns its path."""
    path = os.path.join(folder, "inetd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def uvinetd():
    """The program's path."""
    return os.path.join(bin_dir(), "uvinetd")


class RealDaemon(unittest.TestCase):
    """Without -f: forks, detaches, tells its starter how it went, writes to syslog."""

    @classmethod
    def setUpClass(cls):
        sandbox.enter()
        cls.syslog = Syslog()

    @classmethod
    def tearDownClass(cls):
        cls.syslog.stop()

    def setUp(self):
        self.folder = temporary_folder()
        self.pid_file = os.path.join(self.folder, "pid")
        self.pid = None
        self.syslog.lines.clear()

    def tearDown(self):
        if self.pid and procfs.is_alive(self.pid):
            os.kill(self.pid, signal.SIGKILL)

    def start(self, lines, *options):
        """Runs the starting process to its end."""
        done = subprocess.run([uvinetd(), "-p", self.pid_file, *options, write(self.folder, lines)],
                              check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds(60))
        if done.returncode == 0:
            with open(self.pid_file, encoding="ascii") as file:
                self.pid = int(file.read())
        return done

    def end(self):
        """An orderly end."""
        os.kill(self.pid, signal.SIGTERM)
        eventually(lambda: not procfs.is_alive(self.pid), what="the daemon's end")
        self.assertFalse(os.path.exists(self.pid_file))

    def test_the_starter_returns_when_everything_is_bound(self):
        port = free_port()
        done = self.start([report_line(port)])
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", done.stderr))
        self.assertIn("fds", sockets.fetch_report(port))
        state = procfs.status(self.pid)
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        session, terminal = int(fields[3]), int(fields[4])
        self.assertEqual(terminal, 0)
        self.assertNotEqual(session, self.pid, "a session leader could get a terminal again")
        self.assertEqual(state["Umask"], "0022")
        self.assertEqual(os.readlink(f"/proc/{self.pid}/cwd"), "/")
        standard = {fd: target for fd, target in procfs.descriptors(self.pid).items() if fd <= 2}
        self.assertEqual(standard, {0: "/dev/null", 1: "/dev/null", 2: "/dev/null"})
        self.end()

    def test_its_log_goes_to_syslog_with_the_daemon_facility(self):
        port = free_port()
        self.start([report_line(port)], "--log-connections")
        line = self.syslog.wait_for(r"ready: 1 services, 1 sockets")
        self.assertRegex(line, rf"^<29>[A-Z][a-z]{{2}} [ \d]\d [\d:]{{8}} uvinetd\[{self.pid}\]: ")
        sockets.fetch_report(port)
        self.assertTrue(self.syslog.wait_for(rf"^<30>.*start id={port}/tcp4 pid=").strip())
        self.end()
        self.syslog.wait_for(r"^<29>.*stopped")

    def test_a_syslogd_that_restarts_loses_nothing(self):
        port = free_port()
        self.start([report_line(port)], "--log-connections")
        self.syslog.wait_for(r"ready:")
        self.syslog.stop()
        for _ in range(3):
            sockets.fetch_report(port)
        self.syslog.lines.clear()
        self.syslog.start()
        eventually(lambda: self.syslog.has(" ") and
                   len([line for line in self.syslog.lines if "start id=" in line]) == 3,
                   what=lambda: f"three starts in {self.syslog.lines}")
        self.end()

    def test_a_start_that_fails_is_told_with_its_reason(self):
        with socket.create_server(("0.0.0.0", free_port())) as taken:
            done = self.start([report_line(taken.getsockname()[1])])
        self.assertEqual(done.returncode, 1)
        self.assertIn("Address already in use", done.stderr)
        self.assertIn("none of the configured addresses could be bound", done.stderr)
        self.assertFalse(os.path.exists(self.pid_file))

    def test_a_second_daemon_is_refused_by_the_pid_file(self):
        first, second = free_ports(2)
        self.assertEqual(self.start([report_line(first)]).returncode, 0)
        pid = self.pid
        done = self.start([report_line(second)])
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(pid), done.stderr)
        self.pid = pid
        self.end()

    def test_a_missing_configuration_is_an_error_of_configuration(self):
        done = subprocess.run([uvinetd(), "-p", self.pid_file, "/nonexistent/inetd.conf"],
                              check=False, capture_output=True, text=True, timeout=seconds(30))
        self.assertEqual(done.returncode, 78)
        self.assertIn("/nonexistent/inetd.conf", done.stderr)


class Terminal(unittest.TestCase):
    """In the foreground, with a person in front of it."""

    def test_ctrl_c_is_an_orderly_end_and_servers_live_on(self):
        port = free_port()
        config = write(temporary_folder(), [hold_line(port)])
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(uvinetd(), ["uvinetd", "-f", "-p", "", config])
        said = b""
        while b"ready: 1 services" not in said:
            said += os.read(terminal, 4096)
        with sockets.connect(port) as client:
            sockets.read_line(client)
            everybody = procfs.descendants(pid)
            roles = [each for each in everybody if procfs.comm(each).startswith("uvi-")]
            servers = [each for each in everybody if procfs.comm(each) == "probe"]
            self.assertEqual((len(roles), len(servers)), (2, 1))
            os.write(terminal, b"\x03")
            _, status = os.waitpid(pid, 0)
            self.assertEqual(os.waitstatus_to_exitcode(status), 0)
            eventually(lambda: not any(procfs.is_alive(each) for each in roles))
            self.assertTrue(procfs.is_alive(servers[0]))
        os.close(terminal)
        eventually(lambda: not procfs.is_alive(servers[0]))


class ReplacedFiles(unittest.TestCase):
    """A package upgrade under a running daemon: what runs goes on with its own version."""

    def test_roles_are_started_from_the_binaries_of_the_start(self):
        folder = temporary_folder()
        for name in ("uvinetd", "uvi-reactor", "uvi-launcher"):
            shutil.copy(os.path.join(bin_dir(), name), folder)
        port, shared = free_port(), shared_folder()
        line = f"{port} stream tcp4 nowait {me()} {write_server(shared)} server {shared}/served"
        original = os.environ["UVINETD_BIN_DIR"]
        os.environ["UVINETD_BIN_DIR"] = folder
        try:
            daemon = Daemon([line], log_connections=False)
        finally:
            os.environ["UVINETD_BIN_DIR"] = original
        with daemon:
            for name in ("uvinetd", "uvi-reactor", "uvi-launcher"):
                path = os.path.join(folder, name)
                with open(path + ".new", "w", encoding="ascii") as file:
                    file.write("#!/bin/false\n")
                os.chmod(path + ".new", 0o755)
                os.rename(path + ".new", path)
            load = Load(port)
            try:
                for role in ("uvi-reactor", "uvi-launcher") * 3:
                    load.wait_for(5)
                    os.kill(eventually(lambda: daemon.roles(role))[0], signal.SIGKILL)  # pylint: disable=cell-var-from-loop
                load.wait_for(5)
            finally:
                load.end()
            self.assertEqual(load.refused, 0)
            self.assertLessEqual(len(load.lost), 6)


def limit_descriptors(pid, most):
    """Sets the soft limit of a running process, as its own user: that takes no capability."""
    user, group = (int(procfs.status(pid)[name].split()[0]) for name in ("Uid", "Gid"))
    subprocess.run(["prlimit", f"--pid={pid}", f"--nofile={most}:"], check=True,
                   user=user, group=group, timeout=seconds())


class Exhaustion(unittest.TestCase):
    """Want of descriptors and of processes: clients wait, nothing ends, nothing spins."""

    def test_a_reactor_without_descriptors_lets_clients_wait(self):
        port = free_port()
        with Daemon([report_line(port)]) as daemon:
            sockets.fetch_report(port)
            reactor = daemon.reactor()
            limit_descriptors(reactor, 4)
            clients = [sockets.connect(port) for _ in range(60)]
            daemon.wait_for_log(r"pause id=\* reason=descriptors")
            self.assertLess(daemon.count(r"reason=descriptors"), 5)
            limit_descriptors(reactor, 1000)
            for client in clients:
                self.assertIn(b'"fds"', sockets.read_all(client))
                client.close()
            self.assertEqual(daemon.reactor(), reactor)

    def test_sessions_of_builtins_leave_descriptors_for_the_others(self):
        port, other = free_ports(2)
        with Daemon([f"{port} stream tcp4 nowait {me()} internal echo", report_line(other)],
                    preexec=limit(resource.RLIMIT_NOFILE, 40, 40)) as daemon:
            clients = [sockets.connect(port) for _ in range(60)]
            clients[0].sendall(b"x")
            self.assertEqual(clients[0].recv(1), b"x")
            self.assertIn("fds", sockets.fetch_report(other))
            self.assertEqual(daemon.count(r"reason=descriptors"), 0)
            for client in clients:  # each that leaves makes room for one that waits
                client.sendall(b"y")
                self.assertEqual(client.recv(1), b"y")
                client.close()

    def test_limits_per_source_hold_for_builtins_too(self):
        port = free_port()
        with Daemon([f"{port} stream tcp4 nowait {me()} internal echo"], ["-s", "2"]) as daemon:
            for _ in range(3):
                pair = [sockets.connect(port) for _ in range(2)]
                for client in pair:
                    client.sendall(b"x")
                    self.assertEqual(client.recv(1), b"x")
                with sockets.connect(port) as third:
                    self.assertEqual(sockets.read_all(third), b"")
                for client in pair:
                    client.shutdown(1)
                    self.assertEqual(sockets.read_all(client), b"")
                    client.close()
            daemon.wait_for_log(r"refuse id=\S+ from=127\.0\.0\.1\S* reason=source-instances")

    def test_a_launcher_without_descriptors_fails_launches_not_itself(self):
        port, echo = free_ports(2)
        lines = [report_line(port), f"{echo} stream tcp4 nowait {me()} internal daytime"]
        with Daemon(lines) as daemon:
            sockets.fetch_report(port)
            taken = procfs.descriptors(daemon.launchers()[0])
        # As many as it needs, and no place for a connection.
        first_free = next(number for number in range(100) if number not in taken)
        if first_free < 6:
            self.skipTest("a launcher needs more places to start than it keeps here")
        with Daemon(lines, preexec=limit(resource.RLIMIT_NOFILE, first_free, 4096)) as daemon:
            launcher = eventually(daemon.launchers, what="a launcher")[0]
            with sockets.connect(port) as client:
                daemon.wait_for_log(r"refuse id=\S+ from=\S+ reason=spawn errno=EMFILE")
                self.assertEqual(sockets.read_all(client), b"")
            self.assertTrue(sockets.fetch(echo))
            self.assertEqual(daemon.launchers(), [launcher])

    def test_a_user_without_processes_has_its_clients_wait(self):
        requires_root("it needs a user of its own")
        port = free_port()
        user = 100_000 + os.getpid()  # nobody else's, whatever runs beside this test
        line = f"{port} stream tcp4 nowait {user}:{user} {probe()} probe hold"
        with Daemon([line], preexec=limit(resource.RLIMIT_NPROC, 2, 2)) as daemon:
            first = sockets.connect(port)
            sockets.read_line(first)
            with sockets.connect(port) as second:
                daemon.wait_for_log(r"pause id=\S+ reason=spawn")
                self.assertEqual(sockets.read_all(second), b"")
            with sockets.connect(port) as third:
                first.close()
                self.assertIn("pid", sockets.read_line(third))
            daemon.wait_for_log(r"resume id=\S+ reason=spawn")


def limit(which, soft, hard):
    """For preexec: sets a resource limit of the daemon to be."""
    return lambda: resource.setrlimit(which, (soft, hard))


class Container(unittest.TestCase):
    """PID 1 of a container: read-only root, no capability, no /etc/services, no syslog."""

    def test_it_serves_and_ends_in_order(self):
        requires_root("namespaces")
        unshare, setpriv, mount = requires("unshare", "setpriv", "mount")
        port, echo = free_ports(2)
        folder = temporary_folder()
        os.chmod(folder, 0o777)
        config = write(folder, [report_line(port), f"{echo} stream tcp4 nowait root internal echo"])
        script = (f"{mount} --bind /dev/null /etc/services && {mount} -o remount,bind,ro / && "
                  f"exec {setpriv} --bounding-set=-all --inh-caps=-all "
                  f"{uvinetd()} {config}")
        with subprocess.Popen([unshare, "--fork", "--pid", "--mount", "--mount-proc",
                               "--propagation", "private", "sh", "-ec", script],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as outer:
            try:
                said = ""
                while "ready: 2 services, 2 sockets" not in said:
                    line = outer.stderr.readline()
                    self.assertTrue(line, said)
                    said += line
                report = sockets.fetch_report(port)
                self.assertEqual(report["uid"], 0)
                with sockets.connect(echo) as client:
                    client.sendall(b"hello")
                    self.assertEqual(sockets.read_exactly(client, 5), b"hello")
                inner = procfs.children(outer.pid)[0]
                self.assertEqual(procfs.status(inner)["CapEff"].strip("0"), "")
                os.kill(inner, signal.SIGTERM)
                self.assertEqual(outer.wait(seconds(30)), 0, outer.stderr.read())
            finally:
                if outer.poll() is None:
                    for pid in procfs.descendants(outer.pid):
                        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
