# SPDX-License-Identifier: ISC
"""The syslog service and the daemon around it: its own records, other sockets, the end."""
import os
import signal
import socket
import stat
import unittest

from harness import procfs, sandbox, sockets
from harness.daemon import Daemon
from harness.surroundings import free_port, is_root, me, requires_root
from harness.syslog_service import SyslogService
from harness.waiting import eventually, seconds

ALL = "*.*  -FOLDER/all"


def setUpModule():  # pylint: disable=invalid-name
    """A /dev of our own, where that is possible."""
    if is_root():
        sandbox.enter()
        sandbox.private_devices()


class OwnRecords(unittest.TestCase):
    """What the daemon says when its log is the one that it keeps itself."""

    def test_they_come_by_a_socket_that_nobody_else_can_write_to(self):
        requires_root("a /dev of our own")
        with SyslogService(ALL, path="/dev/log", to_stderr=False,
                           more='[daemon]\nlog = "syslog"\n') as service:
            service.wait_line("all", r"^uvinetd\[\d+\]: ready: 1 services, 3 sockets$")
            service.wait_line("all", r"^uvinetd\[\d+\]: start id=syslog pid=\d+")
            about = os.stat("/run/uvinetd/records")
            self.assertTrue(stat.S_ISSOCK(about.st_mode))
            self.assertEqual(stat.S_IMODE(about.st_mode), 0o600)
            service.daemon.process.send_signal(signal.SIGHUP)
            service.wait_line("all", r"^uvinetd\[\d+\]: reload kept=1 ")
            os.kill(service.server(), signal.SIGKILL)
            service.wait_line("all", r"^uvinetd\[\d+\]: exit id=syslog pid=\d+ status=signal:9 ")
            self.assertNotIn("malformed", service.text("all"))


class Sockets(unittest.TestCase):
    """A server has the sockets that it was started with: for others there is another one."""

    def test_one_that_a_reload_brings_is_served(self):
        with SyslogService(ALL) as service:
            service.flush()
            before = service.server()
            port = free_port()
            service.set_keys(listen=[f"unix-dgram://{service.path}", f"udp4://127.0.0.1:{port}"])
            self.assertIn("changed=1", service.daemon.reload(service.config()))
            service.port = port
            service.send_udp(b"<13>mine: by the new one")
            service.wait_line("all", "by the new one")
            eventually(lambda: not procfs.is_alive(before), what="the end of the one before")
            service.flush()

    def test_one_that_was_somebody_elses_is_served_once_it_is_free(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as owner:
            owner.bind(("127.0.0.1", 0))
            port = owner.getsockname()[1]
            with SyslogService(ALL) as service:
                service.set_keys(
                    listen=[f"unix-dgram://{service.path}", f"udp4://127.0.0.1:{port}"])
                service.daemon.reload(service.config())
                service.flush()
                owner.close()
                service.port = port

                def is_served():
                    service.send_udp(b"<13>mine: at last")
                    return "at last" in service.text("all")
                eventually(is_served, what=lambda: service.daemon.log())


class End(unittest.TestCase):
    """The log is the last that ends."""

    def test_what_servers_say_on_their_way_out_is_written(self):
        """They end when they are told to, and say so."""
        with SyslogService(ALL) as service:
            port = free_port()
            words = (f"trap 'logger -u {service.path} -t session ended; exit 0' TERM; "
                     "echo begun; while :; do sleep 0.1; done")
            more = (f'[services.session]\nlisten = "tcp4://127.0.0.1:{port}"\n'
                    f'exec = ["/bin/sh", "-c", "{words}"]\nuser = "{me()}"\n'
                    '[daemon]\nstop = "drain"\ndrain_time = "0s"\n')
            daemon = Daemon(service.config() + more, file_name="uvinetd.toml", wait_ready=False)
            self.addCleanup(daemon.kill)
            service.daemon.stop()  # the paths are the other's now
            daemon.wait_ready()
            service.daemon = daemon
            with sockets.connect(port) as client:
                self.assertEqual(sockets.read_line(client), "begun")
                service.flush()
                daemon.process.send_signal(signal.SIGTERM)
                self.assertEqual(daemon.process.wait(seconds()), 0)
            service.wait_line("all", r"^session\S*: ended$")

    def test_a_successor_can_bind(self):
        with SyslogService(ALL) as service:
            service.flush()
            server = service.server()
            service.send(*(b"<13>mine: number %d" % number for number in range(100)))
            service.daemon.process.send_signal(signal.SIGTERM)
            self.assertEqual(service.daemon.process.wait(seconds()), 0)
            self.assertFalse(procfs.is_alive(server))
            self.assertEqual(len(service.lines("all")), 101)
            with Daemon(service.config(), file_name="uvinetd.toml") as successor:
                self.assertNotIn("cannot bind", successor.log())

    def test_the_end_of_the_monitor_is_the_end_of_the_server(self):
        service = SyslogService(ALL)
        self.addCleanup(service.daemon.kill)
        service.flush()
        server = service.server()
        os.kill(server, signal.SIGSTOP)
        service.send(*(b"<13>mine: number %d" % number for number in range(5)))
        os.kill(service.daemon.pid, signal.SIGKILL)
        os.kill(server, signal.SIGCONT)
        eventually(lambda: not procfs.is_alive(server), what="its end")
        self.assertEqual(len(service.lines("all")), 6)


if __name__ == "__main__":
    unittest.main()
