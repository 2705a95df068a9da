# SPDX-License-Identifier: ISC
"""The state of a server that is started warm: what an exec'd server of the same service has."""
import json
import os
import re
import signal
import unittest

from harness import procfs, sockets
from harness.surroundings import (is_root, probe, requires_ipv6, shared_folder, temporary_folder)
from harness.waiting import eventually
from harness.warm import WAYS, Service, WarmDaemon, requires_zygote, tool, warm


def setUpModule():
    """All of this is about zygotes."""
    requires_zygote()


def copy_of(program):
    """A program at a path that servers of any user can execute."""
    folder = temporary_folder()
    path = os.path.join(folder, "probe")
    with open(program, "rb") as source, open(path, "wb") as target:
        target.write(source.read())
    os.chmod(path, 0o755)
    return path


def without_numbers(report):
    """A probe's report without what differs between two connections of one service."""
    fixed = dict(report)
    for name in ("pid", "sid", "pgid", "ppid"):
        del fixed[name]
    fixed["fds"] = [{name: value for name, value in fd.items() if name not in ("inode", "target")}
                    for fd in report["fds"]]
    fixed["socket"] = {name: value for name, value in report["socket"].items()
                       if name not in ("local", "peer")}
    fixed["environment"] = [re.sub(r"PORT=\d+$", "PORT=N", word) for word in report["environment"]]
    return fixed


class SameAsExec(unittest.TestCase):
    """Reports of the dynamic probe, by exec and in every way to be warm."""

    maxDiff = None

    def setUp(self):
        self.program = copy_of(tool("uvinetd_dynamic_probe"))
        self.keys = {"umask": "0027", "working_directory": shared_folder(),
                     "env": {"ZEBRA": "last letter", "EMPTY": "", "LD_PRELOAD": "libm.so.6"}}
        if is_root():
            self.keys |= {"user": "nobody", "group": "tty", "groups": ["tty", "4242"]}

    def in_every_way(self):
        """(way, daemon, warm service, cold service): one daemon for each, its zygote parked."""
        for way in WAYS:
            with self.subTest(way):
                cold = Service("cold", [self.program, "report"], **self.keys)
                service = warm("warm", [self.program, "report"], way, **self.keys)
                with WarmDaemon(cold, service) as daemon:
                    sockets.fetch(service.port)
                    daemon.wait_for_zygote(service)
                    yield way, daemon, service, cold
                    self.assertEqual(daemon.reasons(service), [])

    def reports(self):
        """(daemon, report by exec, report of a warm server) in each way, two each."""
        for _, daemon, service, cold in self.in_every_way():
            zygote = daemon.wait_for_zygote(service)
            expected = sockets.fetch_report(cold.port)
            for _ in range(2):
                yield daemon, expected, sockets.fetch_report(service.port)
                self.assertEqual(daemon.wait_for_zygote(service), zygote)

    def test_the_whole_report_is_the_same(self):
        for _, by_exec, report in self.reports():
            expected, found = without_numbers(by_exec), without_numbers(report)
            for name, value in expected.items():
                self.assertEqual(found[name], value, name)
            self.assertEqual(found, expected)

    def test_the_pid_is_fresh_and_leads_a_session_and_the_parent_is_a_launcher(self):
        for daemon, _, report in self.reports():
            daemon.wait_for_log(rf"\bstart id=warm pid={report['pid']} ")
            self.assertEqual([report["sid"], report["pgid"]], [report["pid"]] * 2)
            self.assertIn(report["ppid"], daemon.launchers())

    def test_no_descriptor_but_the_connection_and_both_addresses_right(self):
        for _, _, service, _ in self.in_every_way():
            with sockets.connect(service.port) as client:
                report = json.loads(sockets.read_all(client))
                host, port = client.getsockname()
            self.assertEqual([fd["fd"] for fd in report["fds"]], [0, 1, 2])
            self.assertTrue(report["one_socket"])
            self.assertEqual(report["socket"]["peer"],
                             {"family": "inet", "address": host, "port": port})
            self.assertEqual(report["socket"]["local"]["port"], service.port)
            variables = dict(word.split("=", 1) for word in report["environment"])
            self.assertEqual(variables["TCPREMOTEPORT"], str(port))
            self.assertEqual(variables["REMOTE_PORT"], str(port))
            self.assertEqual(variables["TCPLOCALPORT"], str(service.port))

    def test_nothing_of_the_zygote_is_in_the_environment(self):
        for _, _, report in self.reports():
            self.assertEqual([word for word in report["environment"] if "ygote" in word.lower()],
                             [])


_CHANGING = re.compile(r"^(Name|Pid|Tgid|Ngid|NSpid|NStgid|NSpgid|NSsid|State|Vm\w+|Rss\w+|Hugetlb\w+|"
                       r"\w*voluntary_ctxt_switches|x86_\w+|untag_mask|"
                       r"SigQ)$")  # counts the pending signals of all processes of the user


def seen_from_outside(pid):
    """What /proc tells about a process, without what differs between two of one service."""
    state = {name: value for name, value in procfs.status(pid).items() if not _CHANGING.match(name)}
    state["comm"] = procfs.comm(pid)
    for name in ("limits", "oom_score_adj", "cgroup", "timerslack_ns", "personality"):
        try:
            with open(f"/proc/{pid}/{name}", encoding="ascii") as file:
                state[name] = file.read()
        except OSError as error:
            state[name] = error.errno
    for name in ("exe", "cwd", "root", "ns/net", "ns/mnt"):
        try:
            state[name] = os.readlink(f"/proc/{pid}/{name}")
        except OSError as error:
            state[name] = error.errno
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    state["terminal, nice, threads, policy"] = [fields[at] for at in (4, 16, 17, 38)]
    state["arguments"] = procfs.arguments(pid)
    return state


class SeenFromOutside(unittest.TestCase):
    """A server that waits for its client, as /proc shows it."""

    maxDiff = None

    def test_proc_shows_the_same_for_a_warm_server_as_for_an_execd_one(self):
        program = copy_of(tool("uvinetd_dynamic_probe"))
        by_exec = Service("by_exec", [program, "hold"])
        for way in WAYS:
            service = warm("warm", [program, "hold"], way)
            with self.subTest(way):
                with WarmDaemon(by_exec, service) as daemon:
                    with sockets.connect(by_exec.port) as client:
                        sockets.read_line(client)
                        expected = seen_from_outside(daemon.server_of(client))
                    daemon.warm_up(service)
                    with sockets.connect(service.port) as client:
                        told = json.loads(sockets.read_line(client))["pid"]
                        pid = daemon.assert_is_warm(client)
                        self.assertEqual(told, pid)
                        self.assertEqual(seen_from_outside(pid), expected)
                        with open(f"/proc/{pid}/status", encoding="ascii") as file:
                            self.assertIn(f"PPid:\t{daemon.launchers()[0]}\n", file.read())


class Signals(unittest.TestCase):
    """Masks and dispositions, 32 and 33 included, and what the zygote itself does with signals."""

    def test_the_dispositions_are_those_of_exec_for_glibcs_own_signals_too(self):
        program = copy_of(tool("uvinetd_dynamic_probe"))
        by_exec = Service("by_exec", [program, "report"])
        service = warm("warm", [program, "report"])
        with WarmDaemon(by_exec, service) as daemon:
            expected = sockets.fetch_report(by_exec.port)
            sockets.fetch(service.port)
            daemon.wait_for_zygote(service)
            found = sockets.fetch_report(service.port)
            for name in ("SigBlk", "SigIgn", "SigCgt"):
                self.assertEqual(found[name], expected[name], name)
            self.assertEqual(daemon.reasons(service), [])

    def test_an_operators_signals_change_nothing_in_a_zygote(self):
        service = warm("warm", [tool("uvinetd_warm_early"), "well"], "main with spares")
        with WarmDaemon(service) as daemon:
            zygote = daemon.warm_up(service)
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1,
                           signal.SIGUSR2, signal.SIGPIPE):
                os.kill(zygote, number)
            self.assertEqual(daemon.wait_for_zygote(service), zygote)
            daemon.assert_served_warm(service)


class Ends(unittest.TestCase):
    """Exit statuses and deaths, told as for any server."""

    def test_exit_statuses_are_told(self):
        program = copy_of(tool("uvinetd_dynamic_probe"))
        cases = {"exit": ("7", r"status=7\b"), "signal": ("9", r"status=\S*(9|KILL)")}
        for mode, (operand, pattern) in cases.items():
            for way in ("main", "main with spares"):
                with self.subTest(mode=mode, way=way):
                    service = warm("ends", [program, mode, operand], way)
                    with WarmDaemon(service) as daemon:
                        sockets.fetch(service.port)
                        daemon.wait_for_zygote(service)
                        with sockets.connect(service.port) as client:
                            sockets.read_all(client)
                            pid = daemon.server_of(client)
                        daemon.wait_for_log(rf"\bexit id=ends pid={pid} {pattern} ms=\d+ cpu=\d+$")
                        self.assertEqual(daemon.reasons(service), [])

    def test_what_a_server_used_of_the_processor_is_told(self):
        path = os.path.join(temporary_folder(), "server")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nread line\ni=0\n"
                       "while [ $i -lt 200000 ]; do i=$((i + 1)); done\necho done\n")
        os.chmod(path, 0o755)
        services = [Service("cold", [path]), warm("warm", [path], "main with spares")]
        with WarmDaemon(*services) as daemon:
            daemon.warm_up(services[1])
            for service in services:
                with sockets.connect(service.port) as client:
                    pid = daemon.server_of(client)
                    client.sendall(b"go\n")
                    self.assertEqual(sockets.read_all(client), b"done\n")
                used = daemon.wait_for_log(rf"\bexit id={service.name} pid={pid} .* cpu=(\d+)$")
                self.assertGreaterEqual(int(used.group(1)), 10)

    def test_the_end_of_a_zygote_or_a_spare_is_no_end_of_a_server(self):
        service = warm("warm", [tool("uvinetd_warm_early"), "well"], "main with spares")
        with WarmDaemon(service) as daemon:
            daemon.warm_up(service)
            daemon.assert_served_warm(service)
            daemon.wait_for_zygote(service)
            eventually(lambda: daemon.count(r"\bexit id=warm ") == daemon.starts("warm"))
            daemon.reload_services(Service("other", ["/bin/true"]))
            eventually(lambda: not daemon.processes(service))
            self.assertEqual(daemon.count(r"\bexit id=warm "), daemon.starts("warm"))


class Sockets(unittest.TestCase):
    """Listeners of every kind of stream."""

    def check(self, service, connect):
        """A warm server of the service knows its connection."""
        with WarmDaemon(service) as daemon:
            with connect() as client:
                sockets.read_all(client)
            daemon.wait_for_zygote(service)
            with connect() as client:
                report = json.loads(sockets.read_all(client))
            self.assertTrue(report["one_socket"])
            self.assertEqual(daemon.reasons(service), [])
            daemon.wait_for_zygote(service)
            return report

    def program(self):
        """The dynamic probe's command."""
        return [copy_of(tool("uvinetd_dynamic_probe")), "report"]

    def test_ipv6(self):
        requires_ipv6()
        for way in ("main", "io"):
            service = warm("six", self.program(), way)
            service.keys["listen"] = f"tcp6://[::1]:{service.port}"
            report = self.check(service, lambda: sockets.connect(service.port, "::1"))  # pylint: disable=cell-var-from-loop
            self.assertEqual(report["socket"]["peer"]["address"], "::1")

    def test_unix(self):
        for way in ("main", "io"):
            with self.subTest(way):
                path = os.path.join(shared_folder(), "stream")
                service = warm("path", self.program(), way, listen=f"unix://{path}")
                report = self.check(service, lambda: sockets.connect_unix(path))  # pylint: disable=cell-var-from-loop
                self.assertEqual(report["socket"]["local"]["path"], path)
                self.assertIn("PROTO=UNIX", report["environment"])
                self.assertEqual([word for word in report["environment"] if "REMOTE" in word], [])


class Options(unittest.TestCase):
    """--start for all services of a run, and what keeps exec."""

    def test_start_zygote_is_for_every_service_that_does_not_say_otherwise(self):
        program = [tool("uvinetd_warm_early"), "well"]
        plain, cold = Service("plain", program), Service("cold", [*program, "x"], start="exec")
        with WarmDaemon(plain, cold, options=["--start", "zygote"]) as daemon:
            daemon.warm_up(plain)
            daemon.assert_served_warm(plain)
            with sockets.connect(cold.port) as client:
                self.assertTrue(procfs.has_called_exec(daemon.server_of(client)))
            self.assertEqual(daemon.zygotes(cold), [])

    def test_a_static_program_is_served_under_start_zygote(self):
        service = Service("plain", [probe(), "report"])
        with WarmDaemon(service, options=["--start", "zygote"]):
            self.assertIn("fds", sockets.fetch_report(service.port))


if __name__ == "__main__":
    unittest.main()
