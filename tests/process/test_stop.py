# SPDX-License-Identifier: ISC
"""How the daemon ends, and what becomes of the servers that run."""
import os
import signal
import socket
import subprocess
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.manager import Manager
from harness.surroundings import bin_dir, free_port, me, probe
from harness.waiting import eventually, seconds

# Says so when it is told to end; the second one goes on all the same.
TOLD = "trap 'echo told; exit 0' TERM; echo begun; while :; do sleep 0.1; done"
STUBBORN = "trap 'echo told' TERM; echo begun; while :; do sleep 0.1; done"


def hold_line(port):
    """A service whose servers live as long as their client."""
    return f"{port} stream tcp4 nowait {me()} {probe()} probe hold"


def wait_line(port):
    """A service whose one server takes the socket and sits on it."""
    return f"{port} dgram udp4 wait {me()} /bin/sleep sleep 1000"


def end_of(daemon):
    """The exit status."""
    return daemon.process.wait(seconds())


class Leave(unittest.TestCase):
    """SIGTERM: the servers of connections live on, those of `wait` services end."""

    def begin(self, lines):
        """A daemon that is killed whatever happens."""
        daemon = Daemon(lines)
        self.addCleanup(daemon.kill)
        return daemon

    def assert_leaves(self, daemon, lines, before_the_end=lambda: None):
        """It leaves a session alone, and its sockets to a successor at once."""
        held, datagrams = (int(line.split()[0]) for line in lines)
        with sockets.connect(held) as client:
            sockets.read_line(client)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"x", ("127.0.0.1", datagrams))
                sleeper = eventually(lambda: [pid for pid in daemon.servers()
                                              if procfs.comm(pid) == "sleep"])[0]
            daemon.assert_count("start id=", 2)  # so that they are known without their launcher
            before_the_end()
            daemon.process.send_signal(signal.SIGTERM)
            self.assertEqual(end_of(daemon), 0)
            eventually(lambda: not procfs.is_alive(sleeper), what="the end of the wait server")
            with Daemon(lines) as successor:
                self.assertNotIn("cannot bind", successor.log())
                client.sendall(b"x")  # to its server, which lives
                client.shutdown(socket.SHUT_WR)
                sockets.read_all(client)

    def test_sessions_live_on_and_a_successor_can_bind(self):
        lines = [hold_line(free_port()), wait_line(free_port())]
        self.assert_leaves(self.begin(lines), lines)

    def test_wait_servers_without_their_launcher_end_too(self):
        lines = [hold_line(free_port()), wait_line(free_port())]
        daemon = self.begin(lines)

        def kill_launchers():
            for pid in daemon.launchers():
                os.kill(pid, signal.SIGKILL)
            daemon.wait_for_log("launcher for .* ended")

        self.assert_leaves(daemon, lines, kill_launchers)


class Drain(unittest.TestCase):
    """stop = "drain": servers are waited for; each signal more hurries."""

    def begin(self, script, settings='stop = "drain"\ndrain_time = "1h"\n'):
        """A daemon, and a client whose server runs `script`."""
        self.port = free_port()
        self.daemon = Daemon(f'[daemon]\n{settings}[services.a]\n'
                             f'listen = "tcp4://127.0.0.1:{self.port}"\n'
                             f'user = "{me()}"\nexec = ["/bin/sh", "-c", "{script}"]\n',
                             file_name="uvinetd.toml")
        self.addCleanup(self.daemon.kill)
        client = sockets.connect(self.port)
        self.addCleanup(client.close)
        self.assertEqual(sockets.read_line(client), "begun")
        self.daemon.wait_for_log("start id=a ")  # so that it is known without its launcher
        return client

    def tell(self, number=signal.SIGTERM):
        """Tells the daemon to end; it is doing so."""
        self.daemon.process.send_signal(number)
        self.daemon.wait_for_log("stopping")

    def assert_ended(self):
        """In order, with all its servers."""
        self.assertEqual(end_of(self.daemon), 0)
        self.assertIn("stopped", self.daemon.log())

    def test_servers_are_waited_for(self):
        client = self.begin("echo begun; read x; echo $x")
        self.tell()
        client.sendall(b"still here\n")
        self.assertEqual(sockets.read_line(client), "still here")
        self.assert_ended()

    def test_without_servers_nothing_is_waited_for(self):
        client = self.begin("echo begun")
        self.assertEqual(sockets.read_all(client), b"")
        self.tell()
        self.assert_ended()

    def test_when_the_time_is_over_servers_are_told_to_end(self):
        client = self.begin(TOLD, 'stop = "drain"\ndrain_time = 0\n')
        self.tell()
        self.assertEqual(sockets.read_all(client), b"told\n")
        self.assert_ended()

    def test_those_that_do_not_listen_are_killed(self):
        client = self.begin(STUBBORN, 'stop = "drain"\ndrain_time = 0\n')
        self.tell()
        self.assertEqual(sockets.read_all(client), b"told\n")
        self.assert_ended()
        self.assertRegex(self.daemon.log(), r"exit id=a pid=\d+ status=signal:9")

    def test_a_second_signal_goes_to_the_next_step_and_no_further(self):
        client = self.begin(TOLD)
        self.tell()
        self.daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(sockets.read_all(client), b"told\n")
        self.assert_ended()
        self.assertRegex(self.daemon.log(), r"exit id=a pid=\d+ status=0")

    def test_an_interrupt_does_not_wait(self):
        client = self.begin(TOLD)
        self.tell(signal.SIGINT)
        self.assertEqual(sockets.read_all(client), b"told\n")
        self.assert_ended()

    def test_a_signal_hurries_an_end_that_uvinetctl_has_asked_for(self):
        client = self.begin(TOLD, "")
        subprocess.run([os.path.join(bin_dir(), "uvinetctl"), "--socket", self.daemon.control,
                        "stop", "--drain", "1h"], check=True, timeout=seconds())
        self.daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(sockets.read_all(client), b"told\n")
        self.assert_ended()

    def test_servers_without_their_launcher_are_waited_for_and_told_too(self):
        client = self.begin(TOLD)
        for pid in self.daemon.launchers():
            os.kill(pid, signal.SIGKILL)
        self.daemon.wait_for_log("launcher for .* ended")
        self.tell()
        self.assertIsNone(self.daemon.process.poll())
        self.daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(sockets.read_all(client), b"told\n")
        self.assert_ended()

    def test_a_manager_is_told_how_long_it_may_take(self):
        with Manager() as manager:
            port = free_port()
            with manager.start(f'[daemon]\nstop = "drain"\ndrain_time = "5min"\n[services.a]\n'
                               f'listen = "tcp4://127.0.0.1:{port}"\ninternal = "echo"\n',
                               file_name="uvinetd.toml"):
                pass
            manager.wait_for("STOPPING=1")
            told = [line for line in manager.said[-1].split("\n") if "EXTEND" in line][0]
            self.assertGreater(int(told.removeprefix("EXTEND_TIMEOUT_USEC=")), 300_000_000)


if __name__ == "__main__":
    unittest.main()
