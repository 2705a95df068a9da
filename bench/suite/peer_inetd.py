# SPDX-License-Identifier: ISC
"""Superservers with a configuration file: each as its manual says that it is fastest.

No limit of starts, instances or sources, the largest backlog, no line of log per connection.
"""
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from suite import unpack
from suite.peer_process import Superserver

_BACKLOG = 4096
_NEVER_REACHED = 1_000_000_000


def me():
    """Everybody's servers run as the user who measures."""
    return pwd.getpwuid(os.geteuid()).pw_name


def inetd_line(service, protocols):
    """A line of inetd.conf; `protocols` are the names for stream and datagram services."""
    place = f"{service.address}:{service.port}" if service.address else service.port
    stream, datagram = protocols
    way = (f"stream {stream} nowait" if service.kind == "stream" else f"dgram {datagram} wait")
    return f"{place} {way} {me()} {service.program} {' '.join(service.words())}\n"


def write_lines(path, services, protocols):
    """A whole inetd.conf, replaced in one step."""
    new = path.with_name(path.name + ".new")
    with open(new, "w", encoding="utf-8") as file:
        file.writelines(inetd_line(service, protocols) for service in services)
    new.rename(path)
    return path


class Uvinetd(Superserver):
    """The daemon of this build."""

    kinds = ("stream", "udp-wait")
    says_ready = "fd"
    most_services = 50_000

    def __init__(self, build, spawner=""):
        self.name = f"uvinetd --spawner {spawner}" if spawner else "uvinetd"
        self.program = Path(build).resolve() / "bin" / "uvinetd"
        self.options = ("--spawner", spawner) if spawner else ()

    def why_not(self):
        if not self.program.exists():
            return "not built"
        words = [self.program, *self.options, "--check", "/nonexistent"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.stderr.splitlines()[0] if done.returncode == 2 and done.stderr else None

    def version(self):
        return subprocess.run([self.program, "-V"], capture_output=True, text=True,
                              check=False).stdout.strip()

    def configure(self, services, directory):
        """Writes the configuration of a Running's directory, before a start or a reload."""
        wants_both = any(not service.address for service in services)
        protocols = ("tcp", "udp") if wants_both else ("tcp4", "udp4")
        return write_lines(Path(directory) / "inetd.conf", services, protocols)

    def command(self, services, directory, ready_fd):
        config = self.configure(services, directory)
        return [self.program, "-f", "-e", "-p", directory / "inetd.pid", "--ready-fd", ready_fd,
                "--dialect", "debian", *self.options, config]


class Packaged(Superserver):
    """One that comes as a package of Debian."""

    package = ""
    path = ""

    def __init__(self, unpacked):
        self.unpacked = Path(unpacked)

    def why_not(self):
        missing = unpack.why_missing(self.unpacked, self.package)
        if missing:
            return missing
        if not (self.unpacked / self.package / self.path).is_file():
            return f"no {self.path} in package {self.package}"
        return None

    def version(self):
        return f"{self.package} {unpack.version(self.unpacked, self.package)}"

    def program(self):
        """How its command line begins."""
        return unpack.command(self.unpacked, self.package, self.path)


class OpenbsdInetd(Packaged):
    """A libevent loop that forks."""

    name = "openbsd-inetd"
    package = "openbsd-inetd"
    path = "usr/sbin/inetd"
    kinds = ("stream", "udp-wait")
    most_services = 10_000

    def command(self, services, directory, ready_fd):
        config = write_lines(directory / "inetd.conf", services, ("tcp", "udp"))
        return [*self.program(), "-i", "-q", _BACKLOG, "-R", _NEVER_REACHED, config]


class InetutilsInetd(Packaged):
    """GNU's: select(2); the backlog cannot be set. In the foreground it would log each turn."""

    name = "inetutils-inetd"
    package = "inetutils-inetd"
    path = "usr/sbin/inetutils-inetd"
    note = "sleeps for a second whenever the end of a server interrupts its select(2)"
    kinds = ("stream", "udp-wait")
    most_services = 1_000

    def command(self, services, directory, ready_fd):
        config = write_lines(directory / "inetd.conf", services, ("tcp4", "udp4"))
        return [*self.program(), f"--pidfile={directory / 'inetd.pid'}", "-R", _NEVER_REACHED,
                config]


class BusyboxInetd(Superserver):
    """Of whichever busybox has the applet; Debian's have not."""

    name = "busybox inetd"
    kinds = ("stream", "udp-wait")
    most_services = 1_000

    def __init__(self, unpacked):
        self.unpacked = Path(unpacked)

    def _candidates(self):
        installed = shutil.which("busybox")
        own = [self.unpacked / package / "bin" / "busybox"
               for package in ("busybox", "busybox-static")]
        return [str(path) for path in (*own, installed) if path and Path(path).is_file()]

    def _program(self):
        for path in self._candidates():
            listed = subprocess.run([path, "--list"], capture_output=True, text=True, check=False)
            if "inetd" in listed.stdout.split():
                return path
        return None

    def why_not(self):
        if not self._candidates():
            return unpack.why_missing(self.unpacked, "busybox")
        return None if self._program() else "the applet is not built into Debian's busybox"

    def version(self):
        told = subprocess.run([self._program(), "--help"], capture_output=True, text=True,
                              check=False)
        return (told.stdout or told.stderr).splitlines()[0]

    def command(self, services, directory, ready_fd):
        config = write_lines(directory / "inetd.conf", services, ("tcp", "udp"))
        return [self._program(), "inetd", "-f", "-e", "-q", _BACKLOG, "-R", 0, config]


class Xinetd(Packaged):
    """poll(2) and fork; its backlog is fixed."""

    name = "xinetd"
    package = "xinetd"
    path = "usr/sbin/xinetd"
    kinds = ("stream", "udp-wait")
    most_services = 10_000
    _DEFAULTS = ("defaults\n{\ninstances = UNLIMITED\nper_source = UNLIMITED\ncps = 0 0\n"
                 "log_type = FILE /dev/null\nlog_on_success =\nlog_on_failure =\n}\n")

    def command(self, services, directory, ready_fd):
        config = directory / "xinetd.conf"
        with open(config, "w", encoding="utf-8") as file:
            file.write(self._DEFAULTS)
            file.writelines(self._service(service) for service in services)
        return [*self.program(), "-dontfork", "-filelog", directory / "messages", "-f", config,
                "-pidfile", directory / "xinetd.pid"]

    @staticmethod
    def _service(service):
        is_stream = service.kind == "stream"
        fields = {"type": "UNLISTED", "id": f"s{service.port}", "port": service.port,
                  "bind": service.address, "socket_type": "stream" if is_stream else "dgram",
                  "protocol": "tcp" if is_stream else "udp", "wait": "no" if is_stream else "yes",
                  "user": me(), "server": service.program,
                  "flags": "IPv4 NOLIBWRAP NAMEINARGS", "disable": "no",
                  "server_args": " ".join(service.words())}
        lines = "".join(f"{name} = {value}\n" for name, value in fields.items())
        return f"service s{service.port}\n{{\n{lines}}}\n"


class Rlinetd(Packaged):
    """select(2) and fork."""

    name = "rlinetd"
    package = "rlinetd"
    path = "usr/sbin/rlinetd"
    kinds = ("stream", "udp-wait")
    most_services = 1_000

    def command(self, services, directory, ready_fd):
        config = directory / "rlinetd.conf"
        with open(config, "w", encoding="utf-8") as file:
            file.writelines(self._service(service) for service in services)
        parsers = sorted((self.unpacked / self.package).glob("usr/lib/*/rlinetd/libparse.so"))
        return [*self.program(), *(("-p", parsers[0]) if parsers else ()), "-f", config]

    @staticmethod
    def _service(service):
        is_stream = service.kind == "stream"
        way = (f"protocol tcp; instances {_NEVER_REACHED}; backlog {_BACKLOG};" if is_stream
               else "protocol udp; wait yes;")
        return (f'service "s{service.port}" {{ port {service.port}; interface {service.address}; '
                f'{way} user "{me()}"; server "{service.program}"; '
                f'exec "{" ".join(service.words())}"; }}\n')
