# SPDX-License-Identifier: ISC
"""Superservers that are told everything on their command line; most hold one service."""
from pathlib import Path

from suite.peer_inetd import Packaged
from suite.peer_process import PeerFailed, Superserver

_BACKLOG = 4096
_MOST_CHILDREN = 100_000


class Bare(Superserver):
    """A program of bench/loops, which says that it is ready."""

    says_ready = "stdout"
    program_name = ""

    def __init__(self, build):
        self._program = Path(build).resolve() / "bin" / self.program_name

    def why_not(self):
        return None if self._program.exists() else "not built"

    def version(self):
        return "of this build"


class BareLoop(Bare):
    """bench_loop: what everybody is compared with. All its services run the same program."""

    program_name = "bench_loop"
    most_services = 10_000

    def __init__(self, build, way):
        super().__init__(build)
        self.name = f"bare {way} loop"
        self._way = way

    def command(self, services, directory, ready_fd):
        first, last = services[0], services[-1]
        if [service.port for service in services] != list(range(first.port, last.port + 1)):
            raise PeerFailed(f"{self.name}: its ports follow one another")
        if len({(service.address, service.command()) for service in services}) != 1:
            raise PeerFailed(f"{self.name}: has one address and one program")
        return [self._program, "--spawn", self._way, "--address", first.address,
                f"{first.port}-{last.port}", *first.command()]


class BareEcho(Bare):
    """bench_echo: what the echo built-in is compared with. The service's program is ignored."""

    name = "bare libuv echo"
    program_name = "bench_echo"

    def command(self, services, directory, ready_fd):
        return [self._program, services[0].port, services[0].address]


class Tcpserver(Packaged):
    """No look-up of names or users, and quiet."""

    name = "tcpserver"
    package = "ucspi-tcp-ipv6"
    path = "usr/bin/tcpserver"

    def command(self, services, directory, ready_fd):
        service = services[0]
        return [*self.program(), "-4", "-q", "-H", "-R", "-l0", f"-c{_MOST_CHILDREN}",
                f"-b{_BACKLOG}", service.address, service.port, *service.command()]


class Tcpsvd(Packaged):
    """Without the variables of the connection, and without a count per source."""

    name = "tcpsvd"
    package = "ipsvd"
    path = "usr/bin/tcpsvd"

    def command(self, services, directory, ready_fd):
        service = services[0]
        return [*self.program(), "-E", "-l0", "-c", _MOST_CHILDREN, "-b", _BACKLOG,
                service.address, service.port, *service.command()]


class Socat(Packaged):
    """One fork per connection; nofork spares the second one and the copying of data."""

    name = "socat"
    package = "socat"
    path = "usr/bin/socat"

    def command(self, services, directory, ready_fd):
        service = services[0]
        words = " ".join(service.command())
        if set(words) & set(",:!\"'\\()[]{}"):
            raise PeerFailed(f"socat: has meanings of its own for characters of {words}")
        return [*self.program(), f"TCP4-LISTEN:{service.port},bind={service.address},fork,"
                f"backlog={_BACKLOG},reuseaddr", f"EXEC:{words},nofork"]


class Ncat(Packaged):
    """--exec rather than --sh-exec, which starts a shell first."""

    name = "ncat"
    package = "ncat"
    path = "usr/bin/ncat"

    def command(self, services, directory, ready_fd):
        service = services[0]
        return [*self.program(), "-4", "-n", "-l", "-k", "-m", _MOST_CHILDREN, "--exec",
                " ".join(service.command()), service.address, service.port]


class SystemdSocketActivate(Packaged):
    """systemd's own tool for trying; systemd itself would have to be the init of the machine."""

    name = "systemd-socket-activate"
    package = "systemd"
    path = "usr/bin/systemd-socket-activate"
    most_services = 10_000

    def environment(self):
        return {**super().environment(), "SYSTEMD_LOG_LEVEL": "err"}

    def command(self, services, directory, ready_fd):
        if len({service.command() for service in services}) != 1:
            raise PeerFailed(f"{self.name}: has one program")
        places = [f"--listen={service.address}:{service.port}" for service in services]
        return [*self.program(), "--accept", "--inetd", *places, *services[0].command()]
