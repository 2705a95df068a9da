# SPDX-License-Identifier: ISC
"""Each system call fails once, in each role, while the daemon starts, reloads, launches, reaps, and
while it replaces a role. Whatever fails: every service answers afterwards, no child is lost, no
descriptor leaks, and the monitor lives.

A phase is gone through once to count the calls of each role, then once for each of them. By default a
part of them fails: of each function the first call and the last, of those some (`share`), with the
first of their errors. UVINETD_FAULTS=all lets every one fail with every error; UVINETD_FAULTS_ONLY
="ROLE FUNCTION" those alone.
"""
import os
import signal
import time
import unittest

from faults.plan import Faults, calls
from harness import procfs, sockets
from harness.daemon import Daemon, StartFailed
from harness.surroundings import free_ports, me, probe, requires_linux_build, shared_folder
from harness.waiting import eventually

_ONLY = os.environ.get("UVINETD_FAULTS_ONLY", "")
_IS_WHOLE = os.environ.get("UVINETD_FAULTS") == "all" or bool(_ONLY)

# What ends a role by itself: libuv aborts when it cannot watch a descriptor, and our programs leave
# before anything is served when a handle cannot be made.
_FATAL_IN_LIBUV = {("monitor", "epoll_ctl"), ("monitor", "epoll_create1"), ("monitor", "eventfd"),
                   ("monitor", "pipe2")}


class Services:
    """A daemon with one service of each kind."""

    def __init__(self, faults):
        self.faults = faults
        self.folder = shared_folder()
        self.file = os.path.join(self.folder, "lines")
        self.unix = os.path.join(self.folder, "socket")
        (self.nowait, self.wait, self.udp, self.echo, self.held,
         self.more) = free_ports(6)
        self.generation = 0
        self.lines = [
            f"{self.nowait} stream tcp4 nowait {me()} {probe()} probe report",
            f"{self.wait} stream tcp4 wait {me()} {probe()} probe wait-tcp {self.file}",
            f"{self.udp} dgram udp4 wait {me()} {probe()} probe wait-udp {self.file}",
            f"{self.unix} stream unix nowait {me()} {probe()} probe report",
            f"{self.echo} stream tcp4 nowait {me()} internal echo",
            f"{self.held} stream tcp4 nowait {me()} {probe()} probe hold",
        ]
        self.daemon = None

    def start(self):
        """May raise StartFailed."""
        self.daemon = Daemon(self.lines, wait_ready=False)
        self.daemon.wait_ready()

    # One client each; OSError and AssertionError are an answer that did not come.

    def ask_nowait(self):
        """A server of its own for a connection."""
        return b'"fds"' in sockets.fetch(self.nowait)

    def ask_unix(self):
        """The same by a Unix-domain socket."""
        with sockets.connect_unix(self.unix) as client:
            return b'"fds"' in sockets.read_all(client)

    def ask_echo(self):
        """The reactor itself."""
        with sockets.connect(self.echo) as client:
            client.sendall(b"x")
            return client.recv(1) == b"x"

    def ask_wait(self):
        """A server that has the listener, and leaves."""
        with sockets.connect(self.wait) as client:
            client.settimeout(2)
            client.sendall(b"leave\n")
            return sockets.read_all(client) is not None

    def ask_udp(self):
        """A server that has the datagram socket, and leaves."""
        with sockets.datagram_client(self.udp) as client:
            client.settimeout(2)
            said = sockets.ask(client, "x")
            client.send(b"quit")
            return said.endswith(" x")

    def hold(self):
        """A client whose server runs until it leaves; None when it got no server."""
        client = None
        try:
            client = sockets.connect(self.held)
            sockets.read_line(client)
            return client
        except (OSError, AssertionError):
            if client:
                client.close()
            return None

    # What a reload changes

    def change(self):
        """Writes another configuration: the service at `more` is another, at another socket."""
        self.generation += 1
        kind = "tcp4" if self.generation % 2 else "tcp"
        self.daemon.write_config(
            [*self.lines, f"{self.more} stream {kind} nowait {me()} {probe()} probe exit "
             f"{self.generation % 100}"])

    def has_changed(self):
        """Whether that is what is served."""
        mark = self.daemon.mark()
        try:
            sockets.fetch(self.more)
        except OSError:
            return False
        wanted = rf"exit id={self.more}/tcp\S* pid=\d+ status={self.generation % 100} "
        try:
            self.daemon.wait_for_log(wanted, 2, since=mark)
        except AssertionError:
            return False
        return True

    ALL = (ask_nowait, ask_unix, ask_echo, ask_wait, ask_udp)

    def answers(self, ask):
        """Whether one client got its answer."""
        try:
            return ask(self)
        except (OSError, AssertionError):
            return False

    # What must be true at the end of each case

    def check(self):
        """Every service answers, and nothing of it is left. A name that could not be looked up is looked
        up again after a minute."""
        daemon = self.daemon
        assert daemon.process.poll() is None, f"the monitor has ended:\n{daemon.log()}"
        for ask in self.ALL:
            eventually(lambda: self.answers(ask) or daemon.process.poll() is not None, 90,
                       what=lambda: f"{ask.__name__} answers; log:\n{daemon.log()}")
        assert daemon.process.poll() is None, f"the monitor has ended:\n{daemon.log()}"
        eventually(lambda: not daemon.servers(),
                   what=lambda: f"the end of the servers {daemon.servers()}:\n{daemon.log()}")
        eventually(lambda: not self.strangers(),
                   what=lambda: f"{self.strangers()} are gone:\n{daemon.log()}")

    def strangers(self):
        """Dead processes that nobody has collected, and children that are no role."""
        found = [pid for pid in procfs.descendants(self.daemon.pid)
                 if not procfs.is_alive(pid) and procfs.state(pid)]
        reactors, launchers = self.daemon.roles("uvi-reactor"), self.daemon.launchers()
        roles = reactors + launchers
        found += [pid for pid in procfs.children(self.daemon.pid) if pid not in roles]
        return found if found or len(reactors) != 1 else []

    def descriptors(self):
        """{role: how many descriptors its processes have}."""
        return {"monitor": len(procfs.descriptors(self.daemon.pid)),
                "reactor": sum(len(procfs.descriptors(pid))
                               for pid in self.daemon.roles("uvi-reactor")),
                "launcher": max((len(procfs.descriptors(pid)) for pid in self.daemon.launchers()),
                                default=0)}


class Phase(unittest.TestCase):
    """What all phases have in common."""

    share = 1  # of the short choice one case in so many

    @classmethod
    def setUpClass(cls):
        if cls is Phase:
            raise unittest.SkipTest("the base of the others")
        requires_linux_build("has no seam")
        probe()  # from where the other programs are
        cls.faults = Faults()
        cls.before = os.environ["UVINETD_BIN_DIR"]
        os.environ["UVINETD_BIN_DIR"] = cls.faults.folder
        cls.services = None

    @classmethod
    def tearDownClass(cls):
        if cls.services is not None and cls.services.daemon is not None:
            cls.services.daemon.kill()
        os.environ["UVINETD_BIN_DIR"] = cls.before

    def run_phase(self, action):
        """The phase, which `action(services)` goes through, for each call."""
        services = self.ready()
        action(services)
        services.check()
        most = services.descriptors()
        before = self.faults.counts()
        action(services)
        after = self.faults.counts()
        services.check()
        most = {role: max(most[role], count) for role, count in services.descriptors().items()}
        done = 0
        for role, call, number, code, also in cases(before, after, self.share):
            with self.subTest(role=role, call=call, number=number, error=os.strerror(code),
                              also=also):
                try:
                    services = self.ready()
                    began = time.monotonic()
                    self.faults.arm(role, call, number, code, also=also)
                    try:
                        action(services)
                    finally:
                        self.faults.disarm()
                    done += self.faults.failures() > 0
                    services.check()
                    self.assert_no_leak(services, most)
                    took = time.monotonic() - began
                    if took > 2:
                        print(f"{took:.0f} s: {role} {call} {number}", flush=True)
                except BaseException:
                    self.forget()
                    raise
        print(f"{done} calls have failed", flush=True)
        if self.services is not None:
            self.services.daemon.stop()
            self.services = type(self).services = None

    # The errors of one dead launcher's servers are kept until another dies.
    def assert_no_leak(self, services, most):
        """Not more descriptors than before, in any role."""
        def excess():
            now = services.descriptors()
            return {role: (count, most[role]) for role, count in now.items()
                    if count > most[role] + (1 if role == "monitor" else 0)}
        eventually(lambda: not excess(), 5, what=lambda: f"descriptors closed: {excess()}:\n"
                   f"{services.daemon.log()}")

    def ready(self):
        """The daemon of the case before, or a new one."""
        if self.services is None:
            type(self).services = Services(self.faults)
            self.services.start()
            self.services.check()
        return self.services

    def forget(self):
        """A case that failed has a daemon of its own."""
        if self.services is not None and self.services.daemon is not None:
            self.services.daemon.kill()
        type(self).services = None


def cases(before, after, share):
    """(role, call, number, errno, also) of the calls that there were; of the short choice one in `share`."""
    errors = calls()
    found = []
    for role, call in after:
        count = after[role, call] - before[role, call]
        if count == 0 or (role, call) in _FATAL_IN_LIBUV:
            continue
        if _ONLY and _ONLY != f"{role} {call}":
            continue
        numbers = range(1, count + 1) if _IS_WHOLE else sorted({1, count})
        found += [(role, call, number, code, None) for number in numbers
                  for code in (errors[call] if _IS_WHOLE else errors[call][:1])]
        if call == "sendmsg":  # it has to be queued, and cannot be
            found += [(role, call, number, errors[call][0], "fcntl_dupfd") for number in numbers]
    return found if _IS_WHOLE else found[::share]


class Launch(Phase):
    """From a client to its server, of each kind."""

    def test_launches(self):
        def action(services):
            for ask in services.ALL:
                services.answers(ask)
        self.run_phase(action)


class Reap(Phase):
    """From the end of a server to its exit in the log."""

    def test_ends_of_servers(self):
        def action(services):
            daemon = services.daemon
            clients = [client for client in (services.hold() for _ in range(3)) if client]
            told = daemon.count(r"\bexit id=")
            for client in clients:
                client.close()
            wanted = told + len(clients)
            eventually(lambda: daemon.count(r"\bexit id=") >= wanted,
                       what=lambda: f"{len(clients)} ends in:\n{daemon.log()}")
        self.run_phase(action)


class Reload(Phase):
    """A service changes: its socket and its program."""

    share = 2

    def test_reloads(self):
        def action(services):
            services.change()
            daemon = services.daemon
            mark = daemon.mark()
            daemon.process.send_signal(signal.SIGHUP)
            try:
                daemon.wait_for_log(r"\breload kept=|reload refused|: error: |; trying again$",
                                    since=mark)
            finally:
                self.faults.disarm()
            # What was told is what holds, at the latest after one more.
            eventually(lambda: services.has_changed() or not daemon.reload(), 30,
                       what=lambda: f"the new services are served:\n{daemon.log()}")
        self.run_phase(action)


class ReactorRestart(Phase):
    """From the death of a reactor to the next that serves; a server runs over it."""

    share = 2

    def test_reactors(self):
        def action(services):
            daemon = services.daemon
            client = services.hold()
            os.kill(daemon.reactor(), signal.SIGKILL)
            eventually(lambda: services.answers(Services.ask_echo), 30,
                       what=lambda: f"a reactor that serves:\n{daemon.log()}")
            if client:
                client.close()
        self.run_phase(action)


class LauncherRestart(Phase):
    """From the death of a launcher to the next that starts servers; a server runs over it."""

    share = 6

    def test_launchers(self):
        def action(services):
            daemon = services.daemon
            client = services.hold()
            for pid in daemon.launchers():
                os.kill(pid, signal.SIGKILL)
                eventually(lambda pid=pid: not procfs.is_alive(pid), what="the end of a launcher")
            eventually(lambda: services.answers(Services.ask_nowait), 30,
                       what=lambda: f"a launcher that starts servers:\n{daemon.log()}")
            if client:
                client.close()
        self.run_phase(action)


class Upgrade(Phase):
    """From one program to the next, or back; a server and a session run over it."""

    share = 4

    def test_upgrades(self):
        def action(services):
            daemon = services.daemon
            client = services.hold()
            with sockets.connect(services.echo) as session:
                session.sendall(b"x")
                is_there = session.recv(1) == b"x"
                daemon.upgrade()
                eventually(lambda: services.answers(Services.ask_echo), 30,
                           what=lambda: f"a reactor that serves:\n{daemon.log()}")
                session.sendall(b"y")
                self.assertEqual((is_there, session.recv(1)), (True, b"y"))
            if client:
                client.close()
        self.run_phase(action)


class Start(Phase):
    """From the command line to the first clients: the daemon serves, or it says why not and leaves
    nothing behind."""

    share = 4

    def test_starts(self):
        before = self.faults.counts()
        services = Services(self.faults)
        services.start()
        services.check()
        after = self.faults.counts()
        most = services.descriptors()
        services.daemon.stop()
        done = refused = 0
        for role, call, number, code, also in cases(before, after, self.share):
            with self.subTest(role=role, call=call, number=number, error=os.strerror(code),
                              also=also):
                services = Services(self.faults)
                self.faults.arm(role, call, number, code, also=also)
                try:
                    services.start()
                except StartFailed as failed:
                    refused += 1
                    self.assert_left_well(services, failed)
                    continue
                finally:
                    self.faults.disarm()
                    done += self.faults.failures() > 0
                try:
                    services.check()
                    self.assert_no_leak(services, most)
                except BaseException:
                    services.daemon.kill()
                    raise
                services.daemon.stop()
        print(f"{done} calls have failed; {refused} times that was told as the end", flush=True)

    def assert_left_well(self, services, failed):
        """It has said why, and nothing is left of it."""
        self.assertNotEqual(failed.status, 0)
        self.assertRegex(failed.log, r"uvinetd.*: \S", "it has not said why")
        for path in (services.unix, services.daemon.pid_file, services.daemon.control):
            self.assertFalse(os.path.exists(path), f"{path} is left:\n{failed.log}")
        own = [pid for pid in procfs.descendants(os.getpid()) if procfs.comm(pid).startswith("uvi")]
        eventually(lambda: not [pid for pid in own if procfs.is_alive(pid)],
                   what=lambda: f"the end of {own}")


if __name__ == "__main__":
    unittest.main()
