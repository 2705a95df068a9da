# SPDX-License-Identifier: ISC
"""The programs that are started by exec and warm: probes, real servers, scripts.

Each stands for a kind: what a start of it costs lies in the dynamic linker, in the C library, in
its own preparations or in an interpreter's imports.
"""
import re
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from suite import procfs, unpack
from suite.experiment import Cannot

DYNAMIC, LIBRARIES, FTPD, SSHD_MAIN, SSHD_IO, PYTHON, PERL = (
    "dynamic, main", "36 libraries, main", "ftpd, main", "sshd, main", "sshd, io", "Python, io",
    "Perl, io")


@dataclass(frozen=True)
class WarmProgram:
    """`command(session, folder)` makes what the server needs in the folder; the command line."""

    case: str
    command: Callable
    exchange: str  # of uvinetd-bench
    is_quick: bool = False  # takes part in a quick run
    maps: str = ""  # a file, by a part of its name, that it maps on its way to its first I/O

    @property
    def park(self):
        """Where it waits."""
        return self.case.rsplit(", ", 1)[1]


def _of_this_build(name):
    def command(session, _folder):
        program = session.build / "bin" / name
        if not program.exists():
            raise Cannot(f"{name} is not built")
        return [str(program)]

    return command


def _unpacked(session, package, path):
    root = session.build / "peers" / "root"
    reason = unpack.why_missing(root, package)
    if reason:
        raise Cannot(reason)
    return unpack.command(root, package, path)


def _ftpd(session, _folder):
    return _unpacked(session, "inetutils-ftpd", "usr/sbin/ftpd")


def _sshd(session, folder):
    """With a host key of its own, no PAM, and silent."""
    key, config = folder / "host_key", folder / "sshd_config"
    _must([*_unpacked(session, "openssh-client", "usr/bin/ssh-keygen"), "-q", "-t", "ed25519",
           "-N", "", "-f", key])
    config.write_text(f"HostKey {key}\nPidFile none\nUsePAM no\nUseDNS no\nLogLevel QUIET\n",
                      encoding="utf-8")
    sshd = _unpacked(session, "openssh-server", "usr/sbin/sshd")
    _must([*sshd, "-t", "-f", config])  # also: is there its account and its empty folder?
    return [*sshd, "-i", "-f", str(config)]


def _must(command):
    words = [str(word) for word in command]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        said = (done.stderr + done.stdout).strip().splitlines()
        raise Cannot(said[-1] if said else f"{words[0]} ended with {done.returncode}")


ALL = (
    WarmProgram(DYNAMIC, _of_this_build("bench_probe_dynamic"), "probe", True),
    WarmProgram(LIBRARIES, _of_this_build("bench_probe_many"), "probe"),
    WarmProgram(FTPD, _ftpd, "banner"),
    WarmProgram(SSHD_MAIN, _sshd, "banner"),
    WarmProgram(SSHD_IO, _sshd, "banner"),
    WarmProgram(PYTHON, _of_this_build("bench_line.py"), "line", True, "/_ssl."),
    WarmProgram(PERL, _of_this_build("bench_line.pl"), "line", maps="/POSIX.so"),
)


def has_reached_io(program, pid):
    """Whether a parked process of the program has got beyond the beginning of its main().

    It has mapped what it loads by then, or it stands in the handler of the signal (SIGSYS, seen
    as caught or blocked) by which its first I/O is noticed.
    """
    if program.maps:
        return program.maps in procfs.read(f"/proc/{pid}/maps")
    masks = re.findall(r"^Sig(?:Blk|Cgt):\s*([0-9a-f]+)$", procfs.read(f"/proc/{pid}/status"),
                       re.MULTILINE)
    return any(int(mask, 16) >> (signal.SIGSYS - 1) & 1 for mask in masks)


def of_scale(scale):
    """Those that a run of this scale has the time for."""
    return {"full": ALL, "quick": [one for one in ALL if one.is_quick]}.get(scale.name, ALL[:1])
