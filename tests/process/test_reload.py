# SPDX-License-Identifier: ISC
"""What a reload does to services that change while clients ask and servers run."""
import json
import os
import signal
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.load import Load, write_server
from harness.surroundings import free_port, free_ports, me, probe, shared_folder
from harness.waiting import eventually


def service(port, kind, wait, *arguments):
    """One line that starts the probe."""
    return f"{port} {kind} {wait} {me()} {probe()} probe {' '.join(map(str, arguments))}"


def is_refused(port, host="127.0.0.1"):
    """True when nobody listens there."""
    try:
        sockets.connect(port, host).close()
        return False
    except ConnectionRefusedError:
        return True


class UnderLoad(unittest.TestCase):
    """Clients of an unchanged service notice nothing of what changes around it."""

    def test_reloads_that_change_other_services(self):
        folder = shared_folder()
        port, others = free_port(), free_ports(4)
        steady = f"{port} stream tcp4 nowait {me()} {write_server(folder)} server {folder}/served"
        with Daemon([steady], log_connections=False) as daemon:
            load = Load(port)
            try:
                for turn in range(30):
                    lines = [service(other, "stream tcp4", "nowait", "report")
                             for other in others[:turn % 5]]
                    self.assertIn("removed=", daemon.reload([steady, *lines]))
                    load.wait_for(3)
            finally:
                load.end()
            self.assertEqual((load.refused, load.lost), (0, []), daemon.log())


class Changes(unittest.TestCase):
    """One service that becomes another."""

    def setUp(self):
        self.file = os.path.join(shared_folder(), "lines")

    def test_a_changed_argument_is_used_from_the_next_connection_on(self):
        port = free_port()
        with Daemon([f"{port} stream tcp4 nowait {me()} /bin/echo echo one"]) as daemon:
            self.assertEqual(sockets.fetch(port), b"one\n")
            self.assertIn("changed=1", daemon.reload(
                [f"{port} stream tcp4 nowait {me()} /bin/echo echo two"]))
            self.assertEqual(sockets.fetch(port), b"two\n")

    def test_a_program_becomes_a_builtin_and_a_program_again(self):
        port = free_port()
        program = service(port, "stream tcp4", "nowait", "report")
        builtin = f"{port} stream tcp4 nowait {me()} internal daytime"
        with Daemon([program]) as daemon:
            daemon.reload([builtin])
            self.assertTrue(sockets.fetch(port).endswith(b"\r\n"))
            daemon.reload([program])
            self.assertIn("fds", sockets.fetch_report(port))

    def test_a_removed_service_listens_no_more_and_its_servers_live_on(self):
        port, other = free_ports(2)
        rest = service(other, "stream tcp4", "nowait", "report")
        with Daemon([service(port, "stream tcp4", "nowait", "hold"), rest]) as daemon:
            with sockets.connect(port) as client:
                pid = json.loads(sockets.read_line(client))["pid"]
                self.assertIn("removed=1", daemon.reload([rest]))
                self.assertTrue(is_refused(port))
                self.assertTrue(procfs.is_alive(pid))
            daemon.wait_for_log(rf"\bexit id={port}/tcp4 pid={pid} ")

    def test_an_address_that_becomes_narrower_is_bound_again(self):
        port = free_port()
        narrow = f"127.0.0.1:{port}"
        with Daemon([service(port, "stream tcp4", "nowait", "report")]) as daemon:
            daemon.reload([service(narrow, "stream tcp4", "nowait", "report")])
            eventually(lambda: is_refused(port, "127.0.0.2"))
            self.assertIn("fds", sockets.fetch_report(port))
            daemon.reload([service(port, "stream tcp4", "nowait", "report")])
            eventually(lambda: not is_refused(port, "127.0.0.2"))

    def test_wait_becomes_nowait_when_the_running_server_has_ended(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "wait", "wait-tcp", self.file)]) as daemon:
            with sockets.connect(port) as client:
                client.sendall(b"pid\n")
                first = sockets.read_line(client)
                daemon.reload([service(port, "stream tcp4", "nowait", "hold")])
            with sockets.connect(port) as client:
                client.sendall(b"pid\nleave\n")
                self.assertEqual(sockets.read_line(client), first)
            daemon.wait_for_log(rf"\bexit id={port}/tcp4 ")
            with sockets.connect(port) as one, sockets.connect(port) as two:
                pids = {json.loads(sockets.read_line(each))["pid"] for each in (one, two)}
                self.assertEqual(len(pids), 2)

    def test_nowait_becomes_wait_and_the_server_finds_a_blocking_listener(self):
        port = free_port()
        with Daemon([service(port, "stream tcp4", "nowait", "report")]) as daemon:
            sockets.fetch_report(port)
            daemon.reload([service(port, "stream tcp4", "wait", "wait-tcp", self.file)])
            with sockets.connect(port) as client:
                client.sendall(b"pid\n")
                sockets.read_line(client)
                server = daemon.servers()[0]
                with open(f"/proc/{server}/fdinfo/0", encoding="ascii") as file:
                    flags = int(next(line.split()[1] for line in file if "flags" in line), 8)
                self.assertFalse(flags & os.O_NONBLOCK)
                client.sendall(b"leave\n")

    def test_a_wait_server_that_was_removed_frees_its_port_when_it_ends(self):
        port, other = free_ports(2)
        line = service(port, "dgram udp4", "wait", "wait-udp", self.file)
        rest = service(other, "stream tcp4", "nowait", "report")
        with Daemon([line, rest]) as daemon, sockets.datagram_client(port) as client:
            first = sockets.ask(client, "one").split()[1]
            daemon.reload([rest])
            daemon.reload([line, rest])  # the old server still has the port
            self.assertEqual(sockets.ask(client, "two").split()[1], first)
            sockets.ask(client, "quit")
            eventually(lambda: sockets.ask_until_answered(client, "three").split()[1] != first, 60)

    def test_a_unix_socket_gets_its_new_mode(self):
        path = os.path.join(shared_folder(), "socket")
        line = f"{path} stream unix nowait {me()} {probe()} probe report"
        with Daemon([line]) as daemon:
            before = os.stat(path)
            daemon.reload([f":::0600:{line}"])
            after = os.stat(path)
            self.assertEqual(after.st_mode & 0o777, 0o600)
            self.assertEqual(after.st_ino, before.st_ino)

    def test_a_reload_while_a_role_is_being_replaced_is_carried_out(self):
        port, other = free_ports(2)
        lines = [service(port, "stream tcp4", "nowait", "report")]
        with Daemon(lines) as daemon:
            for turn in range(10):
                for pid in daemon.roles("uvi-reactor") + daemon.launchers():
                    os.kill(pid, signal.SIGKILL)
                more = [service(other, "stream tcp4", "nowait", "hold")] if turn % 2 else []
                daemon.reload(lines + more)
                self.assertIn("fds", sockets.fetch_report(port))
                self.assertEqual(is_refused(other), not more)


if __name__ == "__main__":
    unittest.main()
