# SPDX-License-Identifier: ISC
"""A daemon to be struck, with numbering servers, and what can be seen of both from outside."""
import collections
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.surroundings import bin_dir, free_port, me, shared_folder, temporary_folder
from harness.waiting import eventually, seconds

_SERVER = "uvinetd_numbering_server"


def server_program():
    """The numbering server, where servers of any user can execute it."""
    original = os.environ.get("UVINETD_NUMBERING_SERVER") or os.path.join(bin_dir(), _SERVER)
    path = shutil.copy(original, os.path.join(temporary_folder(), _SERVER))
    os.chmod(path, 0o755)
    return path


def lines_of(file):
    """The complete lines of a file that servers append to."""
    try:
        with open(file, encoding="ascii") as text:
            return text.read().split("\n")[:-1]
    except FileNotFoundError:
        return []


class LogFollower:
    """Reads the daemon's log as it grows: what there was is not read again."""

    def __init__(self, path):
        self._path = path
        self._offset = 0
        self._text = ""

    def skip(self):
        """What was said so far does not matter."""
        self._offset = os.path.getsize(self._path)
        self._text = ""

    def wait_for(self, pattern, duration=30):
        """The first match in what comes; what was before it is forgotten."""
        expression = re.compile(pattern, re.MULTILINE)

        def look():
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                data = file.read()
            self._offset += len(data)
            self._text += data.decode(errors="replace")
            return expression.search(self._text)

        found = eventually(look, duration, f"log line {pattern!r}")
        self._text = self._text[found.end():]
        return found


class Scene:
    """The daemon and its services:

    `count` a server for each connection, at one port and as many addresses as asked for;
    `held` servers that live as long as their clients; `wait_tcp` and `wait_udp` servers that end
    after so many clients; `echo` a built-in.
    """

    # pylint: disable=too-many-instance-attributes
    WAIT_COUNT = 25

    def __init__(self, *, services=1, spawner="", log_connections=True, options=(), **others):
        self.program = server_program()
        folder = shared_folder()
        self.served = os.path.join(folder, "served")
        self.served_tcp = os.path.join(folder, "served-tcp")
        self.served_udp = os.path.join(folder, "served-udp")
        self.port, self.held_port, self.tcp, self.udp, self.echo, self.spare = (
            free_port() for _ in range(6))
        self.addresses = [_address(number) for number in range(services)]
        self.clients_of_held = []
        self._killed = collections.deque(maxlen=20)  # one takes a while to end
        self._raise_own_limit()
        options = [*options, *(["--spawner", spawner] if spawner else [])]
        self.daemon = Daemon(self.lines(), options, log_connections=log_connections,
                             preexec=_usual_limit, **others)
        self.log = LogFollower(self.daemon.log_path)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for client in self.clients_of_held:
            client.close()
        if kind is not None:
            _shorten(self.daemon.log_path)
        self.daemon.__exit__(kind, value, trace)

    # Services

    def lines(self, *, limit="", has_spare=False):
        """The configuration. With a `limit` ("/400") the counted services are changed ones."""
        nowait = f"nowait{limit}"
        lines = [f"{address}:{self.port} stream tcp4 {nowait} {me()} {self.program} server once "
                 f"{self.served}" for address in self.addresses]
        lines += [f"127.0.0.1:{self.held_port} stream tcp4 nowait {me()} {self.program} server hold",
                  f"127.0.0.1:{self.tcp} stream tcp4 wait {me()} {self.program} server wait-tcp "
                  f"{self.served_tcp} {self.WAIT_COUNT}",
                  f"127.0.0.1:{self.udp} dgram udp4 wait {me()} {self.program} server wait-udp "
                  f"{self.served_udp} {self.WAIT_COUNT}",
                  f"127.0.0.1:{self.echo} stream tcp4 nowait {me()} internal echo"]
        if has_spare:
            lines.append(f"127.0.0.1:{self.spare} stream tcp4 nowait {me()} internal daytime")
        return lines

    def places(self):
        """Where the counted services are."""
        return [(address, self.port) for address in self.addresses]

    def hold(self, count):
        """So many connections that live on; their servers' pids."""
        for _ in range(count):
            self.clients_of_held.append(sockets.connect(self.held_port))
        return self.held_pids()

    def held_pids(self):
        """What the servers of the held connections say now; 0 for one that is lost."""
        pids = []
        for client in self.clients_of_held:
            try:
                client.sendall(b"who\n")
                pids.append(int(sockets.read_line(client)))
            except (OSError, AssertionError):
                pids.append(0)
        return pids

    # What is done to it

    def kill_reactor(self):
        """SIGKILL; returns when. There is one again before the next call."""
        pid = self.daemon.reactor()
        when = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return when

    def kill_launcher(self, chance):
        """SIGKILL to one of them, waiting for one to be there; returns when."""
        pids = eventually(lambda: set(self.daemon.launchers()) - set(self._killed), 60, "a launcher")
        pid = chance.choice(sorted(pids))
        self._killed.append(pid)
        when = time.monotonic()
        _kill(pid)
        return when

    def reload(self, lines=None):
        """SIGHUP, and its line of the log."""
        if lines is not None:
            self.daemon.write_config(lines)
        self.log.skip()
        self.daemon.process.send_signal(signal.SIGHUP)
        return self.log.wait_for(r"^.*\breload (?:kept=|refused|failed).*$").group(0)

    # What is seen of it

    def ask(self, *verb):
        """What uvinetctl tells as JSON."""
        done = subprocess.run([os.path.join(bin_dir(), "uvinetctl"), "--socket",
                               self.daemon.control, "--json", *verb], capture_output=True,
                              check=False, timeout=seconds())
        return json.loads(done.stdout)

    def uncounted_kills(self, role, kills):
        """How many of them the daemon has not noticed; negative when it has noticed more."""
        def missing():
            return kills - self.ask("status")["status"]["roles"][role]["restarts"]
        try:
            eventually(lambda: missing() == 0, 10)
        except AssertionError:
            pass
        return missing()

    def known_servers(self):
        """Pids of the servers that the daemon says it has."""
        return sorted(one["pid"] for one in self.ask("ps").get("servers", []))

    def arguments_of_servers(self):
        """The argument vectors of the servers that run."""
        return [procfs.arguments(pid) for pid in self.daemon.servers()]

    def uncounted_servers(self):
        """Waits until the servers that run are those that the daemon knows; else the others."""
        found = [set(), set()]

        def is_same():
            found[:] = [set(self.daemon.servers()), set(self.known_servers())]
            return found[0] == found[1]

        try:
            eventually(is_same, 30)
        except AssertionError:
            pass
        return sorted(found[0] ^ found[1])

    def zombies(self):
        """Dead children of the monitor and its roles that stay."""
        def look():
            return [pid for pid in procfs.descendants(self.daemon.pid)
                    if procfs.state(pid) == "Z"]
        try:
            eventually(lambda: not look(), 10)
        except AssertionError:
            pass
        return look()

    def log_count(self, pattern):
        """How often the log says this; lines that say that another is repeated count as many."""
        expression = re.compile(rf"^\S+: (?:repeated n=(\d+) )?.*{pattern}")
        with open(self.daemon.log_path, encoding="utf-8", errors="replace") as log:
            return sum(int(found[1] or 1) for found in map(expression.match, log) if found)

    def log_about(self, text):
        """The lines of the log that have this in them."""
        with open(self.daemon.log_path, encoding="utf-8", errors="replace") as log:
            return [line.rstrip("\n") for line in log if text in line]

    def refused_for_launcher(self):
        """The sources of the launches of which the log says that nobody knows their end."""
        with open(self.daemon.log_path, encoding="utf-8", errors="replace") as log:
            return re.findall(r"\brefuse id=\S+ from=([0-9.]+):\d+ reason=launcher$", log.read(),
                              re.MULTILINE)

    def _raise_own_limit(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _address(number):
    return f"127.0.{number // 250}.{number % 250 + 1}"


def _usual_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _shorten(path, lines=200):
    """Leaves the last lines of a log that is about to be printed."""
    with open(path, encoding="utf-8", errors="replace") as file:
        kept = file.readlines()[-lines:]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(kept)
