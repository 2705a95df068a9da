# SPDX-License-Identifier: ISC
"""More at once than there is room for: ends, clients, launches; pids that come round; clients of
built-ins that do nothing. What single calls run out of is in tests/faults, descriptors and processes
in test_life.Exhaustion, a full disk in test_log.FullDisk."""
import collections
import contextlib
import ctypes
import json
import os
import re
import signal
import socket
import tempfile
import traceback
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.limits import original_limit, raise_limit
from harness.surroundings import (free_port, free_ports, me, probe, requires, requires_linux_build,
                                  requires_root, temporary_folder)
from harness.waiting import eventually, seconds

_SKIPPED = 77
_ESTABLISHED, _SYN_SENT = "01", "02"


def service(port, *arguments, kind="stream tcp4", wait="nowait"):
    """One line that starts the probe."""
    return f"{port} {kind} {wait} {me()} {probe()} probe {' '.join(map(str, arguments))}"


def connections(port, state, local=True):
    """The inodes of the TCP sockets at this port, ours or our peer's, in this state."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file][1:]
    place = 1 if local else 2
    return [int(row[9]) for row in rows
            if row[3] == state and int(row[place].split(":")[1], 16) == port]


def accepted(port):
    """How many connections to this port somebody has taken off the listener's queue: the others have
    no inode yet."""
    return len([inode for inode in connections(port, _ESTABLISHED) if inode != 0])


@contextlib.contextmanager
def stopped(*pids):
    """They stand still meanwhile."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        for pid in pids:
            eventually(lambda pid=pid: procfs.state(pid) == "T", what=f"{pid} to stand still")
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


class Ends(unittest.TestCase):
    """Servers that all end at the same time."""

    def test_each_end_is_counted_once(self):
        count = int(os.environ.get("UVINETD_TEST_EXITS", "1500"))
        raise_limit(count + 200)
        port = free_port()
        with Daemon([service(port, "hold")], preexec=original_limit) as daemon:
            clients = [sockets.connect(port) for _ in range(count)]
            pids = [json.loads(sockets.read_line(client))["pid"] for client in clients]
            launchers = daemon.launchers()
            with stopped(*launchers):
                for pid in pids:
                    os.kill(pid, signal.SIGKILL)
            ended = re.compile(rf"\bexit id={port}/tcp4 pid=(\d+) status=signal:9 ")
            eventually(lambda: len(ended.findall(daemon.log())) >= count, 60,
                       lambda: f"{count} ends, not {len(ended.findall(daemon.log()))}")
            told = collections.Counter(int(pid) for pid in ended.findall(daemon.log()))
            self.assertEqual(told, collections.Counter(pids))
            for client in clients:
                self.assertEqual(sockets.read_all(client), b"")
                client.close()
            self.assertEqual(daemon.servers(), [])
            dead = [pid for pid in procfs.descendants(daemon.pid) if procfs.state(pid) == "Z"]
            self.assertEqual(dead, [])
            self.assertLessEqual(set(launchers) - set(daemon.launchers()), set(launchers[1:]))
            with sockets.connect(port) as client:
                self.assertIn("pid", sockets.read_line(client))
            print(f"{count} ends at once, of {len(launchers)} launchers")


class Pids(unittest.TestCase):
    """A pid that comes round while its first owner's end has not been heard of."""

    def test_a_server_is_not_taken_for_another_of_the_same_pid(self):
        requires_linux_build("cannot be told by pids alone")
        in_a_pid_namespace(self, self.check)

    def check(self):
        """Two users, so that two launchers have a server of the same pid."""
        first, second = free_ports(2)
        lines = "".join(
            f'[services.{name}]\nlisten = "tcp4://127.0.0.1:{port}"\nuser = "{user}"\n'
            f'exec = {json.dumps([probe(), "hold"])}\nstderr = "socket"\ninstances = 1\n'
            for name, port, user in (("first", first, "root"), ("second", second, "nobody")))
        with Daemon(lines, file_name="uvinetd.toml") as daemon:
            with sockets.connect(second) as client:  # its launcher is there
                sockets.read_line(client)
            daemon.assert_count(r"exit id=second ", 1)
            launcher = next(pid for pid in daemon.launchers()
                            if procfs.arguments(pid)[0].endswith("nobody"))
            one = sockets.connect(first)
            pid = json.loads(sockets.read_line(one))["pid"]
            with stopped(launcher):
                other = sockets.connect(second)
                eventually(lambda: all(connections(second, _ESTABLISHED)),
                           what="the reactor to accept it")
                with stopped(daemon.reactor()):
                    one.close()
                    eventually(lambda: not procfs.state(pid), what="the first server to be reaped")
                    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as file:
                        file.write(str(pid - 1))
                    os.kill(launcher, signal.SIGCONT)
                    self.assertEqual(json.loads(sockets.read_line(other))["pid"], pid)
            daemon.assert_count(rf"exit id=first pid={pid} status=0 ", 1)
            daemon.assert_count(rf"start id=second pid={pid} ", 1)
            # The first has room again, the second has not.
            third = sockets.connect(second)
            with sockets.connect(first) as client:
                sockets.read_line(client)
            self.assertTrue(sockets.has_nothing(third))
            self.assertEqual(daemon.count(r"exit id=second "), 1)
            other.close()
            self.assertNotEqual(json.loads(sockets.read_line(third))["pid"], pid)
            daemon.assert_count(rf"exit id=second pid={pid} status=0 ", 1)
            third.close()


def in_a_pid_namespace(test, body):
    """Runs body() as process 1 of a pid namespace of its own, with its own /proc."""
    requires_root("a pid namespace")
    mount = requires("mount")
    probe()  # from before, so that this program removes it
    folder = temporary_folder()
    child = os.fork()
    if child == 0:
        os._exit(_outer(mount, folder, body))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == _SKIPPED:
        test.skipTest("no pid namespaces here")
    test.assertEqual(status, 0)


def _outer(mount, folder, body):
    if ctypes.CDLL(None).unshare(0x20000000 | 0x00020000) != 0:  # CLONE_NEWPID, CLONE_NEWNS
        return _SKIPPED
    inner = os.fork()
    if inner == 0:
        tempfile.tempdir = folder
        try:
            if (os.system(f"{mount} --make-rprivate / && {mount} -t proc proc /proc") != 0
                    or not os.access("/proc/sys/kernel/ns_last_pid", os.W_OK)):
                os._exit(_SKIPPED)
            body()
            os._exit(0)
        except BaseException:  # pylint: disable=broad-except
            traceback.print_exc()
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])


class Queues(unittest.TestCase):
    """More clients than queues have places."""

    def test_a_full_backlog_refuses_nobody_for_good(self):
        port, count = free_port(), 20
        with Daemon([service(port, "try")], ["-q", "1"]) as daemon:
            clients = []
            with stopped(daemon.reactor()):
                for _ in range(count):
                    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                    client.setblocking(False)
                    client.connect_ex(("127.0.0.1", port))
                    clients.append(client)
                eventually(lambda: len(connections(port, _SYN_SENT, local=False)) >= count // 2,
                           what="clients that the kernel lets wait outside")
            for client in clients:
                eventually(lambda client=client: send_when_connected(client, b"list /\n"), 60,
                           "a connection")  # the kernel asks again after 1, 3, 7 s
                client.settimeout(seconds(60))
                self.assertEqual(sockets.read_line(client), "0")
                client.close()
            daemon.assert_count(rf"\bexit id={port}/tcp4 pid=\d+ status=0 ", count)

    def test_a_launcher_that_stands_still_is_sent_no_more_than_it_can_hold(self):
        port, other, count = free_port(), free_port(), 300
        raise_limit(1000)
        with Daemon([service(port, "report"),
                     f"{other} stream tcp4 nowait {me()} internal daytime"]) as daemon:
            sockets.fetch_report(port)
            daemon.assert_count(rf"\bexit id={port}/tcp4 ", 1)  # nothing is in its queue
            launcher = daemon.launchers()
            with stopped(*launcher):
                clients = [sockets.connect(port) for _ in range(count)]
                eventually(lambda: accepted(port) == 128,
                           what=lambda: f"a full queue: {accepted(port)}")
                self.assertTrue(sockets.fetch(other))
                ports = [client.getsockname()[1] for client in clients]
            for client in clients:
                self.assertIn(b'"fds"', sockets.read_all(client))
                client.close()
            daemon.assert_count(rf"\bstart id={port}/tcp4 ", count + 1)
            if daemon.launchers() == launcher:  # else two have shared the work
                served = re.findall(rf"\bstart id={port}/tcp4 pid=\d+ from=127\.0\.0\.1:(\d+)",
                                    daemon.log())
                self.assertEqual([int(text) for text in served[1:]], ports)


def send_when_connected(client, text):
    """A client that says something is heard of even where the kernel has forgotten it, as it does with
    those that it sent a cookie instead of keeping them."""
    try:
        client.getpeername()
    except OSError:
        return False
    client.sendall(text)
    return True


class IdleClients(unittest.TestCase):
    """Clients of built-ins that say nothing, read nothing, or have said all."""

    def test_many_of_them_cost_little_and_hinder_nobody(self):
        requires_root("to see the descriptors of a reactor")
        each, names = 200, ("echo", "chargen", "discard")
        raise_limit(1000)
        ports = free_ports(len(names))
        other = free_port()
        lines = [f"{port} stream tcp4 nowait {me()} internal {name}"
                 for port, name in zip(ports, names)]
        with Daemon([*lines, service(other, "report")], preexec=original_limit) as daemon:
            sockets.fetch_report(other)
            reactor = daemon.reactor()
            before, memory = len(procfs.descriptors(reactor)), resident(reactor)
            clients = [sockets.connect(port) for port in ports for _ in range(each)]
            eventually(lambda: len(procfs.descriptors(reactor)) == before + len(clients),
                       what="all of them to be taken in")
            self.assertIn("fds", sockets.fetch_report(other))
            self.assertLess((resident(reactor) - memory) / len(clients), 64)  # KiB
            for client in clients:
                client.close()
            eventually(lambda: len(procfs.descriptors(reactor)) == before,
                       what="all of them to be let go")
            self.assertEqual(daemon.reactor(), reactor)

    def test_who_has_said_all_gets_the_answer_and_is_let_go(self):
        echo, chargen, discard = free_ports(3)
        with Daemon([f"{port} stream tcp4 nowait {me()} internal {name}" for port, name in
                     ((echo, "echo"), (chargen, "chargen"), (discard, "discard"))]):
            text = b"x" * 100_000
            with sockets.connect(echo) as client:
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(sockets.read_all(client), text)
            with sockets.connect(discard) as client:
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(sockets.read_all(client), b"")
            # It would have to be sent to for ever: its end of file is the end.
            with sockets.connect(chargen) as client:
                client.shutdown(socket.SHUT_WR)
                self.assertTrue(sockets.read_all(client))


def resident(pid):
    """Its memory in KiB."""
    return int(procfs.status(pid)["VmRSS"].split()[0])


if __name__ == "__main__":
    unittest.main()
