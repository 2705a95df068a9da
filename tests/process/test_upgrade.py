# SPDX-License-Identifier: ISC
"""Upgrade in place: another program goes on in the same process, and nobody notices."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

from harness import procfs, sockets
from harness.clients import run_client
from harness.control import ControlClient
from harness.daemon import Daemon
from harness.load import Load, write_server
from harness.surroundings import (bin_dir, free_port, free_ports, me, probe, requires,
                                  requires_linux_build, shared_folder, temporary_folder)
from harness.waiting import eventually, seconds

PROGRAMS = ("uvinetd", "uvi-reactor", "uvi-launcher", "uvi-zygote.so")


def service(address, kind, wait, *arguments):
    """One line that starts the probe."""
    return f"{address} {kind} {wait} {me()} {probe()} probe {' '.join(map(str, arguments))}"


def internal(port, name, kind="stream tcp4", wait="nowait"):
    """One line for a built-in."""
    return f"{port} {kind} {wait} {me()} internal {name}"


def upgrade(test, daemon):
    """An upgrade that has to go well; returns the reactor's pid of before."""
    before = daemon.roles("uvi-reactor")
    test.assertIn("upgraded from=", daemon.upgrade())
    test.assertEqual(len(set(daemon.roles("uvi-reactor")) - set(before)), 1)
    return before[-1]


def ctl(daemon, *words):
    """uvinetctl; the ended process."""
    return subprocess.run([os.path.join(bin_dir(), "uvinetctl"), "--socket", daemon.control, *words],
                          check=False, capture_output=True, text=True, timeout=seconds(60))


def echoed(port, text=b"x"):
    """What a service says to somebody new who says this; b"" for one who is turned away."""
    with sockets.connect(port) as client:
        try:
            return talk(client, text)
        except (ConnectionError, AssertionError, EOFError):
            return b""


def talk(client, text):
    """An echo over an open connection."""
    client.sendall(text)
    return sockets.read_exactly(client, len(text))


class Clients(unittest.TestCase):
    """Those who are there while it happens, and those who come after."""

    def test_connections_of_builtins_go_on_and_their_reactor_ends_with_the_last(self):
        port = free_port()
        with Daemon([internal(port, "echo")]) as daemon:
            with sockets.connect(port) as first, sockets.connect(port) as second:
                self.assertEqual(talk(first, b"one"), b"one")
                self.assertEqual(talk(second, b"one"), b"one")
                past = [upgrade(self, daemon), upgrade(self, daemon)]
                self.assertEqual(talk(first, b"two"), b"two")
                self.assertEqual(talk(second, b"two"), b"two")
                self.assertTrue(procfs.is_alive(past[0]))
                # Nobody has ever been answered by the second one.
                eventually(lambda: not procfs.is_alive(past[1]), what="the end of an idle reactor")
                self.assertEqual(echoed(port), b"x")
            eventually(lambda: not procfs.is_alive(past[0]), what="the end of the first reactor")
            self.assertEqual(len(daemon.roles("uvi-reactor")), 1)

    def test_a_redirect_goes_on_in_both_directions(self):
        port, target = free_ports(2)
        with Daemon([internal(target, "echo")]) as behind:
            text = (f'[services.relay]\nlisten = "tcp4://127.0.0.1:{port}"\n'
                    f'redirect = "127.0.0.1:{target}"\n')
            with Daemon(text, file_name="uvinetd.toml") as daemon:
                with sockets.connect(port) as client:
                    self.assertEqual(talk(client, b"one"), b"one")
                    upgrade(self, daemon)
                    upgrade(self, behind)
                    self.assertEqual(talk(client, b"two"), b"two")
                    client.shutdown(socket.SHUT_WR)
                    self.assertEqual(sockets.read_all(client), b"")

    def test_one_who_was_about_to_get_a_server_gets_it(self):
        mux, proxied = free_ports(2)
        text = "\n".join([
            f'[services.tcpmux]\nlisten = "tcp4://127.0.0.1:{mux}"\ninternal = "tcpmux"',
            f'[services.later]\ntcpmux = "later"\nexec = ["{probe()}", "report"]\nuser = "{me()}"',
            f'[services.proxied]\nlisten = "tcp4://127.0.0.1:{proxied}"\nuser = "{me()}"',
            f'exec = ["{probe()}", "report"]\nproxy_protocol = true',
            'proxy_from = ["127.0.0.1"]', ""])
        with Daemon(text, file_name="uvinetd.toml") as daemon:
            with sockets.connect(mux) as muxed, sockets.connect(proxied) as client:
                muxed.sendall(b"lat")
                client.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.8 ")
                eventually(lambda: ControlClient(daemon.control).ask({"verb": "status"}))
                upgrade(self, daemon)
                muxed.sendall(b"er\r\n")
                client.sendall(b"1000 2000\r\n")
                self.assertIn(b'"fds"', sockets.read_all(muxed))
                self.assertIn(b"192.0.2.7", sockets.read_all(client))

    def test_who_asks_the_daemon_is_answered_by_the_next_one(self):
        port = free_port()
        with Daemon([internal(port, "echo")]) as daemon:
            for expected in (1, 2):
                asked = ctl(daemon, "upgrade")
                self.assertEqual((asked.returncode, asked.stderr), (0, ""))
                self.assertRegex(asked.stdout, r"^upgraded from \S+ to \S+\n$")
                with ControlClient(daemon.control) as control:
                    status = control.ask({"verb": "status"})[0]["status"]
                    self.assertEqual((status["pid"], status["upgrades"]), (daemon.pid, expected))
                    self.assertEqual(status["reactor_restarts"], 0)


class Servers(unittest.TestCase):
    """Servers that run are known to the next program, counted and collected by it."""

    def setUp(self):
        self.file = os.path.join(shared_folder(), "lines")

    def test_a_server_of_a_connection_lives_on_and_its_end_is_told(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "hold")]) as daemon:
            client = sockets.connect(port)
            pid = json.loads(sockets.read_line(client))["pid"]
            upgrade(self, daemon)
            upgrade(self, daemon)
            self.assertTrue(procfs.is_alive(pid))
            self.assertIn(pid, daemon.servers())
            mark = daemon.mark()
            client.close()
            daemon.wait_for_log(rf"\bexit id={port}/tcp\S* pid={pid} status=0 ms=\d+", since=mark)
            eventually(lambda: not os.path.exists(f"/proc/{pid}"), what="a server that is collected")

    def test_limits_count_those_who_were_there(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait.0", "hold")],
                    ["-c", "1"]) as daemon:
            first = sockets.connect(port)
            self.assertIn("pid", sockets.read_line(first))
            upgrade(self, daemon)
            with sockets.connect(port) as second:
                self.assertTrue(sockets.has_nothing(second))
                first.close()
                self.assertIn("pid", sockets.read_line(second))

    def test_a_wait_server_keeps_its_socket_and_every_datagram_is_served_once(self):
        port = free_port()
        with Daemon([service(port, "dgram udp4", "wait", "wait-udp", self.file)]) as daemon:
            client = sockets.datagram_client(port)
            pids = set()
            for number in range(6):
                answer = sockets.ask(client, f"{number}")
                pids.add(answer.split()[1])
                self.assertEqual(answer.split()[2], f"{number}")
                upgrade(self, daemon)
            self.assertEqual(len(pids), 1, "another server was started beside the first")
            sockets.ask(client, "quit")
            eventually(lambda: not daemon.servers(), what="the end of the server")
            self.assertEqual(sockets.ask_until_answered(client, "again").split()[2], "again")

    def test_a_socket_that_a_server_listens_on_is_not_polled(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "wait", "wait-tcp", self.file)]) as daemon:
            with sockets.connect(port) as client:
                client.sendall(b"pid\n")
                first = sockets.read_line(client)
                upgrade(self, daemon)
                client.sendall(b"pid\n")
                self.assertEqual(sockets.read_line(client), first)
            with sockets.connect(port) as client:
                client.sendall(b"pid\nleave\n")
                self.assertEqual(sockets.read_line(client), first)
            eventually(lambda: not daemon.servers(), what="the end of the server")
            with sockets.connect(port) as client:
                client.sendall(b"pid\n")
                self.assertNotEqual(sockets.read_line(client), first)

    def test_what_servers_say_goes_on_to_the_log(self):
        requires_linux_build("does not learn which process wrote a line")
        port = free_port()
        script = "read a; echo $a >&2; read b; echo $b >&2"
        text = (f'[services.talk]\nlisten = "tcp4://127.0.0.1:{port}"\nuser = "{me()}"\n'
                f'exec = ["/bin/sh", "-c", {json.dumps(script)}]\n')
        with Daemon(text, file_name="uvinetd.toml") as daemon:
            with sockets.connect(port) as client:
                client.sendall(b"before\n")
                daemon.wait_for_log(r"stderr id=talk .* before$")
                upgrade(self, daemon)
                client.sendall(b"after\n")
                daemon.wait_for_log(r"stderr id=talk .* after$")
            daemon.assert_count(r"stderr id=talk .* (before|after)$", 2)

    def test_warm_services_are_warm_again(self):
        requires_linux_build("has no warm starts")
        if not os.path.exists(os.path.join(bin_dir(), "uvinetd_dynamic_probe")):
            self.skipTest("there are no warm starts in this build")
        port = free_port()
        line = (f"{port} stream tcp4 nowait {me()} {bin_dir()}/uvinetd_dynamic_probe probe report")
        with Daemon([line], ["--start", "zygote"]) as daemon:
            def is_warm():
                sockets.fetch_report(port)
                return any(procfs.comm(pid) == "uvinetd_dynamic" for pid in daemon.servers())
            eventually(is_warm, what="a zygote")
            upgrade(self, daemon)
            eventually(is_warm, what="a zygote of the next launcher")


class State(unittest.TestCase):
    """What the daemon has and knows, besides its servers."""

    def test_the_process_its_lock_and_its_command_line_are_the_same(self):
        port = free_port()
        with Daemon([internal(port, "echo")]) as daemon:
            words = procfs.arguments(daemon.pid)
            upgrade(self, daemon)
            self.assertEqual(procfs.arguments(daemon.pid), words)
            with open(daemon.pid_file, encoding="utf-8") as file:
                self.assertEqual(int(file.read()), daemon.pid)
            second = subprocess.run(
                [os.path.join(bin_dir(), "uvinetd"), "-f", "-e", "-p", daemon.pid_file,
                 "--control", "none", daemon.config],
                check=False, capture_output=True, text=True, timeout=seconds(60))
            self.assertEqual(second.returncode, 1)
            self.assertIn(f"held by process {daemon.pid}", second.stderr)

    def test_servers_have_the_limits_and_the_environment_of_the_start(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")], ["-E"],
                    environment={**os.environ, "FROM_THE_START": "yes"}) as daemon:
            before = sockets.fetch_report(port)
            upgrade(self, daemon)
            upgrade(self, daemon)
            after = sockets.fetch_report(port)
        def lasting(report):
            keys = ("environment", "argv", "cwd", "umask", "nofile", "uid", "gid", "groups", "nice",
                    "signals", "limits")
            out = {key: report[key] for key in keys if key in report}
            out["environment"] = sorted(text for text in report["environment"]
                                        if "REMOTE" not in text)
            return out
        self.assertEqual(lasting(before), lasting(after))
        self.assertIn("FROM_THE_START=yes", after["environment"])
        self.assertFalse([text for text in after["environment"] if "UVINETD_RESUME" in text])

    def test_pauses_and_bans_stand(self):
        port, other = free_ports(2)
        with Daemon([internal(port, "echo"), internal(other, "daytime")]) as daemon:
            paused = f"{port}/tcp4"
            self.assertEqual(ctl(daemon, "pause", "--refuse", paused).stderr, "")
            self.assertEqual(ctl(daemon, "ban", "192.0.2.9", "1h").stderr, "")
            upgrade(self, daemon)
            self.assertEqual(echoed(port), b"")
            daemon.wait_for_log(rf"refuse id={paused} .*reason=held")
            self.assertIn("192.0.2.9", ctl(daemon, "bans").stdout)
            self.assertEqual(ctl(daemon, "resume", paused).stderr, "")
            self.assertEqual(echoed(port), b"x")

    def test_a_changed_configuration_comes_into_force(self):
        kept, removed, added = free_ports(3)
        with Daemon([internal(kept, "echo"), internal(removed, "echo")]) as daemon:
            held = sockets.connect(removed)
            self.assertEqual(talk(held, b"x"), b"x")
            daemon.write_config([internal(kept, "daytime"), internal(added, "echo")])
            upgrade(self, daemon)
            self.assertTrue(sockets.fetch(kept).endswith(b"\r\n"))
            self.assertEqual(echoed(added), b"x")
            # Nobody holds it any more, the reactor with its last client neither.
            with socket.socket() as taker:
                taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                eventually(lambda: _binds(taker, removed), what="the address of a removed service")
            self.assertEqual(talk(held, b"y"), b"y")
            held.close()

    def test_unix_sockets_and_the_control_socket_keep_their_place(self):
        path = os.path.join(shared_folder(), "echo")
        text = (f'[services.echo]\nlisten = "unix://{path}"\ninternal = "echo"\nuser = "{me()}"\n')
        with Daemon(text, file_name="uvinetd.toml") as daemon:
            places = (path, daemon.control)
            before = [os.stat(place).st_ino for place in places]
            upgrade(self, daemon)
            self.assertEqual([os.stat(place).st_ino for place in places], before)
            with sockets.connect_unix(path) as client:
                self.assertEqual(talk(client, b"x"), b"x")
        self.assertFalse(os.path.exists(path))

    def test_descriptors_and_processes_are_as_many_as_before(self):
        ports = free_ports(3)
        with Daemon([internal(ports[0], "echo"),
                     service(ports[1], "stream tcp4", "nowait", "report"),
                     service(ports[2], "dgram udp4", "wait", "wait-udp",
                             os.path.join(shared_folder(), "lines"))]) as daemon:
            def state():
                sockets.fetch_report(ports[1])
                eventually(lambda: len(procfs.children(daemon.pid)) == 2, what="two roles")
                return procfs.descriptors(daemon.pid)
            upgrade(self, daemon)
            before = state()
            for _ in range(10):
                upgrade(self, daemon)
            after = state()
            self.assertEqual(len(before), len(after), (before, after))


def _binds(taker, port):
    try:
        taker.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


class Refused(unittest.TestCase):
    """What cannot take over changes nothing, and says why."""

    def setUp(self):
        self.folder = temporary_folder()
        for name in PROGRAMS:
            if os.path.exists(os.path.join(bin_dir(), name)):
                shutil.copy(os.path.join(bin_dir(), name), self.folder)
        self.port = free_port()

    def replace(self, name, text):
        """Puts a script in the place of a program, as a package does it: by renaming."""
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)

    def assert_refused(self, daemon, why):
        """By signal and by uvinetctl; everything goes on as before."""
        roles = procfs.children(daemon.pid)
        self.assertIn("upgrade refused; nothing has changed", daemon.upgrade())
        self.assertRegex(daemon.log(), rf"\bupgrade: .*{why}")
        asked = ctl(daemon, "upgrade")
        self.assertEqual((asked.returncode, asked.stdout), (1, ""))
        self.assertRegex(asked.stderr, why)
        self.assertIn("nothing has changed", asked.stderr)
        self.assertEqual(procfs.children(daemon.pid), roles)
        self.assertEqual(echoed(self.port), b"x")

    def daemon(self):
        """One built-in."""
        return Daemon([internal(self.port, "echo")], programs=self.folder)

    def test_a_configuration_with_a_new_error(self):
        with self.daemon() as daemon:
            daemon.write_config([internal(self.port, "echo"), "nonsense stream"])
            self.assert_refused(daemon, r"inetd\.conf:2:")
            daemon.write_config([internal(self.port, "echo")])
            upgrade(self, daemon)

    def test_an_error_that_was_there_before_is_no_reason(self):
        with Daemon([internal(self.port, "echo"), "nonsense stream"], programs=self.folder) as daemon:
            upgrade(self, daemon)
            upgrade(self, daemon)
            self.assertEqual(echoed(self.port), b"x")

    def test_a_program_that_is_none_or_is_gone_or_says_no(self):
        with self.daemon() as daemon:
            os.rename(os.path.join(self.folder, "uvinetd"), os.path.join(self.folder, "away"))
            self.assert_refused(daemon, "No such file")
            self.replace("uvinetd", "this is no program")
            self.assert_refused(daemon, "cannot execute|Exec format error")
            self.replace("uvinetd", "#!/bin/sh\necho 'this cannot be' >&2\nexit 3\n")
            self.assert_refused(daemon, "this cannot be")
            self.replace("uvinetd", "#!/bin/sh\nkill -9 $$\n")
            self.assert_refused(daemon, "status=signal:9")

    def test_roles_of_another_build_or_none(self):
        with self.daemon() as daemon:
            reactor = os.path.join(self.folder, "uvi-reactor")
            os.rename(reactor, reactor + ".kept")
            self.assert_refused(daemon, "uvi-reactor")
            self.replace("uvi-reactor", "#!/bin/sh\nexit 0\n")
            self.assert_refused(daemon, "uvi-reactor does not start")
            os.rename(reactor + ".kept", reactor)
            upgrade(self, daemon)

    def test_a_program_that_cannot_use_the_state_gives_the_place_back(self):
        if not os.path.exists("/proc/self/exe"):
            self.skipTest("there is no /proc here")
        later = os.path.join(bin_dir(), "uvinetd_of_later")
        with self.daemon() as daemon:
            with sockets.connect(self.port) as client:
                self.assertEqual(talk(client, b"one"), b"one")
                self.replace("uvinetd", f"#!/bin/sh\ncase $1 in --upgrade-check=*) exit 0 ;; esac\n"
                                        f"exec {later} \"$@\"\n")
                asked = ctl(daemon, "upgrade")
                self.assertEqual(asked.returncode, 1)
                self.assertIn("versions 1000 to 1000 can be used", asked.stderr)
                daemon.wait_for_log(r"the one before does")
                self.assertEqual(talk(client, b"two"), b"two")
                self.assertEqual(echoed(self.port), b"x")
                # It can still be upgraded, once there is something better.
                shutil.copy(os.path.join(bin_dir(), "uvinetd"),
                            os.path.join(self.folder, "uvinetd.new"))
                os.rename(os.path.join(self.folder, "uvinetd.new"),
                          os.path.join(self.folder, "uvinetd"))
                upgrade(self, daemon)
                self.assertEqual(talk(client, b"three"), b"three")


class UnderLoad(unittest.TestCase):
    """While clients come and go."""

    def test_everybody_is_served_once_and_nobody_is_refused(self):
        folder = shared_folder()
        server = write_server(folder)
        file = os.path.join(folder, "lines")
        port = free_port()
        with Daemon([f"{port} stream tcp4 nowait {me()} {server} server {file}"],
                    log_connections=False) as daemon:
            load = Load(port)
            try:
                for _ in range(10):
                    load.wait_for(20)
                    upgrade(self, daemon)
            finally:
                load.end()
            with open(file, encoding="utf-8") as lines:
                served = lines.read().split()
            self.assertEqual(len(served), len(set(served)), "somebody was served twice")
            self.assertEqual((load.refused, load.lost), (0, []))
            self.assertEqual(len(served), len(load.answered))


class Signals(unittest.TestCase):
    """Signals that come at any moment of it."""

    def test_hangups_all_the_time(self):
        port = free_port()
        with Daemon([internal(port, "echo")]) as daemon:
            script = ("import os, signal, sys, time\n"
                      "while True:\n os.kill(int(sys.argv[1]), signal.SIGHUP)\n time.sleep(0.001)\n")
            with subprocess.Popen([sys.executable, "-c", script, str(daemon.pid)]) as sender:
                for _ in range(5):
                    upgrade(self, daemon)
                sender.kill()
            self.assertEqual(echoed(port), b"x")

    def test_an_end_in_the_middle_of_it(self):
        port = free_port()
        for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08):
            with self.subTest(delay):
                with Daemon([internal(port, "echo")]) as daemon:
                    daemon.process.send_signal(signal.SIGUSR2)
                    time.sleep(delay)  # any moment will do
                    # Leaving the block ends it, and asserts that nothing is left.


if __name__ == "__main__":
    unittest.main()
