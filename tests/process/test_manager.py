# SPDX-License-Identifier: ISC
"""The daemon and a service manager that speaks the protocols of systemd."""
import os
import re
import resource
import signal
import socket
import subprocess
import unittest

from harness import sandbox, sockets
from harness.daemon import Daemon
from harness.manager import Manager
from harness.surroundings import free_port, me, probe, requires_ipv6, temporary_folder
from harness.waiting import eventually


def report_line(port):
    """A service that is the probe's report."""
    return f"{port} stream tcp4 nowait {me()} {probe()} probe report"


class Told(unittest.TestCase):
    """What sd_notify(3) says of readiness, reloads and the end."""

    def test_readiness_reload_and_end_are_told(self):
        with Manager() as manager, manager.start([report_line(free_port())]) as daemon:
            manager.wait_for("READY=1")
            self.assertIn("STATUS=1 services, 1 sockets", manager.said[0].split("\n"))
            daemon.reload()
            manager.wait_for("READY=1", 2)
            self.assertRegex(manager.said[1], r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            daemon.stop()
            manager.wait_for("STOPPING=1")

    def test_a_refused_reload_is_over_too(self):
        with Manager() as manager, manager.start([report_line(free_port())]) as daemon:
            daemon.reload(["nonsense"])
            manager.wait_for("READY=1", 2)
            manager.wait_for("STATUS=reload refused; 1 services, 1 sockets")

    def test_the_status_follows_what_is_bound_later(self):
        port = free_port()
        with Manager() as manager:
            taken = socket.create_server(("0.0.0.0", port))
            lines = [report_line(port), report_line(free_port())]
            with taken, manager.start(lines):
                manager.wait_for("STATUS=2 services, 1 sockets, 1 retrying")
                taken.close()
                manager.wait_for("STATUS=2 services, 2 sockets")


class Watchdog(unittest.TestCase):
    """WATCHDOG=1, said by the monitor for the reactor too."""

    def test_it_is_told_that_an_idle_daemon_lives(self):
        with Manager() as manager, manager.start([report_line(free_port())], watchdog=1):
            manager.wait_for("WATCHDOG=1", 4)

    def test_nobody_is_told_who_does_not_wait(self):
        port = free_port()
        with Manager() as manager:
            with manager.start([report_line(port)], watchdog=1,
                               variables={"WATCHDOG_PID": str(os.getpid())}) as daemon:
                sockets.fetch_report(port)
                daemon.reload()
                manager.wait_for("READY=1", 2)
            self.assertEqual(manager.count("WATCHDOG=1"), 0)

    def test_a_daemon_whose_reactor_hangs_is_silent_until_it_is_replaced(self):
        port = free_port()
        with Manager() as manager, manager.start([report_line(port)], watchdog=4) as daemon:
            manager.wait_for("WATCHDOG=1", 2)
            os.kill(daemon.reactor(), signal.SIGSTOP)
            before = manager.count("WATCHDOG=1")
            daemon.wait_for_log("the reactor does not answer")
            # One may have been on its way.
            self.assertLessEqual(manager.count("WATCHDOG=1"), before + 1)
            manager.wait_for("WATCHDOG=1", before + 3)
            sockets.fetch_report(port)

    def test_servers_do_not_see_it(self):
        port = free_port()
        with Manager(store=4) as manager, manager.start([report_line(port)], ["-E"], watchdog=60):
            variables = sockets.fetch_report(port)["environment"]
        self.assertTrue([each for each in variables if each.startswith("LC_ALL=")])
        self.assertEqual([each for each in variables
                          if re.match("NOTIFY|WATCHDOG|FDSTORE|LISTEN", each)], [])


def bound(port, host="127.0.0.1", kind=socket.SOCK_STREAM, listens=True):
    """A socket as a socket unit makes it."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if ":" in host:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    made.bind((host, port))
    if listens and kind == socket.SOCK_STREAM:
        made.listen(5)
    return made


def echo_of(port, host="127.0.0.1", scheme="tcp4"):
    """A service in TOML, by the name of its port."""
    return f'[services.s{port}]\nlisten = "{scheme}://{host}:{port}"\ninternal = "echo"\n'


class GivenSockets(unittest.TestCase):
    """LISTEN_FDS: what is configured decides which of them are used."""

    def setUp(self):
        self.manager = Manager()
        self.addCleanup(self.manager.close)

    def start(self, lines, given, **more):
        """The daemon with these sockets, of which we keep no copy."""
        daemon = self.manager.start(lines, given=given, file_name="uvinetd.toml", **more)
        for _, each in given:
            each.close()
        return daemon

    def assert_echoes(self, client):
        """The service answers."""
        client.sendall(b"hello")
        self.assertEqual(sockets.read_exactly(client, 5), b"hello")

    def test_a_client_that_came_before_the_daemon_is_served(self):
        port, other = free_port(), free_port()
        given = [("second", bound(other)), ("first", bound(port))]
        early = sockets.connect(port)
        with self.start(echo_of(port) + echo_of(other), given) as daemon:
            self.assert_echoes(early)
            self.assert_echoes(sockets.connect(other))
            self.assertNotIn("warning", daemon.log())
            self.assertEqual(self.manager.kept, {})  # they have a keeper

    def test_datagrams_and_unix_sockets_are_used_too(self):
        port, folder = free_port(), temporary_folder()
        path = os.path.join(folder, "socket")
        local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        local.bind(path)
        given = [("a", bound(port, kind=socket.SOCK_DGRAM)), ("b", local)]
        client = sockets.datagram_client(port)
        lines = echo_of(port, scheme="udp4") + \
            f'[services.u]\nlisten = "unix://{path}"\ninternal = "echo"\n'
        inode = os.stat(path).st_ino
        with self.start(lines, given):
            client.send(b"hello")
            self.assertEqual(client.recv(100), b"hello")
            self.assertEqual(os.stat(path).st_ino, inode)
            self.assert_echoes(sockets.connect_unix(path))
        self.assertTrue(os.path.exists(path))  # whose it is

    def test_the_family_and_its_reach_have_to_be_the_same(self):
        requires_ipv6()
        port, other = free_port(), free_port()
        given = [("dual", bound(port, "::")), ("wrong", bound(other, "::"))]
        early = sockets.connect(port)
        with self.start(echo_of(port, "", "tcp46") + echo_of(other, "[::1]", "tcp6"),
                        given) as daemon:
            self.assert_echoes(early)
            self.assert_echoes(connect_eventually(other, "::1"))  # we had a copy until now
            daemon.wait_for_log(rf'no service has the socket \[::\]:{other} '
                                r'\(stream, IPv4 too, "wrong"\)')

    def test_a_socket_of_another_type_is_told_and_closed(self):
        port = free_port()
        with self.start(echo_of(port), [("x", bound(port, kind=socket.SOCK_DGRAM))]) as daemon:
            daemon.wait_for_log(rf'no service has the socket 127.0.0.1:{port} \(dgram, "x"\)')
            self.assert_echoes(sockets.connect(port))
            # Nobody has it any more.
            bound(port, kind=socket.SOCK_DGRAM).close()

    def test_settings_and_backlog_are_those_of_the_service(self):
        port = free_port()
        lines = echo_of(port) + "keepalive = true\nbacklog = 77\n"
        with self.start(lines, [("x", bound(port, listens=False))]) as daemon:
            said = subprocess.run(["ss", "-tlnH", f"sport = :{port}"], check=True,
                                  capture_output=True, text=True).stdout
            self.assertEqual(said.split()[2], "77")
            self.assert_echoes(sockets.connect(port))
            self.assertNotIn("warning", daemon.log())

    def test_what_is_no_socket_of_a_service_is_told(self):
        port = free_port()
        listener = bound(free_port())
        connection = socket.create_connection(listener.getsockname())
        given = [("file", open("/dev/null", "rb")), ("talk", connection),  # pylint: disable=consider-using-with
                 ("pair", socket.socketpair()[0]), ("good", bound(port))]
        with self.start(echo_of(port), given) as daemon:
            for text in ("descriptor 3 (file) is no socket: closed",
                         "descriptor 4 (talk) is a connection: closed",
                         "descriptor 5 (pair) is bound to nothing: closed"):
                self.assertIn(text, daemon.log())
            self.assert_echoes(sockets.connect(port))

    def test_a_wrong_number_of_them_is_told(self):
        port = free_port()
        with self.start(echo_of(port), [("", bound(port))],
                        variables={"LISTEN_FDS": "99999"}) as daemon:
            daemon.wait_for_log("LISTEN_FDS is 99999, and 9999[78] of them are not open")
            self.assert_echoes(sockets.connect(port))
        for text in ("x", "-1", "1x", "99999999999999999999"):
            with self.start(echo_of(port), [], variables={"LISTEN_FDS": text}) as daemon:
                daemon.wait_for_log(f'LISTEN_FDS is no number: "{text}"')

    def test_those_of_another_process_are_left_alone(self):
        port = free_port()
        with bound(port) as listener:
            config = echo_of(free_port())
            command = ["env", "LISTEN_PID=1", "LISTEN_FDS=1"]
            with Daemon(config, launcher=command, file_name="uvinetd.toml") as daemon:
                self.assertNotIn("warning", daemon.log())
            listener.listen()


class Store(unittest.TestCase):
    """The manager keeps our sockets for the next of us."""

    def setUp(self):
        self.manager = Manager(store=100)
        self.addCleanup(self.manager.close)
        self.folder = temporary_folder()

    def start(self, lines):
        """The next daemon."""
        return self.manager.start(lines, file_name="uvinetd.toml")

    def assert_echoes(self, client):
        """The service answers."""
        client.sendall(b"hello")
        self.assertEqual(sockets.read_exactly(client, 5), b"hello")

    def unix_service(self):
        """Its path and its lines."""
        path = os.path.join(self.folder, "socket")
        return path, f'[services.u]\nlisten = "unix://{path}"\ninternal = "echo"\n'

    def test_clients_that_come_while_there_is_no_daemon_are_served_by_the_next(self):
        port, datagrams = free_port(), free_port()
        path, unix = self.unix_service()
        lines = echo_of(port) + echo_of(datagrams, scheme="udp4") + unix
        daemon = self.start(lines)
        for _ in range(3):
            self.manager.wait_kept(3)
            names = set(self.manager.kept)
            daemon.kill()
            waiting = [sockets.connect(port), sockets.connect_unix(path)]
            client = sockets.datagram_client(datagrams)
            client.send(b"early")
            daemon = self.start(lines)
            self.assertEqual(client.recv(100), b"early")
            for each in waiting:
                self.assert_echoes(each)
            self.assertNotIn("warning", daemon.log())
            daemon.reload()
            self.assertEqual(set(self.manager.kept), names)
        daemon.stop()
        daemon.kill()

    def test_a_planned_end_leaves_them_for_the_next_too(self):
        path, unix = self.unix_service()
        with self.start(unix):
            self.manager.wait_kept(1)
        client = sockets.connect_unix(path)
        with self.start(unix):
            self.assert_echoes(client)

    def test_an_upgrade_is_told_like_a_reload_and_what_is_kept_stays(self):
        port = free_port()
        path, unix = self.unix_service()
        lines = echo_of(port) + unix
        daemon = self.manager.start(lines, file_name="uvinetd.toml", watchdog=1)
        self.manager.wait_kept(2)
        names = set(self.manager.kept)
        for times in (1, 2):
            self.assertIn("upgraded from=", daemon.upgrade())
            self.manager.wait_for("RELOADING=1", times)
            self.manager.wait_for("READY=1", times + 1)
        alive = self.manager.count("WATCHDOG=1")
        self.manager.wait_for("WATCHDOG=1", alive + 2)
        daemon.reload(lines + echo_of(free_port()))
        self.manager.wait_kept(3)
        self.assertLess(names, set(self.manager.kept))
        daemon.kill()
        waiting = [sockets.connect(port), sockets.connect_unix(path)]
        with self.start(lines):
            for each in waiting:
                self.assert_echoes(each)

    def test_a_path_that_is_anothers_by_now_is_not_believed(self):
        path, unix = self.unix_service()
        with self.start(unix):
            self.manager.wait_kept(1)
        before = set(self.manager.kept)
        os.unlink(path)
        with self.start(unix) as daemon:
            daemon.wait_for_log("not used again")
            self.assert_echoes(sockets.connect_unix(path))
            eventually(lambda: len(self.manager.kept) == 1 and set(self.manager.kept) != before)

    def test_what_a_reload_removes_is_let_go(self):
        port, other, third = free_port(), free_port(), free_port()
        with self.start(echo_of(port) + echo_of(other)) as daemon:
            self.manager.wait_kept(2)
            daemon.reload(echo_of(port))
            self.manager.wait_kept(1)
            bound(other).close()
            daemon.reload(echo_of(port) + echo_of(third))
            self.manager.wait_kept(2)

    def test_what_the_next_does_not_want_is_let_go_silently(self):
        port, other = free_port(), free_port()
        with self.start(echo_of(port) + echo_of(other)):
            self.manager.wait_kept(2)
        with self.start(echo_of(port)) as daemon:
            self.manager.wait_kept(1)
            self.assertNotIn("warning", daemon.log())

    def test_a_socket_in_the_way_of_its_successor_is_waited_for(self):
        port = free_port()
        with self.start(echo_of(port, "0.0.0.0")) as daemon:
            self.manager.wait_kept(1)
            daemon.reload(echo_of(port))
            self.assert_echoes(connect_eventually(port))
            self.manager.wait_kept(1)
        with self.start(echo_of(port, "0.0.0.0")):
            self.assert_echoes(connect_eventually(port))

    def test_a_manager_that_does_not_read_holds_nobody_up(self):
        ports = [free_port() for _ in range(90)]
        self.manager.hush()
        with self.start("".join(map(echo_of, ports))):
            for port in ports[::10]:
                self.assert_echoes(sockets.connect(port))
            self.manager.listen()
            self.manager.wait_kept(len(ports))
            self.manager.wait_for("READY=1")

    def test_no_more_are_kept_than_the_next_could_be_started_with(self):
        ports = [free_port() for _ in range(60)]
        lines = "".join(map(echo_of, ports))

        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 4096))

        with self.manager.start(lines, file_name="uvinetd.toml", preexec=limit) as daemon:
            daemon.wait_for_log("20 of 60 sockets are kept over a restart")
            self.manager.wait_kept(20)

    def test_without_an_offer_nothing_is_sent(self):
        self.manager.offers = 0
        with self.start(echo_of(free_port())) as daemon:
            daemon.reload()
            self.manager.wait_for("READY=1", 2)
        self.assertEqual(self.manager.count("FDSTORE=1"), 0)


class NamesOfLater(unittest.TestCase):
    """A host name that cannot be looked up at the start of the next daemon."""

    def test_its_socket_is_not_let_go(self):
        sandbox.enter()
        with open("/etc/hosts", encoding="utf-8") as file:
            hosts = file.read()
        port, other = free_port(), free_port()
        lines = echo_of(port, "late.example") + echo_of(other)
        with Manager(store=100) as manager:
            write_hosts(hosts + "127.0.0.1 late.example\n")
            with manager.start(lines, file_name="uvinetd.toml"):
                manager.wait_kept(2)
            write_hosts(hosts)
            with sockets.connect(port) as client, \
                    manager.start(lines, file_name="uvinetd.toml") as daemon:
                daemon.wait_for_log("1 retrying")
                manager.wait_for("READY=1", 2)
                write_hosts(hosts + "127.0.0.1 late.example\n")
                daemon.reload()
                client.sendall(b"hello")
                self.assertEqual(sockets.read_exactly(client, 5), b"hello")
                self.assertEqual(len(manager.kept), 2)


def write_hosts(text):
    """Replaces the names of hosts, in the namespace of this program."""
    with open("/etc/hosts", "w", encoding="utf-8") as file:
        file.write(text)


def connect_eventually(port, host="127.0.0.1"):
    """A connection, once somebody listens."""
    def attempt():
        try:
            return sockets.connect(port, host)
        except ConnectionRefusedError:
            return None
    return eventually(attempt, what=f"somebody at port {port}")


if __name__ == "__main__":
    unittest.main()
