# SPDX-License-Identifier: ISC
"""The load generator for syslog services: what it finds in a file, and what it says of it."""
import json
import os
import socket
import subprocess
import sys
import threading
import unittest
from pathlib import Path

from harness.surroundings import bin_dir, temporary_folder
from harness.waiting import seconds

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

# pylint: disable=wrong-import-position
from suite import experiment_syslog, peer_syslog, procfs  # noqa: E402
from suite.experiment import Cannot  # noqa: E402

_PROGRAM = os.path.join(bin_dir(), "bench_syslog")


class Service:
    """A syslog service of ours: `write` is asked for the lines of each message, by its turn."""

    def __init__(self, write, family=socket.AF_UNIX):
        self.folder = temporary_folder()
        self.file = os.path.join(self.folder, "messages")
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_UNIX:
            self.socket.bind(os.path.join(self.folder, "log"))
            self.to = f"unix:{self.folder}/log"
        else:
            self.socket.bind(("127.0.0.1", 0))
            self.to = f"udp:127.0.0.1:{self.socket.getsockname()[1]}"
        self.messages = []
        self._write = write
        with open(self.file, "wb") as file:
            file.write(b"what stood there before\n")
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())
        self._thread.join()
        self.socket.close()

    def _serve(self):
        with open(self.file, "ab", buffering=0) as file:
            while message := self.socket.recv(8192):
                self.messages.append(message)
                file.write(b"".join(b"Nov 26 20:41:21 here " + one + b"\n"
                                    for one in self._write(len(self.messages), message[20:])))

    def load(self, *options):
        """One run; its report."""
        done = subprocess.run([_PROGRAM, "--to", self.to, "--file", self.file, *options],
                              capture_output=True, text=True, check=True, timeout=seconds())
        return json.loads(done.stdout)


class Generator(unittest.TestCase):
    """bench_syslog."""

    def setUp(self):
        if not os.path.exists(_PROGRAM):
            self.skipTest("the benchmarks are not built")

    def test_what_is_written_once_is_received(self):
        with Service(lambda _, message: [message]) as service:
            report = service.load("--count", "1000", "--senders", "3")
            self.assertEqual((report["sent"], report["received"]), (1000, 1000))
            self.assertEqual((report["lost"], report["twice"], report["foreign"]), (0, 0, 0))
            self.assertEqual(len(set(service.messages)), 1000)
            self.assertEqual({len(one) for one in service.messages}, {120})
            self.assertRegex(service.messages[0],
                             rb"\A<13>\w{3} [ \d]\d \d\d:\d\d:\d\d bench\[\d+\]: \d{12} ")

    def test_what_is_missing_is_lost_and_what_is_there_again_was_written_twice(self):
        def write(turn, message):
            return {1: [], 2: [message, message], 3: [message, b"of another program"]}.get(
                turn, [message])
        with Service(write) as service:
            report = service.load("--count", "10", "--quiet-ms", "100")
            self.assertEqual((report["lost"], report["twice"], report["foreign"]), (1, 1, 1))

    def test_a_pace_is_kept(self):
        with Service(lambda _, message: [message], socket.AF_INET) as service:
            report = service.load("--rate", "1000", "--seconds", "0.2")
            self.assertEqual(report["received"], 200)
            self.assertLess(report["offered_per_second"], 1100)

    def test_what_cannot_be_done_is_said(self):
        folder = temporary_folder()
        for words, status in ((["--to", "nowhere", "--file", "/dev/null", "--count", "1"], 2),
                              (["--to", f"unix:{folder}/a", "--file", "/dev/null"], 2),
                              (["--to", f"unix:{folder}/a", "--file", f"{folder}/b",
                                "--count", "1"], 1),
                              (["--to", f"unix:{folder}/a", "--file", "/dev/null",
                                "--count", "1"], 1)):
            done = subprocess.run([_PROGRAM, *words], capture_output=True, text=True, check=False,
                                  timeout=seconds())
            self.assertEqual((done.returncode, done.stdout), (status, ""), words)
            self.assertTrue(done.stderr.startswith("bench_syslog: "), done.stderr)


class Pace(unittest.TestCase):
    """A round that was not offered what was planned."""

    def at_pace(self, *rounds):
        """What becomes of rounds of (offered, lost) at a pace of 1,000; and how many there were."""
        rest = [{"offered_per_second": offered, "lost": lost} for offered, lost in rounds]
        found = experiment_syslog.at_pace(1000, lambda: rest.pop(0))
        return found["offered_per_second"], len(rounds) - len(rest)

    def test_it_is_repeated(self):
        self.assertEqual(self.at_pace((950, 0), (1000, 0)), (950, 1))
        self.assertEqual(self.at_pace((900, 0), (949, 0), (1000, 7)), (1000, 3))

    def test_it_counts_when_it_lost_something(self):
        self.assertEqual(self.at_pace((100, 1), (1000, 0)), (100, 1))

    def test_it_is_no_figure_when_the_pace_is_never_reached(self):
        with self.assertRaisesRegex(Cannot, "at most 949 a second were offered instead of 1,000"):
            self.at_pace((900, 0), (949, 0), (940, 0), (1000, 0))


class Contestants(unittest.TestCase):
    """How syslog services are started."""

    def test_each_writes_its_files_into_its_own_folder(self):
        unpacked = Path(temporary_folder())
        (unpacked / "rsyslog/usr/lib/any/rsyslog").mkdir(parents=True)
        for server in peer_syslog.all_syslogds(unpacked, unpacked):
            place = peer_syslog.Place(Path(temporary_folder()), "127.0.0.1", 1514)
            if server.name != peer_syslog.OURS:
                server.program = lambda name=server.name: [name]
            said = " ".join(map(str, server.words(place)))
            said += "".join(one.read_text() for one in place.folder.iterdir() if one.is_file())
            self.assertIn(str(place.file), said, server.name)
            self.assertIn(str(place.socket if server.has_udp else place.socket.parent), said)

    def test_time_on_processors_and_memory_are_those_of_a_process(self):
        self.assertGreater(procfs.cpu_ns(os.getpid()), 0)
        self.assertGreater(procfs.memory_kib(os.getpid(), "VmRSS"), 0)
        self.assertIsNone(procfs.memory_kib(os.getpid(), "VmNothing"))
        self.assertEqual(procfs.cpu_ns(0), 0)


if __name__ == "__main__":
    unittest.main()
