# SPDX-License-Identifier: ISC
"""The wall clock jumps: what is measured in seconds is not measured by it."""
import calendar
import json
import os
import signal
import time
import unittest

from faults.plan import Faults
from harness import procfs, sockets
from harness.daemon import Daemon
from harness.surroundings import free_ports, me, probe, requires_linux_build
from harness.waiting import eventually

_HOUR, _DAY = 3600, 24 * 3600
_FROM_1900 = 2_208_988_800


class WallClock(unittest.TestCase):
    """By half a day on, by ten years back."""

    def setUp(self):
        requires_linux_build("has no seam")
        probe()  # from where the other programs are
        self.faults = Faults()
        self.addCleanup(os.environ.__setitem__, "UVINETD_BIN_DIR", os.environ["UVINETD_BIN_DIR"])
        os.environ["UVINETD_BIN_DIR"] = self.faults.folder
        self.held, self.rated, self.night, self.plain, self.clock = free_ports(5)

    def config(self):
        """What has a time in it; `night` is open around twelve hours from now."""
        hour = (time.gmtime().tm_hour + 12) % 24
        night = f"{(hour - 2) % 24:02}:00-{(hour + 2) % 24:02}:00"
        text = f'[defaults]\nuser = "{me()}"\nstderr = "socket"\n'
        for name, port, does, more in (
                ("held", self.held, "hold", 'max_runtime = "1h"\nidle_timeout = "1h"'),
                ("rated", self.rated, "report", 'rate = "2/h"'),
                ("night", self.night, "report", f'access_times = ["{night}"]'),
                ("plain", self.plain, "report", "")):
            text += (f'[services.{name}]\nlisten = "tcp4://127.0.0.1:{port}"\n'
                     f'exec = {json.dumps([probe(), does])}\n{more}\n')
        return text + (f'[services.clock]\nlisten = "tcp4://127.0.0.1:{self.clock}"\n'
                       f'internal = "time"\n')

    def ahead(self):
        """How far the daemon's wall clock is from ours, in seconds."""
        said = int.from_bytes(sockets.fetch(self.clock), "big") - _FROM_1900
        return said - calendar.timegm(time.gmtime())

    def test_only_times_of_day_follow_it(self):
        with Daemon(self.config(), file_name="uvinetd.toml",
                    environment=dict(os.environ, TZ="UTC")) as daemon:
            held = sockets.connect(self.held)
            pid = json.loads(sockets.read_line(held))["pid"]
            for _ in range(2):
                sockets.fetch_report(self.rated)
            waiting = sockets.connect(self.rated)
            daemon.wait_for_log(r"\bpause id=rated reason=rate")
            self.assertEqual(sockets.fetch(self.night), b"")
            self.faults.put_clock(12 * _HOUR)
            self.assertAlmostEqual(self.ahead(), 12 * _HOUR, delta=60)
            self.assertIn("pid", sockets.fetch_report(self.night))
            self.look(daemon, pid, waiting)
            self.faults.put_clock(-3650 * _DAY)
            self.assertAlmostEqual(self.ahead(), -3650 * _DAY, delta=60)
            self.look(daemon, pid, waiting)
            self.assertRegex(daemon.reload(), "reload kept=5")
            os.kill(daemon.reactor(), signal.SIGKILL)
            eventually(lambda: daemon.count("ended: status=signal:9; replacing it") == 1)
            self.assertIn("pid", sockets.fetch_report(self.plain))
            self.assertTrue(procfs.is_alive(pid))
            held.close()
            ended = daemon.wait_for_log(rf"\bexit id=held pid={pid} status=0 ms=(\d+)")
            self.assertLess(int(ended.group(1)), _HOUR * 1000)
            waiting.close()

    def look(self, daemon, pid, waiting):
        """Nothing that takes an hour has ended, and the next is served."""
        self.assertIn("pid", sockets.fetch_report(self.plain))
        self.assertTrue(procfs.is_alive(pid))
        self.assertEqual(daemon.count(r"\bresume id=rated"), 0)
        self.assertTrue(sockets.has_nothing(waiting))


if __name__ == "__main__":
    unittest.main()
