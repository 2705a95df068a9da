# SPDX-License-Identifier: ISC
"""How every experiment goes: prepare all contestants, then rounds in rotated order, then stop all.

An experiment's prepare() starts its contestants and returns an Entry for each; all are up and idle
while one is measured. Each round measures every entry once, and each starts with another one, so
that no contestant always follows the same one. Whatever fails is noted as that contestant's reason,
and the rest goes on.
"""
import contextlib
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from suite import procfs
from suite.load import LoadFailed, quantities, run_load
from suite.peers import PeerFailed, Service

FIRST_PORT = 10000
BASELINE = "bare posix_spawn loop"
UVINETD = "uvinetd"
CLONE = "uvinetd --spawner clone"


class Cannot(Exception):
    """A contestant cannot be measured in this case; the text says why."""


@dataclass(frozen=True)
class Scale:
    """How much is measured: the full, the quick or the smoke form of everything."""

    name: str
    rounds: int
    seconds: float  # of one run
    warm_up: float
    sizes: tuple[int, ...]  # numbers of services
    children: int  # living ones
    idle_seconds: float
    echo_clients: int
    datagrams: int  # starts of a `wait` server in one run
    flood: int  # refused connections

    def names(self):
        """Who takes part in a side experiment: all (None), in a quick run the main ones."""
        return None if self.name == "full" else MAIN_PEERS


FULL = Scale("full", 5, 1, 0.2, (1, 100, 1000, 5000, 10000), 5000, 30, 1000, 3, 1_000_000)
QUICK = Scale("quick", 3, 0.2, 0.05, (1, 1000, 10000), 2000, 3, 1000, 1, 50_000)
SMOKE = Scale("smoke", 1, 0.1, 0.05, (1, 20), 20, 0.2, 20, 1, 2_000)
MAIN_PEERS = (BASELINE, UVINETD, CLONE, "openbsd-inetd", "xinetd")


@dataclass(frozen=True)
class Entry:
    """One contestant in one case; `measure` returns the quantities of a round."""

    contestant: str
    measure: Callable[[], dict]
    case: str = ""


class Experiment:
    """One question. Subclasses say which contestants there are and how one is measured."""

    name = ""
    about = ""  # one sentence, for the tables
    rounds = None  # None: as the scale says

    def prepare(self, arena):
        """Starts the contestants in this arena and returns their entries."""
        raise NotImplementedError

    def run(self, session):
        """All rounds; the results go to the session's."""
        begin = time.monotonic()
        with Arena(session, self.name) as arena:
            entries = self.prepare(arena)
            for number in range(self.rounds or session.scale.rounds):
                session.say(f"{self.name}: round {number + 1}")
                shift = number % max(1, len(entries))
                for entry in entries[shift:] + entries[:shift]:
                    arena.measure(entry, number)
        session.results.facts["seconds"][self.name] = round(time.monotonic() - begin, 1)


class Session:
    """What all experiments share: programs, contestants, scale, results."""

    # pylint: disable=too-many-arguments
    def __init__(self, build, superservers, others, scale, results, work):
        """`others` take part only where an experiment names them."""
        self.build = Path(build)
        self.superservers = {one.name: one for one in superservers}
        self.others = {one.name: one for one in others}
        self.scale = scale
        self.results = results
        self.work = Path(work)
        self.is_long = False  # more of what takes long
        self._hosts = 0
        self._folders = 0

    def program(self, name):
        """The path of a program of this build."""
        return str(self.build / "bin" / name)

    def next_host(self):
        """A loopback address that nobody has had yet."""
        self._hosts += 1
        return f"127.{1 + self._hosts // 250}.{1 + self._hosts % 250}.1"

    def next_folder(self):
        """A new folder for the files of a contestant."""
        self._folders += 1
        folder = self.work / str(self._folders)
        folder.mkdir(parents=True)
        return folder

    def load(self, address, **options):
        """One run of the load generator with this scale's times; its report."""
        options = {"duration": f"{int(self.scale.seconds * 1000)}ms",
                   "warm_up": f"{int(self.scale.warm_up * 1000)}ms"} | options
        return run_load(self.program("uvinetd-bench"), address, **options)

    def say(self, text):
        """One line of progress; on a terminal it replaces the last one."""
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)


class Standing:
    """A contestant that is up: its processes and its services, on ports that follow one another."""

    def __init__(self, session, running, services):
        self.session = session
        self.running = running
        self.services = services
        self.host = services[0].address or "127.0.0.1"

    def address(self, scheme="tcp", program=None):
        """The generator's form of all services of a program (by default that of the first)."""
        program = program or self.services[0].program
        ports = [one.port for one in self.services if one.program == program]
        last = f"-{ports[-1]}" if len(ports) > 1 else ""
        return f"{scheme}://{self.host}:{ports[0]}{last}"

    def load(self, address=None, **options):
        """Loads the contestant; the quantities."""
        address = address or self.address()
        return quantities(self.session.load(address, daemon=self.running.pid, **options))

    def watch(self, seconds):
        """Leaves the contestant alone for so long; the quantities."""
        options = {"daemon": self.running.pid, "idle": f"{int(seconds * 1000)}ms"}
        return quantities(self.session.load(None, **options))

    def wait_until_rest(self, seconds=20):
        """Returns when the servers of the last run have ended (or the seconds are over)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.servers():
            time.sleep(0.01)

    def servers(self):
        """The processes that came after the start: probes that still run."""
        return [pid for pid in procfs.descendants(self.running.pid)
                if procfs.comm(pid).startswith("bench_probe")]


@contextlib.contextmanager
def open_files(count):
    """Contestants start with a soft limit that fits them: some walk through all of it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Arena:
    """The contestants of one experiment that are up; leaving it stops them all."""

    def __init__(self, session, experiment):
        self.session = session
        self.experiment = experiment
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        return self._stack.__exit__(*reason)

    def folder(self):
        """A new folder for a contestant's files, gone when the experiment is over."""
        folder = self.session.next_folder()
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def call_at_end(self, call):
        """Calls this when the arena is left; the newest first."""
        self._stack.callback(call)

    def stand(self, server, program="bench_probe_tiny", count=1, kind="stream", more=()):
        """Starts a superserver with `count` services of a program, then one for each of `more`."""
        programs = [program] * count + list(more)
        host = self.session.next_host()
        return self.stand_on(server, [
            Service(host, FIRST_PORT + number, self.session.program(one), kind=kind)
            for number, one in enumerate(programs)])

    def stand_on(self, server, services):
        """Starts a superserver with these services; it is stopped when the arena is left.

        Raises Cannot when it does not start.
        """
        if len(services) > server.most_services:
            raise Cannot(self.too_many(server))
        try:
            with open_files(max(1024, len(services) + 256)):
                running = server.start(services, self.folder())
        except PeerFailed as error:
            raise Cannot(str(error)) from None
        self._stack.callback(running.stop)
        return Standing(self.session, running, services)

    @staticmethod
    def too_many(server):
        """Why this superserver does not take part with more services."""
        services = "service" if server.most_services == 1 else "services"
        return f"holds at most {server.most_services:,} {services}"

    def entries(self, make, case="", names=None):
        """An entry for each superserver of these names (all by default): make(server) measures it.

        Whoever cannot run here, or for whom make raises Cannot, has its reason noted instead.
        """
        found = []
        known = self.session.superservers | self.session.others
        for name in names or self.session.superservers:
            if name not in known:
                continue  # a smoke run is without peers
            self.session.say(f"{self.experiment}: starting {name} {case}")
            self.session.results.series(self.experiment, name, case)  # keeps the order of the table
            try:
                found.append(Entry(name, make(_usable(known[name])), case))
            except Cannot as error:
                self.note(name, case, str(error))
        return found

    def note(self, contestant, case, reason):
        """This contestant has no result in this case, for this reason."""
        self.session.results.series(self.experiment, contestant, case).why_not = reason

    def measure(self, entry, number):
        """Measures an entry once; a failure is noted, and the rounds go on."""
        series = self.session.results.series(self.experiment, entry.contestant, entry.case)
        try:
            self.session.results.add(series, number, entry.measure())
        except (Cannot, LoadFailed, PeerFailed, OSError) as error:
            series.why_not = f"round {number + 1}: {error}"


def _usable(server):
    """The superserver, or Cannot with the reason why it cannot run here."""
    reason = server.why_not()
    if reason:
        raise Cannot(reason)
    return server
