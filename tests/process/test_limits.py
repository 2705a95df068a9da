# SPDX-License-Identifier: ISC
"""Limits are exact: at once, in a time, for each source; over reloads and a killed reactor."""
import os
import re
import select
import signal
import socket
import textwrap
import time
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.surroundings import (free_port, free_ports, me, probe, requires_linux_build,
                                  requires_root, shared_folder)
from harness.waiting import eventually, seconds

CLIENTS = 64


def service(name, port, *lines, server="hold"):
    """A service of the probe."""
    return textwrap.dedent(f"""\
        [services.{name}]
        listen = "tcp4://0.0.0.0:{port}"
        exec = ["{probe()}", "{server}"]
        user = "{me()}"
        stderr = "socket"
        """) + "".join(line + "\n" for line in lines)


def run(config, **more):
    """The daemon with a TOML configuration."""
    return Daemon(config, file_name="uvinetd.toml", **more)


def connect_from(source, port):
    """A client with an address of its own."""
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        client.settimeout(seconds())
        client.bind((source, 0))
        client.connect(("127.0.0.1", port))
    except OSError:
        client.close()
        raise
    return client


class Crowd:
    """Clients that come at the same time, and what became of each."""

    def __init__(self, port, count=CLIENTS, source="127.0.0.1"):
        self.waiting = [connect_from(source, port) for _ in range(count)]
        self.served = []
        self.refused = []

    def look(self, timeout=0.0):
        """Sorts those that have been answered."""
        for client in select.select(self.waiting, [], [], timeout)[0]:
            try:
                answered = client.recv(4096) != b""
            except ConnectionResetError:
                answered = False
            self.waiting.remove(client)
            (self.served if answered else self.refused).append(client)

    def settle(self, served, refused=0):
        """Waits until so many have been answered, and no more are."""
        def is_there():
            self.look(0.05)
            return len(self.served) >= served and len(self.refused) >= refused
        eventually(is_there, what=lambda: f"{served} and {refused}, not {len(self.served)} "
                                          f"and {len(self.refused)}")
        return len(self.served), len(self.refused)

    def leave(self, count=None):
        """Served clients go."""
        for client in self.served[:count]:
            client.close()
        del self.served[:count]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.waiting + self.served + self.refused:
            client.close()


class AtOnce(unittest.TestCase):
    """Servers that run at the same time."""

    def test_so_many_are_served_and_the_others_wait_their_turn(self):
        port, other = free_ports(2)
        config = service("a", port, "instances = 10") + service("b", other, server="report")
        with run(config) as daemon, Crowd(port) as crowd:
            self.assertEqual(crowd.settle(10), (10, 0))
            for _ in range(2):
                sockets.fetch_report(other)
            crowd.look()
            self.assertEqual((len(crowd.served), len(crowd.refused)), (10, 0))
            crowd.leave(4)
            self.assertEqual(crowd.settle(10), (10, 0))
            daemon.assert_count(r"\bstart id=a ", 14)

    def test_who_asks_for_it_refuses_exactly_the_others(self):
        port = free_port()
        config = service("a", port, "instances = 10", 'at_limit = "refuse"')
        with run(config) as daemon, Crowd(port) as crowd:
            self.assertEqual(crowd.settle(10, CLIENTS - 10), (10, CLIENTS - 10))
            daemon.wait_for_log(r"\brefuse id=a from=127\.0\.0\.1:\d+ reason=instances$")
            crowd.leave(3)
            eventually(lambda: daemon.count(r"\bexit id=a ") == 3)
            with Crowd(port, 8) as more:
                self.assertEqual(more.settle(3, 5), (3, 5))

    def test_a_service_with_all_its_servers_keeps_them_over_a_reload(self):
        port = free_port()
        def config(most):
            return service("a", port, f"instances = {most}", 'at_limit = "refuse"')
        with run(config(5)) as daemon, Crowd(port) as crowd:
            self.assertEqual(crowd.settle(5, CLIENTS - 5), (5, CLIENTS - 5))
            daemon.reload(config(8))
            with Crowd(port) as more:
                self.assertEqual(more.settle(3, CLIENTS - 3), (3, CLIENTS - 3))
                daemon.reload(config(6))
                with Crowd(port, 4) as none:
                    self.assertEqual(none.settle(0, 4), (0, 4))

    def test_to_refuse_or_to_wait_is_changed_by_a_reload(self):
        port = free_port()
        queue = service("a", port, "instances = 2")
        with run(queue) as daemon, Crowd(port, 5) as crowd:
            self.assertEqual(crowd.settle(2), (2, 0))
            daemon.reload(queue + 'at_limit = "refuse"\n')
            self.assertEqual(crowd.settle(2, 3), (2, 3))
            daemon.reload(queue)
            with Crowd(port, 3) as more:
                crowd.leave(1)
                self.assertEqual(more.settle(1), (1, 0))

    def test_a_new_reactor_counts_what_runs(self):
        port = free_port()
        config = service("a", port, "instances = 5", 'at_limit = "refuse"')
        with run(config) as daemon, Crowd(port) as crowd:
            self.assertEqual(crowd.settle(5, CLIENTS - 5), (5, CLIENTS - 5))
            daemon.assert_count(r"\bstart id=a ", 5)
            daemon.replace_reactor()
            with Crowd(port) as more:
                self.assertEqual(more.settle(0, CLIENTS), (0, CLIENTS))
                crowd.leave(2)
                eventually(lambda: len(daemon.servers()) == 3)
                eventually(lambda: daemon.count(r"\bexit id=a ") == 2)
            with Crowd(port) as last:
                self.assertEqual(last.settle(2, CLIENTS - 2), (2, CLIENTS - 2))


class EachSource(unittest.TestCase):
    """What one address may have does not depend on the others."""

    def test_servers_at_once_are_exact_for_each_address(self):
        port = free_port()
        with run(service("a", port, "instances_per_source = 4")) as daemon:
            with Crowd(port) as first, Crowd(port, source="127.0.0.2") as second:
                self.assertEqual(first.settle(4, CLIENTS - 4), (4, CLIENTS - 4))
                self.assertEqual(second.settle(4, CLIENTS - 4), (4, CLIENTS - 4))
                self.assert_refused(daemon, port, "127.0.0.2", "source-instances")

    def test_a_reload_that_brings_a_limit_counts_what_runs(self):
        port = free_port()
        plain = service("a", port)
        with run(plain) as daemon, Crowd(port, 3) as crowd:
            self.assertEqual(crowd.settle(3), (3, 0))
            daemon.assert_count(r"\bstart id=a ", 3)
            daemon.reload(plain + "instances_per_source = 5\n")
            with Crowd(port) as more:
                self.assertEqual(more.settle(2, CLIENTS - 2), (2, CLIENTS - 2))
                daemon.reload(plain)
                with Crowd(port, 3) as free:
                    self.assertEqual(free.settle(3), (3, 0))
                    daemon.assert_count(r"\bstart id=a ", 8)
                    daemon.reload(plain + "instances_per_source = 9\n")
                    with Crowd(port) as last:
                        self.assertEqual(last.settle(1, CLIENTS - 1), (1, CLIENTS - 1))

    def test_a_new_reactor_knows_whose_servers_run(self):
        port = free_port()
        with run(service("a", port, "instances_per_source = 4")) as daemon:
            with Crowd(port, 3) as first, Crowd(port, 2, "127.0.0.2") as second:
                self.assertEqual(first.settle(3), (3, 0))
                self.assertEqual(second.settle(2), (2, 0))
                daemon.assert_count(r"\bstart id=a ", 5)
                daemon.replace_reactor()
                with Crowd(port) as more, Crowd(port, source="127.0.0.2") as others:
                    self.assertEqual(more.settle(1, CLIENTS - 1), (1, CLIENTS - 1))
                    self.assertEqual(others.settle(2, CLIENTS - 2), (2, CLIENTS - 2))

    def test_a_source_that_has_used_up_its_share_takes_nothing_from_the_service(self):
        port = free_port()
        config = service("a", port, 'rate_per_source = "1/h burst 5"', 'rate = "1/h burst 10"',
                         'at_limit = "refuse"')
        with run(config) as daemon:
            with Crowd(port) as first:
                self.assertEqual(first.settle(5, CLIENTS - 5), (5, CLIENTS - 5))
            self.assert_refused(daemon, port, "127.0.0.1", "source-rate")
            with Crowd(port, source="127.0.0.2") as second:
                self.assertEqual(second.settle(5, CLIENTS - 5), (5, CLIENTS - 5))
            self.assert_refused(daemon, port, "127.0.0.3", "rate")
            daemon.assert_count(r"\bpause id=", 0)

    def assert_refused(self, daemon, port, source, reason):
        """Another client is, for this reason; not every line of a flood is written."""
        def is_told():
            with Crowd(port, 1, source) as one:
                self.assertEqual(one.settle(0, 1), (0, 1))
            return daemon.count(rf"\brefuse id=\S+ from={re.escape(source)}:\d+ "
                                rf"reason={reason}$")
        eventually(is_told, what=lambda: f"{reason} in {daemon.log()}")

    def test_the_four_numbers_of_freebsd_are_exact(self):
        port = free_port()
        line = f"{port} stream tcp4 nowait/10/5/3 {me()} {probe()} probe hold"
        with Daemon([line], ["--dialect", "freebsd"]) as daemon:
            with Crowd(port) as first:
                self.assertEqual(first.settle(3, CLIENTS - 3), (3, CLIENTS - 3))
                first.leave()
                eventually(lambda: daemon.count(r"\bexit id=") == 3)
                with Crowd(port) as again:
                    self.assertEqual(again.settle(2, CLIENTS - 2), (2, CLIENTS - 2))
                    with Crowd(port, source="127.0.0.2") as second:
                        self.assertEqual(second.settle(3, CLIENTS - 3), (3, CLIENTS - 3))
            daemon.wait_for_log(r"\brefuse id=\S+ from=\S+ reason=source-instances$")
            self.assert_refused(daemon, port, "127.0.0.1", "source-rate")


class InATime(unittest.TestCase):
    """Starts in a time."""

    def test_a_bucket_lets_its_burst_in_at_once_and_the_service_pauses(self):
        port = free_port()
        with run(service("a", port, 'rate = "1/h burst 5"')) as daemon, Crowd(port) as crowd:
            self.assertEqual(crowd.settle(5), (5, 0))
            told = daemon.wait_for_log(r"\bpause id=a reason=rate ms=(\d+)$")
            self.assertGreater(int(told.group(1)), 3_000_000)
            crowd.look()
            self.assertEqual((len(crowd.served), len(crowd.refused)), (5, 0))
            daemon.assert_count(r"\bstart id=a ", 5)

    def test_everybody_is_served_in_the_end(self):
        port = free_port()
        with run(service("a", port, 'rate = "40/s burst 5"')) as daemon, Crowd(port) as crowd:
            self.assertEqual(crowd.settle(CLIENTS), (CLIENTS, 0))
            daemon.wait_for_log(r"\bpause id=a reason=rate ms=\d+$")
            daemon.wait_for_log(r"\bresume id=a reason=rate$")
            daemon.assert_count(r"\bstart id=a ", CLIENTS)

    def test_exactly_so_many_in_a_minute_and_the_others_are_refused(self):
        port = free_port()
        config = service("a", port, 'rate = "7/min"', 'at_limit = "refuse"')
        with run(config) as daemon:
            with Crowd(port) as crowd:
                self.assertEqual(crowd.settle(7, CLIENTS - 7), (7, CLIENTS - 7))
            daemon.reload(config + "instances = 50\n")
            with Crowd(port) as more:
                self.assertEqual(more.settle(0, CLIENTS), (0, CLIENTS))
            daemon.wait_for_log(r"\brefuse id=a from=\S+ reason=rate$")

    def test_a_pause_that_was_asked_for_is_taken_whatever_is_done_at_limits(self):
        port = free_port()
        config = service("a", port, 'rate = "5/s burst 5"', 'rate_pause = "1h"',
                         'at_limit = "refuse"')
        with run(config) as daemon, Crowd(port, 8) as crowd:
            self.assertEqual(crowd.settle(5), (5, 0))
            daemon.wait_for_log(r"\bpause id=a reason=rate ms=3600000$")
            crowd.look()
            self.assertEqual((len(crowd.served), len(crowd.refused)), (5, 0))

    def test_bad_limits_leave_their_service_out_at_their_place(self):
        port, good = free_ports(2)
        for line, told in (('rate = "0/min"', r":6:8: error: .*\[value\]"),
                           ('rate = "5/s burst 0"', r":6:8: error: .*\[value\]"),
                           ('rate = "5/8day"', r":6:8: error: .*\[value\]"),
                           ("instances = -1", r":6:13: error: .*\[value\]"),
                           ("instances = 99999999999", r":6:13: error: .*\[value\]"),
                           ("source_prefix_v6 = 129", r":6:20: error: .*\[value\]"),
                           ('max_runtime = "-1s"', r":6:15: error: .*\[value\]"),
                           ('mode = "wait"\nrate_per_source = "5/min"',
                            r":7:1: error: .*\[no-effect\]"),
                           ('mode = "wait"\nidle_timeout = 5', r":7:1: error: .*\[no-effect\]")):
            with self.subTest(line), run(service("a", port, line) + service("b", good)) as daemon:
                self.assertRegex(daemon.log(), re.compile(r"uvinetd\.toml" + told, re.MULTILINE))
                with self.assertRaises(ConnectionRefusedError):
                    connect_from("127.0.0.1", port)
                with Crowd(good, 1) as crowd:
                    self.assertEqual(crowd.settle(1), (1, 0))


def script(name, port, text, *lines):
    """A service that is a shell script."""
    return textwrap.dedent(f"""\
        [services.{name}]
        listen = "tcp4://127.0.0.1:{port}"
        exec = ["/bin/sh", "-c", '''{text}''']
        user = "{me()}"
        stderr = "socket"
        """) + "".join(line + "\n" for line in lines)


class Time(unittest.TestCase):
    """Servers that take too long."""

    def test_a_server_may_run_for_its_time(self):
        port = free_port()
        with run(service("a", port, 'max_runtime = "1s"')) as daemon:
            with connect_from("127.0.0.1", port) as client:
                sockets.read_line(client)
                self.assertEqual(sockets.read_all(client), b"")
            told = daemon.wait_for_log(r"\btimeout id=a pid=(\d+) reason=runtime$")
            daemon.wait_for_log(rf"\bexit id=a pid={told.group(1)} status=\S*(?:15|TERM)")

    def test_one_that_does_not_end_is_killed_with_its_group(self):
        port = free_port()
        text = "trap : TERM; (trap : TERM; while :; do sleep 1; done) & echo $!; " \
               "while :; do sleep 1; done"
        with run(script("a", port, text, 'max_runtime = "1s"')) as daemon:
            with connect_from("127.0.0.1", port) as client:
                child = int(sockets.read_line(client))
                told = daemon.wait_for_log(r"\btimeout id=a pid=(\d+) reason=runtime$")
                daemon.wait_for_log(rf"\bexit id=a pid={told.group(1)} status=\S*(?:9|KILL)")
                eventually(lambda: not procfs.is_alive(child), what="the end of its child")
                sockets.read_all(client)  # to its end

    def test_what_the_first_process_leaves_behind_is_killed_too(self):
        port = free_port()
        text = "(trap : TERM; while :; do sleep 1; done) & echo $!; wait"
        with run(script("a", port, text, 'max_runtime = "1s"')) as daemon:
            with connect_from("127.0.0.1", port) as client:
                child = int(sockets.read_line(client))
                daemon.wait_for_log(r"\btimeout id=a pid=\d+ reason=runtime$")
                eventually(lambda: not procfs.is_alive(child), what="the end of its child")

    def test_its_time_goes_on_while_the_reactor_dies(self):
        port = free_port()
        with run(service("a", port, 'max_runtime = "2s"')) as daemon:
            with connect_from("127.0.0.1", port) as client:
                sockets.read_line(client)
                daemon.wait_for_log(r"\bstart id=a ")
                daemon.replace_reactor()
                self.assertEqual(sockets.read_all(client), b"")
            daemon.wait_for_log(r"\btimeout id=a pid=\d+ reason=runtime$")

    def test_a_child_of_a_dead_launcher_is_ended_too(self):
        port = free_port()
        with run(service("a", port, 'max_runtime = "2s"')) as daemon:
            with connect_from("127.0.0.1", port) as client:
                sockets.read_line(client)
                daemon.wait_for_log(r"\bstart id=a ")
                for pid in daemon.launchers():
                    os.kill(pid, signal.SIGKILL)
                self.assertEqual(sockets.read_all(client), b"")
            daemon.wait_for_log(r"\btimeout id=a pid=\d+ reason=runtime$")

    def test_a_limit_that_comes_by_a_reload_holds_for_what_runs(self):
        port = free_port()
        with run(service("a", port)) as daemon:
            with connect_from("127.0.0.1", port) as client:
                sockets.read_line(client)
                daemon.wait_for_log(r"\bstart id=a ")
                daemon.reload(service("a", port, 'max_runtime = "1s"'))
                self.assertEqual(sockets.read_all(client), b"")
            daemon.wait_for_log(r"\btimeout id=a pid=\d+ reason=runtime$")

    def test_a_wait_server_has_its_time_too(self):
        port = free_port()
        config = textwrap.dedent(f"""\
            [services.a]
            listen = "tcp4://127.0.0.1:{port}"
            mode = "wait"
            exec = ["{probe()}", "wait-tcp", "/dev/null"]
            user = "{me()}"
            stderr = "socket"
            max_runtime = "1s"
            """)
        with run(config) as daemon:
            for _ in range(2):
                mark = daemon.mark()
                with connect_from("127.0.0.1", port) as client:
                    client.sendall(b"pid\n")
                    self.assertTrue(sockets.read_line(client).strip())
                    daemon.wait_for_log(r"\btimeout id=a pid=\d+ reason=runtime$", since=mark)
                    self.assertEqual(sockets.read_all(client), b"")
                daemon.wait_for_log(r"\bexit id=a ", since=mark)


LIMIT = 2  # seconds of silence


def outlives_the_limit(port, speak):
    """Whether a connection that is never silent for the limit was there for longer than that.

    False says that it was this machine that was silent, and nothing about the limit.
    """
    begun = last = time.monotonic()
    with connect_from("127.0.0.1", port) as client:
        try:
            sockets.read_line(client)
            while True:
                now = time.monotonic()
                if now >= last + LIMIT / 2:  # two words may be twice as far apart
                    return False
                if now >= begun + 1.5 * LIMIT:
                    return True
                last = now
                speak(client)
                assert not select.select([client], [], [], 0.1)[0], "the connection ended"
        except (OSError, AssertionError):
            if time.monotonic() < last + LIMIT / 2:
                raise
            return False


class Silence(unittest.TestCase):
    """What the connection tells."""

    def setUp(self):
        requires_linux_build("cannot tell when a connection was used last")

    def test_a_silent_connection_ends(self):
        port = free_port()
        with run(service("a", port, f"idle_timeout = {LIMIT}")) as daemon:
            with connect_from("127.0.0.1", port) as client:
                sockets.read_all(client)  # to its end
            daemon.wait_for_log(r"\btimeout id=a pid=\d+ reason=idle$")

    def assert_outlives_the_limit(self, port, speak):
        """It does, once this machine is fast enough to tell."""
        eventually(lambda: outlives_the_limit(port, speak), 60, "a machine that is fast enough")

    def test_what_the_server_sends_keeps_it_alive(self):
        port, folder = free_port(), shared_folder()
        mouth = f"{folder}/$TCPREMOTEPORT"  # each server says what is written to its own
        config = script("a", port, f"mkfifo {mouth}; exec 3<>{mouth}; echo; exec cat <&3",
                        f"idle_timeout = {LIMIT}")
        def speak(client):
            path = f"{folder}/{client.getsockname()[1]}"
            word = os.open(path, os.O_WRONLY | os.O_NONBLOCK)  # an error without a server
            os.write(word, b"x\n")
            os.close(word)
            self.assertEqual(sockets.read_line(client), "x")
        with run(config):
            self.assert_outlives_the_limit(port, speak)

    def test_what_the_client_sends_keeps_it_alive(self):
        port = free_port()
        with run(service("a", port, f"idle_timeout = {LIMIT}")):
            self.assert_outlives_the_limit(port, lambda client: client.sendall(b"x"))

    def test_a_server_that_never_touches_its_connection_is_ended(self):
        port = free_port()
        config = script("a", port, "exec sleep 100", f"start_timeout = {LIMIT}")
        with run(config) as daemon, connect_from("127.0.0.1", port) as client:
            client.sendall(b"hello\n")
            self.assertEqual(sockets.read_all(client), b"")
            daemon.wait_for_log(r"\btimeout id=a pid=\d+ reason=start$")

    def test_a_server_that_has_written_has_begun(self):
        self.assert_begins("echo")

    def test_a_server_that_has_read_has_begun(self):
        self.assert_begins("read line")

    def assert_begins(self, text):
        """A server that does this in time is not ended before its longest time."""
        port, folder = free_port(), shared_folder()
        config = script("a", port, f"{text}; echo $$ >{folder}/$TCPREMOTEPORT; exec sleep 100",
                        f"start_timeout = {LIMIT}", f"max_runtime = {2 * LIMIT}")
        def has_begun(daemon):
            limit = time.monotonic() + LIMIT
            with connect_from("127.0.0.1", port) as client:
                client.sendall(b"hello\n")
                file = f"{folder}/{client.getsockname()[1]}"
                pids = eventually(lambda: sockets.lines_of(file) or time.monotonic() >= limit)
                if time.monotonic() >= limit:
                    return False  # this machine was too slow
                sockets.read_all(client)  # to its end
            daemon.wait_for_log(rf"\btimeout id=a pid={pids[0]} reason=runtime$")
            daemon.assert_count(rf"\btimeout id=a pid={pids[0]} reason=start$", 0)
            return True
        with run(config) as daemon:
            eventually(lambda: has_begun(daemon), 60, "a machine that is fast enough")

    def test_the_connection_ends_with_its_server(self):
        requires_root("the reactor's descriptors are not for everybody to see")
        port = free_port()
        config = service("a", port, 'idle_timeout = "1h"', server="report")
        with run(config) as daemon:
            for _ in range(20):
                self.assertIn("fds", sockets.fetch_report(port))
            reactor = daemon.reactor()
            eventually(lambda: not connections_of(reactor, port), what="the end of them all")


def connections_of(pid, port):
    """Descriptors of the process that are connections of this port."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file][1:]
    inodes = {row[9] for row in rows if int(row[1].split(":")[1], 16) == port and row[3] != "0A"}
    links = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            continue
    return [link for link in links if link[8:-1] in inodes and link.startswith("socket:")]


class Sensor(unittest.TestCase):
    """Who comes to a sensor is served nowhere."""

    def setUp(self):
        self.trap, self.port, self.builtin, self.udp = free_ports(4)

    def config(self, *lines):
        """A sensor and services of each kind that see their clients."""
        return textwrap.dedent(f"""\
            [services.trap]
            listen = "tcp4://127.0.0.1:{self.trap}"
            sensor = true
            """) + "".join(line + "\n" for line in lines) + \
            service("a", self.port, server="report") + textwrap.dedent(f"""\
            [services.day]
            listen = "tcp4://127.0.0.1:{self.builtin}"
            internal = "daytime"
            [services.echo]
            listen = "udp4://127.0.0.1:{self.udp}"
            internal = "echo"
            """)

    def fetch(self, port, source="127.0.0.1"):
        """What the service says to a client of this address."""
        with connect_from(source, port) as client:
            return sockets.read_all(client)

    def assert_banned(self, daemon, source="127.0.0.1"):
        """No service serves this address."""
        mark = daemon.mark()
        for port in (self.port, self.builtin, self.trap):
            self.assertEqual(self.fetch(port, source), b"")
        with sockets.datagram_client(self.udp, source=(source, 0)) as client:
            client.send(b"x")
            daemon.wait_for_log(rf"\brefuse id=echo from={re.escape(source)}:\d+ reason=banned$",
                                since=mark)
        for name in ("a", "day", "trap"):
            daemon.wait_for_log(rf"\brefuse id={name} from={re.escape(source)}:\d+ reason=banned$",
                                since=mark)

    def test_who_comes_is_banned_from_all_services(self):
        with run(self.config('deny_time = "5min"')) as daemon:
            self.assertTrue(self.fetch(self.port))
            self.assertTrue(self.fetch(self.builtin))
            self.assertEqual(self.fetch(self.trap), b"")
            daemon.wait_for_log(r"\brefuse id=trap from=127\.0\.0\.1:\d+ reason=sensor$")
            self.assert_banned(daemon)
            self.assertTrue(self.fetch(self.port, "127.0.0.2"))

    def test_a_ban_outlives_a_reload_and_the_reactor(self):
        with run(self.config('deny_time = "forever"')) as daemon:
            self.assertEqual(self.fetch(self.trap), b"")
            daemon.reload()
            self.assert_banned(daemon)
            # The monitor hears of it a moment later.
            eventually(lambda: self.is_banned_after_kill(daemon), what="a ban that lasts")
            self.assert_banned(daemon)
            self.assertTrue(self.fetch(self.port, "127.0.0.2"))

    def is_banned_after_kill(self, daemon):
        """Whether the next reactor knows of it; told to it again if not."""
        daemon.replace_reactor()
        if self.fetch(self.port) == b"":
            return True
        self.fetch(self.trap)
        return False

    def test_without_a_time_it_only_refuses(self):
        with run(self.config()) as daemon:
            self.assertEqual(self.fetch(self.trap), b"")
            daemon.wait_for_log(r"\brefuse id=trap from=127\.0\.0\.1:\d+ reason=sensor$")
            self.assertTrue(self.fetch(self.port))

    def test_a_sensor_of_xinetd_is_one(self):
        config = textwrap.dedent(f"""\
            service trap
            {{
                type = UNLISTED
                port = {self.trap}
                socket_type = stream
                protocol = tcp
                wait = no
                flags = SENSOR IPv4
                deny_time = FOREVER
            }}
            service a
            {{
                type = UNLISTED
                port = {self.port}
                socket_type = stream
                protocol = tcp
                wait = no
                flags = IPv4
                user = {me()}
                server = {probe()}
                server_args = report
            }}
            """)
        with Daemon(config, file_name="xinetd.conf") as daemon:
            self.assertTrue(self.fetch(self.port))
            self.assertEqual(self.fetch(self.trap), b"")
            self.assertEqual(self.fetch(self.port), b"")
            daemon.wait_for_log(r"\brefuse id=a\S* from=127\.0\.0\.1:\d+ reason=banned$")


if __name__ == "__main__":
    unittest.main()
