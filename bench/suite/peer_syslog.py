# SPDX-License-Identifier: ISC
"""Syslog services, each with one Unix socket, one UDP port and one file: fast and without a limit.

None waits for the disk after a line, and none limits how much a sender may say. They are no
superservers: stand() starts one.
"""
import json
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from suite import peer_listening
from suite.peer_inetd import Packaged, Uvinetd, me
from suite.peer_process import PeerFailed, Running, Service

OURS = "uvinetd-syslogd"
_RECEIVE_BUFFER = 8 << 20  # bytes


@dataclass(frozen=True)
class Place:
    """Where a syslog service works."""

    folder: Path
    host: str
    port: int

    @property
    def socket(self):
        """Its Unix datagram socket; the folder is of its own, and may be its /dev."""
        return self.folder / "dev" / "log"

    @property
    def file(self):
        """What it writes."""
        return self.folder / "messages"

    @property
    def udp(self):
        """Its UDP port, as bench_syslog names it."""
        return f"udp:{self.host}:{self.port}"


class _Answer:
    """Whether the service writes what it is told, and has its UDP port."""

    def __init__(self, place, has_udp):
        self._place = place
        self._ports = peer_listening.Watch(
            [Service(place.host, place.port, "", kind="udp-wait")] if has_udp else [])

    def are_served(self):
        """Says a line, until one is there."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            try:
                client.sendto(b"<13>Nov 26 20:41:21 bench: ready", str(self._place.socket))
            except OSError:
                return False
        file = self._place.file
        return file.exists() and file.stat().st_size > 0 and self._ports.are_served()


class SyslogServer:
    """What they have in common; mixed into something with why_not(), version(), environment()."""

    has_udp = True

    def words(self, place):
        """The command line; writes the configuration that it needs."""
        raise NotImplementedError

    def stand(self, place):
        """Returns a Running that writes what comes into the place's file; raises PeerFailed."""
        reason = self.why_not()
        if reason:
            raise PeerFailed(f"{self.name}: {reason}")
        place.socket.parent.mkdir(parents=True)
        command = [str(word) for word in self.words(place)]
        running = Running(command, place.folder, self.environment(), -1, False)
        try:
            running.wait_ready(-1, _Answer(place, self.has_udp))
        except BaseException:
            running.stop()
            raise
        return running


class UvinetdSyslog(SyslogServer, Uvinetd):
    """The service of this build, started by its superserver."""

    def __init__(self, build):
        super().__init__(build)
        self.name = OURS

    def why_not(self):
        program = self.program.with_name("uvinetd-syslogd")
        return super().why_not() or (None if program.exists() else "not built")

    def words(self, place):
        rules, config = place.folder / "syslog.conf", place.folder / "uvinetd.toml"
        rules.write_text(f"*.* -{place.file}\n", encoding="utf-8")
        keys = {"listen": [f"unix-dgram://{place.socket}", f"udp4://{place.host}:{place.port}"],
                "internal": "syslog", "user": me(), "receive_buffer": _RECEIVE_BUFFER}
        # A value of JSON of these kinds is one of TOML too.
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in keys.items()]
        config.write_text(f"[services.syslog]\n{''.join(lines)}"
                          f"[services.syslog.syslog]\nrules = {json.dumps(str(rules))}\n",
                          encoding="utf-8")
        return [self.program, "-f", "-e", "-p", place.folder / "inetd.pid", config]


class Rsyslog(SyslogServer, Packaged):
    """Threads that receive, a queue, a thread that writes a batch at a time."""

    name = "rsyslog"
    package = "rsyslog"
    path = "usr/sbin/rsyslogd"

    def words(self, place):
        modules = next((self.unpacked / self.package).glob("usr/lib/*/rsyslog"))
        config = place.folder / "rsyslog.conf"
        config.write_text(f"""\
global(workDirectory="{place.folder}" net.enableDNS="off")
module(load="imuxsock" SysSock.Use="off")
module(load="imudp" BatchSize="128" TimeRequery="8")
input(type="imuxsock" Socket="{place.socket}" CreatePath="off" RateLimit.Interval="0"
      UsePIDFromSystem="off")
input(type="imudp" address="{place.host}" port="{place.port}" rcvbufSize="{_RECEIVE_BUFFER}")
main_queue(queue.size="200000" queue.dequeueBatchSize="4096" queue.timeoutEnqueue="60000")
*.* action(type="omfile" file="{place.file}" template="RSYSLOG_TraditionalFileFormat"
           ioBufferSize="64k" asyncWriting="off")
""", encoding="utf-8")
        return [*self.program(), "-n", "-f", config, "-i", place.folder / "pid", "-M", modules]


class InetutilsSyslogd(SyslogServer, Packaged):
    """One loop: a poll(), a recv() and a writev() for each message."""

    name = "inetutils-syslogd"
    package = "inetutils-syslogd"
    path = "usr/sbin/syslogd"

    def words(self, place):
        config, others = place.folder / "syslog.conf", place.folder / "syslog.d"
        config.write_text(f"*.* -{place.file}\n", encoding="utf-8")
        others.mkdir()
        return [*self.program(), "-n", "-f", config, "-D", others, "-p", place.socket,
                "-P", place.folder / "pid", "-r", "-b", place.host, "-B", place.port,
                "--no-klog", "-m", "0"]


class BusyboxSyslogd(SyslogServer, Packaged):
    """Its socket is always /dev/log: it gets a /dev of its own."""

    name = "busybox syslogd"
    package = "busybox"
    path = "bin/busybox"
    has_udp = False

    def why_not(self):
        if os.geteuid() != 0 or not shutil.which("unshare"):
            return "its /dev/log takes root and unshare(1)"
        return super().why_not()

    def words(self, place):
        script = 'mount --bind "$0" /dev && exec "$@"'
        return [shutil.which("unshare"), "--mount", "--propagation", "private",
                "/bin/sh", "-c", script, place.socket.parent,
                *self.program(), "syslogd", "-n", "-O", place.file]


def all_syslogds(build, unpacked):
    """Ours, and its peers where packages were `unpacked` (else None)."""
    kinds = (Rsyslog, InetutilsSyslogd, BusyboxSyslogd) if unpacked else ()
    return [UvinetdSyslog(build), *(kind(unpacked) for kind in kinds)]
