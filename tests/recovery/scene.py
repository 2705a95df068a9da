# SPDX-License-Identifier: ISC
"""A daemon to be struck, with numbering servers, and what can be seen of both from outside."""
import collections
import json
import os
import random
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
_DYNAMIC_SERVER = "uvinetd_numbering_dynamic"  # can be started warm


def server_program(name=_SERVER):
    """The numbering server, where servers of any user can execute it."""
    path = shutil.copy(os.path.join(bin_dir(), name), os.path.join(temporary_folder(), name))
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
    after so many clients; `echo` a built-in; `warm` as `count`, from a zygote where has_warm.
    """

    # pylint: disable=too-many-instance-attributes
    WAIT_COUNT = 25

    def __init__(self, *, services=1, spawner="", log_connections=True, options=(),
                 has_warm=False, **others):
        self.has_warm = has_warm
        self.program = server_program()
        self.warm_program = server_program(_DYNAMIC_SERVER)
        folder = shared_folder()
        self.served = os.path.join(folder, "served")
        self.served_tcp = os.path.join(folder, "served-tcp")
        self.served_udp = os.path.join(folder, "served-udp")
        self.served_warm = os.path.join(folder, "served-warm")
        self.port, self.held_port, self.tcp, self.udp, self.echo, self.warm, self.spare = (
            free_port() for _ in range(7))
        self.addresses = [_address(number) for number in range(services)]
        self.clients_of_held = []
        self.is_abandoned = False  # the monitor has been killed: there is nothing to stop
        self._killed = collections.deque(maxlen=20)  # one takes a while to end
        self._raise_own_limit()
        options = [*options, *(["--spawner", spawner] if spawner else []),
                   *(["--start", "zygote"] if has_warm else [])]
        self.daemon = Daemon(self.lines(), options, log_connections=log_connections,
                             **{"preexec": _usual_limit, **others})
        self.log = LogFollower(self.daemon.log_path)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for client in self.clients_of_held:
            client.close()
        if kind is not None:
            _shorten(self.daemon.log_path)
        if kind is None and self.is_abandoned:
            self.daemon.kill()
        else:
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
                  f"127.0.0.1:{self.warm} stream tcp4 nowait {me()} {self.warm_program} server once "
                  f"{self.served_warm}",
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
        """SIGKILL, waiting for one to be there; returns when."""
        return self._kill_one("uvi-reactor", random)

    def kill_launcher(self, chance):
        """SIGKILL to one of them, waiting for one to be there; returns when."""
        return self._kill_one("uvi-launcher", chance)

    def kill_some_launcher(self):
        """The same; it does not matter which."""
        return self.kill_launcher(random)

    def _kill_one(self, role, chance):
        pids = eventually(lambda: set(self.daemon.roles(role)) - set(self._killed), 60, role)
        pid = chance.choice(sorted(pids))
        self._killed.append(pid)
        when = time.monotonic()
        self.kill(pid)
        return when

    @staticmethod
    def kill(pid):
        """SIGKILL; it may have ended."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def zygotes(self):
        """Parked programs: exec'd, and with the library that parks them."""
        return [pid for launcher in self.daemon.launchers() for pid in procfs.children(launcher)
                if procfs.has_called_exec(pid) and _has_zygote_library(pid)]

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
            running = set(self.daemon.servers()) - set(self.zygotes())
            found[:] = [running, set(self.known_servers())]
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

    def exits(self, port):
        """The pids in the lines about ends of servers of the service at this port."""
        with open(self.daemon.log_path, encoding="utf-8", errors="replace") as log:
            return re.findall(rf"\bexit id={port}/\S+ pid=(\d+) ", log.read())

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


def _has_zygote_library(pid):
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
            return "uvi-zygote" in maps.read()
    except OSError:
        return False


def _shorten(path, most=100):
    """Leaves the last lines of a log that is about to be printed, but for servers that came and went."""
    with open(path, encoding="utf-8", errors="replace") as file:
        kept = [line for line in file if not re.search(r" (?:start|exit) id=", line)][-most:]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(kept)
