# SPDX-License-Identifier: ISC
"""Services that are started warm, and how a test knows that they were.

    service = Service("hello", ["/usr/bin/hello"], start="zygote", spares=2)
    with WarmDaemon(service) as daemon:
        zygote = daemon.warm_up(service)
        daemon.assert_served_warm(service)

A server that was forked from a zygote has never called exec, one that fell back to it has: so no
test passes by falling back.
"""
import json
import os
import re
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon
from harness.surroundings import bin_dir, free_port, me
from harness.waiting import eventually

_LIBRARY = "uvi-zygote.so"
WAYS = {"main": {"park": "main"}, "main with spares": {"park": "main", "spares": 2},
        "io": {"park": "io"}, "io with spares": {"park": "io", "spares": 2}}


def requires_zygote():
    """Skips the tests of a build that starts nothing warm."""
    if not os.path.exists(os.path.join(bin_dir(), _LIBRARY)):
        raise unittest.SkipTest(f"this build has no {_LIBRARY}")


def tool(name):
    """A program that was built for the tests of warm starts, or the test is skipped."""
    path = os.path.join(bin_dir(), name)
    if not os.path.exists(path):
        raise unittest.SkipTest(f"this build has no {name}")
    return path


class Service:
    """One stream service of a TOML file, at a port of its own unless `listen` is a key."""

    def __init__(self, name, command, **keys):
        self.name, self.command = name, command
        self.port = free_port()
        self.keys = {"listen": f"tcp4://127.0.0.1:{self.port}", "user": me(), "stderr": "socket",
                     **keys}

    def text(self):
        """The table of the file."""
        keys = {"exec": self.command, **self.keys}
        lines = [f"{key} = {_value(value)}" for key, value in keys.items()]
        return "\n".join([f"[services.{self.name}]", *lines, ""])

    @property
    def spares(self):
        """How many of its servers wait for a client."""
        return self.keys.get("spares", 0)


def warm(name, command, way="main", **keys):
    """A service that is started from a zygote in one of the WAYS."""
    return Service(name, command, start="zygote", **WAYS[way], **keys)


def _value(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(each)}" for name, each in value.items()) + " }"
    return json.dumps(value)


class WarmDaemon(Daemon):
    """A daemon with these services."""

    def __init__(self, *services, **arguments):
        super().__init__(self.text(services), file_name="uvinetd.toml", **arguments)

    @staticmethod
    def text(services):
        """The configuration."""
        return "\n".join(service.text() for service in services)

    def reload_services(self, *services):
        """A reload with these services; returns its log line."""
        return self.reload(self.text(services))

    # Processes

    def processes(self, service):
        """Living children of the launchers that run the service's program."""
        return [pid for launcher in self.launchers() for pid in procfs.children(launcher)
                if _runs(pid, service.command) and procfs.is_alive(pid)]

    def zygotes(self, service):
        """Those that hold the library and were exec'd."""
        return [pid for pid in self.processes(service)
                if procfs.has_called_exec(pid) and _has_library(pid)]

    def spares(self, service):
        """Those that were forked; servers of a connection among them."""
        return [pid for pid in self.processes(service) if is_forked(pid)]

    def wait_for_zygote(self, service, spares=None):
        """The pid of the one zygote, parked, with its spares waiting and its launcher told.

        No connection to the service may be open. A process that sleeps has said all it had to
        say; a launcher that sleeps after that has heard it.
        """
        spares = service.spares if spares is None else spares
        return eventually(lambda: self._parked(service, spares), what=lambda:
                          f"a parked zygote of {service.name} and {spares} spares; "
                          f"it has {self.describe(service)} in:\n{self.log()}")[0]

    def _parked(self, service, spares):
        zygotes, waiting = self.zygotes(service), self.spares(service)
        family = zygotes + waiting
        is_quiet = len(zygotes) == 1 and len(waiting) == spares and _all_sleep(family)
        return is_quiet and _all_sleep(self.launchers()) and zygotes

    def warm_up(self, service):
        """Clients until there is a zygote; returns it when it is parked.

        The first one starts it, but for a while after one has been killed; one that could not be
        parked at its first I/O is followed by one that the next client starts.
        """

        def attempt():
            with sockets.connect(service.port) as client:
                self.server_of(client)
            eventually(lambda: not self.zygotes(service) or self._parked(service, service.spares))
            return self.zygotes(service)

        eventually(attempt, what=lambda: f"a zygote of {service.name} in:\n{self.log()}")
        return self.wait_for_zygote(service)

    def describe(self, service):
        """For messages: what each process of the service is."""
        return {pid: (procfs.state(pid), "forked" if is_forked(pid) else "exec'd",
                      "library" if _has_library(pid) else "no library")
                for pid in self.processes(service)}

    def server_of(self, client):
        """The pid of the server that this client's connection was given to, by the log."""
        host, port = client.getsockname()[:2]
        pattern = rf"\bstart id=\S+ pid=(\d+) from={re.escape(host)}:{port}\b"
        return int(self.wait_for_log(pattern).group(1))

    # Facts

    def assert_served_warm(self, service):
        """A connection is served by a process that was forked from the zygote; returns its pid."""
        with sockets.connect(service.port) as client:
            return self.assert_is_warm(client)

    def assert_is_warm(self, client):
        """The server of this connection, which waits for its client, was forked."""
        pid = self.server_of(client)
        assert procfs.is_alive(pid), f"the server {pid} has ended already:\n{self.log()}"
        assert is_forked(pid), f"the server {pid} was exec'd:\n{self.log()}"
        return pid

    def reasons(self, service):
        """The reasons in the log why the service is not started as asked."""
        pattern = rf"\bzygote id={re.escape(service.name)} reason=(.*)$"
        return re.findall(pattern, self.log(), re.MULTILINE)

    def wait_for_reason(self, service, pattern):
        """The one reason that is told, which must be like this."""
        found = eventually(lambda: self.reasons(service), what=lambda: f"a reason why "
                           f"{service.name} has no zygote in:\n{self.log()}")
        assert re.search(pattern, found[0]), f"{found} is not like {pattern!r}"
        return found[0]


def is_forked(pid):
    """True for a server that never called exec; not for a launcher's child that is about to."""
    return (procfs.is_alive(pid) and procfs.comm(pid) != "uvi-launcher"
            and not procfs.has_called_exec(pid))


def _runs(pid, command):
    """True when the process runs the command, be it by an interpreter that stands before it."""
    arguments = procfs.arguments(pid)
    own = arguments[-len(command):]
    if arguments and arguments[0].startswith(os.path.basename(command[0]) + ": "):
        return True  # it has given itself a title (setproctitle)
    return bool(own) and [os.path.basename(own[0]), *own[1:]] == [
        os.path.basename(command[0]), *command[1:]]


def _has_library(pid):
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as file:
            return _LIBRARY in file.read()
    except PermissionError:
        return True  # not dumpable: only a zygote of ours is
    except OSError:
        return False


def _all_sleep(pids):
    return all(procfs.state(pid) == "S" for pid in pids)
