# SPDX-License-Identifier: ISC
"""Roles that die, one at a time and in a loop under load: nobody is served twice, few are lost."""
import json
import os
import shutil
import signal
import unittest
from unittest import mock

from harness import procfs, sockets
from harness.control import ControlClient
from harness.daemon import Daemon
from harness.load import strike_under_load, write_server
from harness.surroundings import (bin_dir, free_port, free_ports, me, probe, requires_linux_build,
                                  shared_folder, spawner, temporary_folder)
from harness.waiting import eventually, seconds


def service(address, kind, wait, *arguments):
    """One line that starts the probe."""
    return f"{address} {kind} {wait} {me()} {probe()} probe {' '.join(map(str, arguments))}"


def pid_of(answer):
    """The server's pid in a reply of `probe wait-udp`: COUNT PID TEXT."""
    return int(answer.split()[1])


def kill(pid):
    """SIGKILL, as the kernel does it when memory is short."""
    os.kill(pid, signal.SIGKILL)


class Replacement(unittest.TestCase):
    """A role that is killed is started again, and what runs is known to its successor."""

    def setUp(self):
        self.file = os.path.join(shared_folder(), "lines")

    def kill_launchers(self, daemon):
        """Kills all launchers."""
        for pid in daemon.launchers():
            kill(pid)

    def kill_launchers_first(self, daemon):
        """The children are the monitor's already when the reactor dies."""
        victims = daemon.launchers()
        self.kill_launchers(daemon)
        eventually(lambda: not set(victims) & set(procfs.children(daemon.pid)))
        daemon.replace_reactor()

    def kill_both(self, daemon):
        """Reactor and launchers, one right after the other."""
        daemon.replace_reactor(lambda: self.kill_launchers(daemon))

    def ways(self):
        """The orders in which roles are killed."""
        return (Daemon.replace_reactor, self.kill_launchers, self.kill_launchers_first,
                self.kill_both)

    def test_sockets_go_on_being_served(self):
        for way in self.ways():
            with self.subTest(way.__name__):
                port, builtin = free_ports(2)
                with Daemon([service(port, "stream tcp4", "nowait", "report"),
                             f"{builtin} stream tcp4 nowait {me()} internal daytime"]) as daemon:
                    for _ in range(5):
                        way(daemon)
                        self.assertIn("fds", sockets.fetch_report(port))
                        self.assertTrue(sockets.fetch(builtin).endswith(b"\r\n"))

    def test_a_running_server_lives_on_and_its_end_is_told(self):
        for way in self.ways():
            with self.subTest(way.__name__):
                port = free_port()
                with Daemon([service(port, "stream tcp4", "nowait", "hold")]) as daemon:
                    client = sockets.connect(port)
                    pid = json.loads(sockets.read_line(client))["pid"]
                    daemon.wait_for_log(rf"\bstart id=\S+ pid={pid} ")
                    way(daemon)
                    self.assertTrue(procfs.is_alive(pid))
                    client.close()
                    daemon.wait_for_log(rf"\bexit id={port}/tcp\S* pid={pid} status=0 ms=\d+")

    def test_a_limit_counts_the_servers_of_before(self):
        for way in self.ways():
            with self.subTest(way.__name__):
                port, other = free_ports(2)
                with Daemon([service(port, "stream tcp4", "nowait/2", "hold"),
                             service(other, "stream tcp4", "nowait", "report")]) as daemon:
                    clients = [sockets.connect(port) for _ in range(2)]
                    for client in clients:
                        sockets.read_line(client)
                    eventually(lambda: daemon.starts(f"{port}/tcp4") == 2)
                    way(daemon)
                    third = sockets.connect(port)
                    for _ in range(2):
                        sockets.fetch_report(other)
                    self.assertTrue(sockets.has_nothing(third))
                    clients[0].close()
                    self.assertIn("pid", sockets.read_line(third))
                    clients[1].close()
                    third.close()

    def test_a_wait_server_keeps_its_socket_to_itself(self):
        for way in self.ways():
            with self.subTest(way.__name__):
                port = free_port()
                with Daemon([service(port, "dgram udp4", "wait", "wait-udp", self.file)]) as daemon:
                    with sockets.datagram_client(port) as client:
                        first = pid_of(sockets.ask(client, "one"))
                        daemon.wait_for_log(rf"\bstart id=\S+ pid={first} ")
                        way(daemon)
                        self.assertEqual(pid_of(sockets.ask(client, "two")), first)
                        self.assertEqual(daemon.starts(f"{port}/udp4"), 1)
                        sockets.ask(client, "quit")
                        daemon.wait_for_log(rf"\bexit id={port}/udp4 ")
                        third = sockets.ask_until_answered(client, "three")
                        self.assertNotEqual(pid_of(third), first)
                        sockets.ask(client, "quit")

    def test_a_datagram_that_came_meanwhile_gets_a_server_of_its_own(self):
        port = free_port()
        with Daemon([service(port, "dgram udp4", "nowait", "wait-udp", self.file)]) as daemon:
            with sockets.datagram_client(port) as client:
                first = pid_of(sockets.ask(client, "one"))
                daemon.wait_for_log(rf"\bstart id=\S+ pid={first} ")
                os.kill(first, signal.SIGSTOP)
                eventually(lambda: procfs.state(first) == "T", what="the first server to stop")
                reactor = daemon.reactor()
                os.kill(reactor, signal.SIGSTOP)
                client.send(b"two")
                kill(reactor)
                self.assertNotEqual(pid_of(client.recv(100).decode()), first)
                os.kill(first, signal.SIGKILL)
                sockets.ask(client, "quit")

    def test_a_client_that_waits_in_the_backlog_is_served(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")]) as daemon:
            reactor = daemon.reactor()
            os.kill(reactor, signal.SIGSTOP)
            clients = [sockets.connect(port) for _ in range(10)]
            kill(reactor)
            for client in clients:
                self.assertIn(b'"fds"', sockets.read_all(client))
                client.close()

    def test_launches_that_a_stopped_launcher_has_in_its_queue_are_not_lost(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")]) as daemon:
            sockets.fetch_report(port)
            launcher = daemon.launchers()[0]
            os.kill(launcher, signal.SIGSTOP)
            clients = [sockets.connect(port) for _ in range(20)]
            eventually(lambda: all_accepted(port, 20), what="the reactor to accept them")
            kill(launcher)
            for client in clients:
                self.assertIn(b'"fds"', sockets.read_all(client))
                client.close()
            eventually(lambda: daemon.starts(f"{port}/tcp4") == 21)

    def test_the_monitor_keeps_nothing_of_a_dead_launcher(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "hold")]) as daemon:
            with sockets.connect(port) as client:  # there is a launcher, with a child
                sockets.read_line(client)
                before = len(procfs.descriptors(daemon.pid))
                kill(daemon.launchers()[0])
                with sockets.connect(port) as other:  # from another launcher
                    sockets.read_line(other)
            eventually(lambda: not daemon.servers(), what="the end of the servers")
            eventually(lambda: len(procfs.descriptors(daemon.pid)) <= before, what=lambda:
                       f"{before} descriptors, not {procfs.descriptors(daemon.pid)}")

    def test_the_monitor_killed_frees_the_sockets_at_once_and_servers_live_on(self):
        port, held = free_ports(2)
        lines = [service(port, "stream tcp4", "nowait", "report"),
                 service(held, "stream tcp4", "nowait", "hold")]
        daemon = Daemon(lines)
        client = sockets.connect(held)
        pid = json.loads(sockets.read_line(client))["pid"]
        roles = daemon.roles("uvi-reactor") + daemon.launchers()
        kill(daemon.pid)
        daemon.process.wait(seconds())
        eventually(lambda: is_refused(port), what="the end of the listener")
        self.assertTrue(procfs.is_alive(pid))
        with Daemon([service(port, "stream tcp4", "nowait", "report")]):
            self.assertIn("fds", sockets.fetch_report(port))
        self.assertTrue(procfs.is_alive(pid))
        client.close()
        eventually(lambda: not any(procfs.is_alive(role) for role in roles),
                   what="the end of the roles after their children")
        daemon.kill()


def all_accepted(port, count):
    """True when no connection to the port stands in the listener's queue any more."""
    hexadecimal = f":{port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [row.split() for row in table.readlines()[1:]]
    listening = [row for row in rows if row[1].endswith(hexadecimal) and row[3] == "0A"]
    established = [row for row in rows if row[1].endswith(hexadecimal) and row[3] == "01"]
    queued = sum(int(row[4].split(":")[1], 16) for row in listening)
    return queued == 0 and len(established) >= count


def is_refused(port):
    """True when nobody listens there."""
    try:
        sockets.connect(port).close()
        return False
    except ConnectionRefusedError:
        return True


class EarlyDeath(unittest.TestCase):
    """A launcher that is killed before it has become its identity."""

    def setUp(self):
        self.folder = temporary_folder()
        for name in ("uvinetd", "uvi-reactor"):
            shutil.copy(os.path.join(bin_dir(), name), self.folder)
        shutil.copy(os.path.join(bin_dir(), "uvi-launcher"), os.path.join(self.folder, "real-role"))
        shutil.copy(os.path.join(bin_dir(), "uvinetd_dying_role"),
                    os.path.join(self.folder, "uvi-launcher"))
        self.port = free_port()

    def daemon(self):
        """One whose launchers die when they are told to."""
        lines = [service(self.port, "stream tcp4", "nowait", "report")]
        with mock.patch.dict(os.environ, UVINETD_BIN_DIR=self.folder):
            return Daemon(lines)

    def die(self, times):
        """So many launchers are killed at their start."""
        with open(os.path.join(self.folder, "deaths"), "w", encoding="ascii") as file:
            file.write("x" * times)
        os.chmod(file.name, 0o666)

    def accept(self, daemon, count):
        """Clients whose launches stand in the queue of a launcher that is dead."""
        sockets.fetch_report(self.port)
        launcher = daemon.launchers()[0]
        os.kill(launcher, signal.SIGSTOP)
        clients = [sockets.connect(self.port) for _ in range(count)]
        eventually(lambda: all_accepted(self.port, count), what="the reactor to accept them")
        kill(launcher)
        return clients

    def test_clients_wait_for_one_that_lives(self):
        self.die(2)
        with self.daemon() as daemon:
            self.assertIn("fds", sockets.fetch_report(self.port))
            self.die(3)
            for client in self.accept(daemon, 5):
                self.assertIn(b'"fds"', sockets.read_all(client))
                client.close()
            self.assertEqual(os.path.getsize(os.path.join(self.folder, "deaths")), 0)
            self.assertEqual(daemon.count(r"\brefuse\b"), 0)

    def test_clients_do_not_wait_for_one_that_always_dies(self):
        with self.daemon() as daemon:
            sockets.fetch_report(self.port)
            self.die(1000)
            for client in self.accept(daemon, 3):
                self.assertEqual(sockets.read_all(client), b"")
                client.close()
            daemon.assert_count(r"\brefuse id=\S+ from=\S+ reason=launcher step=exec", 3)
            with ControlClient(daemon.control) as control:
                def degraded():
                    return control.ask({"verb": "status"})[0]["status"].get("degraded")
                self.assertEqual(eventually(degraded, what="that it is told"),
                                 [f"no server can be started as {me()}"])
                self.die(0)
                self.assertIn("fds", sockets.fetch_report(self.port))
                self.assertIsNone(degraded())


class Silence(unittest.TestCase):
    """A role that lives and does not answer; each takes its deadline of ten seconds or more."""

    def test_a_reactor_that_hangs_is_replaced(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")]) as daemon:
            sockets.fetch_report(port)
            reactor = daemon.reactor()
            os.kill(reactor, signal.SIGSTOP)
            with sockets.connect(port) as client:
                daemon.wait_for_log(r"the reactor does not answer", 60)
                self.assertIn(b'"fds"', sockets.read_all(client))
            self.assertNotEqual(daemon.reactor(), reactor)

    def test_a_launcher_that_hangs_gets_another_beside_it(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")]) as daemon:
            sockets.fetch_report(port)
            launcher = daemon.launchers()[0]
            os.kill(launcher, signal.SIGSTOP)
            with sockets.connect(port) as stuck:
                stuck.settimeout(None)
                eventually(lambda: all_accepted(port, 1))
                self.assertTrue(eventually(lambda: self.try_fetch(port), 60))
                self.assertEqual(len(daemon.launchers()), 2)
                os.kill(launcher, signal.SIGCONT)
                self.assertIn(b'"fds"', sockets.read_all(stuck))

    def try_fetch(self, port):
        """An answer, if one comes within a second."""
        with sockets.connect(port) as client:
            client.settimeout(1)
            try:
                return sockets.read_all(client)
            except TimeoutError:
                return None


class UnderLoad(unittest.TestCase):
    """Roles killed again and again while clients ask."""

    def setUp(self):
        self.folder = shared_folder()
        self.file = os.path.join(self.folder, "served")
        self.server = write_server(self.folder)

    def kill_under_load(self, role, times, most_lost):
        """Kills the role so many times; returns nothing, asserts what clients saw."""
        port = free_port()
        line = f"{port} stream tcp4 nowait {me()} {self.server} server {self.file}"
        with Daemon([line], log_connections=False) as daemon:
            load = strike_under_load(
                self, port, self.file,
                lambda: kill(eventually(lambda: daemon.roles(role), what=role)[0]), times, 10)
            self.assertLessEqual(len(load.lost), most_lost, f"lost {load.lost}\n{daemon.log()}")
            print(f"{role}: {times} kills, {len(load.answered)} answered, {len(load.lost)} lost")

    def test_reactor(self):
        self.kill_under_load("uvi-reactor", 30, 30)  # one that was just accepted, per kill

    def test_launcher(self):
        # With posix_spawn the one that was just being spawned, per kill.
        self.kill_under_load("uvi-launcher", 30, 0 if spawner() == "clone" else 30)


class Signals(unittest.TestCase):
    """Only the monitor acts on an operator's signals."""

    def test_signals_to_the_other_roles_change_nothing(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")]) as daemon:
            sockets.fetch_report(port)
            roles = sorted(daemon.roles("uvi-reactor") + daemon.launchers())
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1,
                           signal.SIGUSR2):
                for pid in roles:
                    os.kill(pid, number)
            self.assertIn("fds", sockets.fetch_report(port))
            self.assertEqual(sorted(daemon.roles("uvi-reactor") + daemon.launchers()), roles)

    def test_hup_to_every_process_is_one_reload(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")]) as daemon:
            sockets.fetch_report(port)  # the launcher is there
            roles = daemon.roles("uvi-reactor") + daemon.launchers()
            for pid in [*roles, daemon.pid]:
                os.kill(pid, signal.SIGHUP)
            daemon.wait_for_log(r"\breload kept=1 added=0 removed=0 changed=0")
            self.assertEqual(sorted(daemon.roles("uvi-reactor") + daemon.launchers()),
                             sorted(roles))
            self.assertIn("fds", sockets.fetch_report(port))

    def test_int_to_every_process_is_an_orderly_end(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")]) as daemon:
            for pid in daemon.roles("uvi-reactor") + daemon.launchers():
                os.kill(pid, signal.SIGINT)
            daemon.stop(signal.SIGINT)
            self.assertEqual(daemon.count(r"replacing"), 0)


class HostileBox(unittest.TestCase):
    """What a taken-over reactor cannot do."""

    def test_the_reactor_has_no_way_to_new_privileges(self):
        requires_linux_build("has no system call filter")
        with Daemon([f"{free_port()} stream tcp4 nowait {me()} internal echo"]) as daemon:
            state = procfs.status(daemon.reactor())
            self.assertEqual(state.get("NoNewPrivs"), "1")
            if os.environ.get("UVINETD_TEST_TIMEOUT_MULTIPLIER", "1") == "1":  # not sanitized
                self.assertEqual(state.get("Seccomp"), "2")
            if os.geteuid() == 0:
                self.assertNotIn("0", state["Uid"].split())
                self.assertEqual(state["CapEff"].strip("0"), "")
                self.assertEqual(state["Groups"], "")

    def test_a_server_cannot_trace_its_launcher(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "hold")]) as daemon:
            with sockets.connect(port) as client:
                sockets.read_line(client)
                launcher = daemon.launchers()[0]
                self.assertEqual(os.stat(f"/proc/{launcher}/mem").st_uid, 0)
