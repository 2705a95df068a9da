# SPDX-License-Identifier: ISC
"""Times of day and the load of the host: who comes at another time is refused before any start."""
import json
import os
import subprocess
import textwrap
import time
import unittest

from harness import sockets
from harness.daemon import Daemon, StartFailed
from harness.surroundings import free_port, free_ports, me, probe, requires_root, shared_folder
from harness.waiting import eventually

# A zone five hours east of Greenwich that no file is needed for, in daylight saving time all year.
_ZONE = "WINTER-4SUMMER-5,J1/0,J365/23"
_EAST = 5 * 60


def around(minute):
    """The two hours around a minute of the day, which may lie in two days."""
    def clock(value):
        return f"{value // 60 % 24:02}:{value % 60:02}"
    return f"{clock(minute - 60)}-{clock(minute + 60)}"


def greenwich():
    """The minute of the day there."""
    now = time.gmtime()
    return now.tm_hour * 60 + now.tm_min


def services(*tables):
    """A TOML file; each table is (name, listen, what it does, other lines)."""
    text = f'[defaults]\nuser = "{me()}"\nstderr = "socket"\n'
    for name, listen, does, more in tables:
        text += f'[services.{name}]\nlisten = "{listen}"\n{does}\n{more}\n'
    return text


def starts(*words):
    """The probe, as a line of TOML."""
    return f"exec = {json.dumps([probe(), *words])}"


class Times(unittest.TestCase):
    """access_times, in the local time of the daemon."""

    def daemon(self, config, zone=_ZONE):
        """One in this zone."""
        return Daemon(config, file_name="uvinetd.toml", environment=dict(os.environ, TZ=zone))

    def test_a_client_is_served_at_its_time_and_else_refused(self):
        now, later, both, always = free_ports(4)
        here = greenwich() + _EAST
        times = {now: [around(here)], later: [around(here + 720)],
                 both: [around(here + 720), around(here)], always: ["00:00-24:00"]}
        config = services(*((f"s{port}", f"tcp4://127.0.0.1:{port}", starts("report"),
                             f"access_times = {json.dumps(ranges)}")
                            for port, ranges in times.items()))
        with self.daemon(config) as daemon:
            for port in (now, both, always):
                self.assertEqual(sockets.fetch_report(port)["argv"][1:], ["report"])
            for _ in range(3):
                self.assertEqual(sockets.fetch(later), b"")
            daemon.assert_count(rf"\brefuse id=s{later} from=127\.0\.0\.1\S* reason=time$", 3)
            self.assertEqual(daemon.starts(f"s{later}"), 0)

    def test_a_zone_with_a_file_is_known_in_an_empty_root(self):
        requires_root("the root of the reactor is empty only then")
        if not os.path.exists("/usr/share/zoneinfo/Asia/Kolkata"):
            self.skipTest("no zone files here")
        india, britain = free_ports(2)
        config = services(*((f"s{port}", f"tcp4://127.0.0.1:{port}", starts("report"),
                             f'access_times = ["{around(minute)}"]')
                            for port, minute in ((india, greenwich() + 330),
                                                 (britain, greenwich()))))
        with self.daemon(config, "Asia/Kolkata") as daemon:
            self.assertEqual(os.listdir(f"/proc/{daemon.reactor()}/root"), [])
            self.assertEqual(sockets.fetch_report(india)["argv"][1:], ["report"])
            self.assertEqual(sockets.fetch(britain), b"")
            daemon.assert_count(rf"\brefuse id=s{britain} from=\S+ reason=time$", 1)

    def test_times_change_with_a_reload(self):
        port = free_port()
        here = greenwich() + _EAST

        def at(minute):
            return services(("x", f"tcp4://127.0.0.1:{port}", starts("report"),
                             f'access_times = ["{around(minute)}"]'))
        with self.daemon(at(here + 720)) as daemon:
            self.assertEqual(sockets.fetch(port), b"")
            daemon.reload(at(here))
            self.assertEqual(sockets.fetch_report(port)["argv"][1:], ["report"])
            daemon.reload(at(here + 720))
            self.assertEqual(sockets.fetch(port), b"")
            daemon.assert_count(r"\brefuse id=x from=\S+ reason=time$", 2)

    def test_a_datagram_of_another_time_is_thrown_away_and_told(self):
        now, later, echo, other = free_ports(4)
        folder = shared_folder()
        files = {port: os.path.join(folder, str(port)) for port in (now, later)}
        here = greenwich() + _EAST
        config = services(
            ("now", f"udp4://127.0.0.1:{now}", starts("dgram-once", files[now]),
             f'mode = "nowait"\naccess_times = ["{around(here)}"]'),
            ("later", f"udp4://127.0.0.1:{later}", starts("dgram-once", files[later]),
             f'mode = "nowait"\naccess_times = ["{around(here + 720)}"]'),
            ("echo", f"udp4://127.0.0.1:{echo}", 'internal = "echo"',
             f'access_times = ["{around(here)}"]'),
            ("other", f"udp4://127.0.0.1:{other}", 'internal = "echo"',
             f'access_times = ["{around(here + 720)}"]'))
        with self.daemon(config) as daemon:
            for port in (later, other):
                with sockets.datagram_client(port) as client:
                    for _ in range(3):
                        client.send(b"too late")
            daemon.assert_count(r"\brefuse id=later from=127\.0\.0\.1:\d+ reason=time$", 3)
            daemon.assert_count(r"\brefuse id=other from=127\.0\.0\.1:\d+ reason=time$", 3)
            with sockets.datagram_client(now) as client:
                client.send(b"in time")
                self.assertEqual(sockets.wait_for_lines(files[now], 1)[0]["text"], "in time")
            with sockets.datagram_client(echo) as client:
                self.assertEqual(sockets.ask(client, "in time"), "in time")
            self.assertEqual(daemon.starts("later"), 0)
        self.assertFalse(os.path.exists(files[later]))

    def test_a_builtin_stream_and_a_name_of_the_multiplexer_have_times_too(self):
        mux, echo = free_ports(2)
        later = f'access_times = ["{around(greenwich() + _EAST + 720)}"]'
        config = services(("mux", f"tcp4://127.0.0.1:{mux}", 'internal = "tcpmux"', ""),
                          ("echo", f"tcp4://127.0.0.1:{echo}", 'internal = "echo"', later))
        config += f'[services.named]\ntcpmux = "named"\n{starts("report")}\n{later}\n'
        with self.daemon(config) as daemon:
            self.assertEqual(sockets.fetch(echo), b"")
            self.assertTrue(sockets.fetch(mux, request=b"named\r\n").startswith(b"-"))
            daemon.assert_count(r"\brefuse id=echo from=\S+ reason=time$", 1)
            daemon.assert_count(r"\brefuse id=named from=\S+ reason=time$", 1)

    def test_a_new_reactor_knows_the_times(self):
        port = free_port()
        config = services(("x", f"tcp4://127.0.0.1:{port}", starts("report"),
                           f'access_times = ["{around(greenwich() + _EAST + 720)}"]'))
        with self.daemon(config) as daemon:
            daemon.replace_reactor()
            self.assertEqual(sockets.fetch(port), b"")
            daemon.assert_count(r"\brefuse id=x from=\S+ reason=time$", 1)

    def test_a_wait_server_which_takes_its_clients_itself_is_left_out(self):
        port = free_port()
        config = services(("x", f"tcp4://127.0.0.1:{port}", starts("wait-tcp", "/dev/null"),
                           'mode = "wait"\naccess_times = ["00:00-24:00"]\nmax_load = 5'))
        with self.assertRaises(StartFailed) as failed:
            self.daemon(config)
        self.assertEqual(failed.exception.status, 78)
        for line, key in ((8, "access_times"), (9, "max_load")):
            self.assertRegex(failed.exception.log,
                             rf'uvinetd.toml:{line}:\d+: error: "{key}" cannot be enforced for the '
                             r'service "x".*\[not-enforceable-here\]')


class Load(unittest.TestCase):
    """max_load, by the load of one minute."""

    def test_above_it_nobody_is_let_in(self):
        busy = subprocess.Popen(  # pylint: disable=consider-using-with
            ["/bin/sh", "-c", "while :; do :; done"])
        try:
            # The system works it out every five seconds.
            eventually(lambda: os.getloadavg()[0] >= 0.02, 60, "any load at all")
        finally:
            busy.kill()
            busy.wait()
        tcp, far, udp = free_ports(3)
        config = services(
            ("tcp", f"tcp4://127.0.0.1:{tcp}", starts("report"), "max_load = 0.0001"),
            ("far", f"tcp4://127.0.0.1:{far}", starts("report"), "max_load = 1000000.0"),
            ("udp", f"udp4://127.0.0.1:{udp}", 'internal = "echo"', "max_load = 0.0001"))
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            self.assertEqual(sockets.fetch(tcp), b"")
            self.assertEqual(sockets.fetch_report(far)["argv"][1:], ["report"])
            with sockets.datagram_client(udp) as client:
                client.send(b"too busy")
            daemon.assert_count(r"\brefuse id=tcp from=127\.0\.0\.1\S* reason=load$", 1)
            daemon.assert_count(r"\brefuse id=udp from=127\.0\.0\.1\S* reason=load$", 1)

    def test_an_xinetd_file_says_it_in_its_words(self):
        port, late = free_ports(2)

        def service(name, number, line):
            return textwrap.dedent(f"""\
                service {name}
                {{
                    type = UNLISTED
                    port = {number}
                    flags = IPv4
                    socket_type = stream
                    wait = no
                    user = {me()}
                    server = {probe()}
                    server_args = report
                    {line}
                }}
                """)
        outside = around(greenwich() + _EAST + 720)
        config = (service("busy", port, "max_load = 1000000") +
                  service("late", late, f"access_times = {outside}"))
        with Daemon(config, file_name="xinetd.conf",
                    environment=dict(os.environ, TZ=_ZONE)) as daemon:
            self.assertEqual(sockets.fetch_report(port)["argv"], ["probe", "report"])
            self.assertEqual(sockets.fetch(late), b"")
            daemon.assert_count(r"\brefuse id=late/tcp\S* from=\S+ reason=time$", 1)


if __name__ == "__main__":
    unittest.main()
