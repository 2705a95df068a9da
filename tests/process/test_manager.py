# SPDX-License-Identifier: ISC
"""The daemon and a service manager that speaks the protocols of systemd."""
import os
import re
import signal
import socket
import unittest

from harness import sockets
from harness.manager import Manager
from harness.surroundings import free_port, me, probe


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


if __name__ == "__main__":
    unittest.main()
