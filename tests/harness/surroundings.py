# SPDX-License-Identifier: ISC
"""What a test needs around it: programs, privileges, ports, temporary folders, its own name.

A requirement that is not met skips the test and prints the reason.
"""
import atexit
import grp
import os
import pwd
import random
import shutil
import socket
import tempfile
import unittest

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Below the kernel's range for outgoing connections, so that no client takes a port meanwhile.
_PORTS = range(10000, 32000)
_BLOCK = 100
_blocks = {}  # first port: the socket whose abstract name keeps other test programs off the block
_unused = []

def is_root():
    """True when tests may become anybody."""
    return os.geteuid() == 0


def requires_root(why):
    """Skips the test for ordinary users."""
    if not is_root():
        raise unittest.SkipTest(f"needs root: {why}")


def requires(*programs):
    """The path of each program (one path when one is asked for), or the test is skipped."""
    paths = [shutil.which(program, path=SYSTEM_PATH) for program in programs]
    for program, path in zip(programs, paths):
        if path is None:
            raise unittest.SkipTest(f"{program} is not installed")
    return paths[0] if len(paths) == 1 else paths


def requires_ipv6():
    """Skips the test on a host without an IPv6 loopback address."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        raise unittest.SkipTest(f"no IPv6 loopback here: {error}") from error


def is_portable():
    """True when the programs under test are built as for any Unix."""
    return os.environ.get("UVINETD_PORTABLE") == "ON"


def requires_linux_build(why):
    """Skips the test of a portable build; `why` is what that does not do."""
    if is_portable():
        raise unittest.SkipTest(f"the portable build {why}")


def control_groups():
    """Where those of version 2 are mounted ("": nowhere), and the controllers that there are."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = [line.split()[4] for line in file if " - cgroup2 " in line]
    if not mounts:
        return "", []
    with open(os.path.join(mounts[0], "cgroup.controllers"), encoding="ascii") as file:
        return mounts[0], file.read().split()


def requires_control_groups(*controllers):
    """Where those of version 2 are mounted for us to write, with these controllers, or skips."""
    mount, found = control_groups()
    if not mount:
        raise unittest.SkipTest("no control groups of version 2 are mounted here")
    if not os.access(mount, os.W_OK):
        raise unittest.SkipTest(f"{mount} cannot be written to")
    for name in controllers:
        if name not in found:
            raise unittest.SkipTest(f"{mount} has no controller {name}")
    return mount


def spawner():
    """What starts the servers of the daemons under test; "" is the daemon's own choice."""
    return os.environ.get("UVINETD_SPAWNER", "")


def me():
    """The user that a service of ours runs as when the test does not care: ourselves."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def my_group():
    """The name of our group."""
    try:
        return grp.getgrgid(os.getegid()).gr_name
    except KeyError:
        return str(os.getegid())


def free_port():
    """A port that nobody uses on IPv4 and IPv6, TCP and UDP; never the same one twice.

    Test programs that run at the same time get different ones.
    """
    while True:
        if not _unused:
            _reserve_block()
        port = _unused.pop()
        if _is_free(port):
            return port


def _reserve_block():
    starts = [start for start in _PORTS[::_BLOCK] if start not in _blocks]
    random.shuffle(starts)
    for start in starts:
        name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            name.bind(f"\0uvinetd-test-ports-{start}")
        except OSError:
            name.close()
            continue
        _blocks[start] = name
        _unused.extend(range(start, start + _BLOCK))
        return
    raise AssertionError("other test programs hold all ports")


def free_ports(count):
    """As many different ones."""
    return [free_port() for _ in range(count)]


def _is_free(port):
    for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            try:
                with socket.socket(family, kind) as trial:
                    if family == socket.AF_INET6:
                        trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    trial.bind((host, port))
            except OSError:
                if family == socket.AF_INET:
                    return False
    return True


def temporary_folder():
    """A folder that servers of any user can reach, removed when the test program ends."""
    folder = tempfile.mkdtemp(prefix="uvinetd-test-")
    os.chmod(folder, 0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def shared_folder():
    """A folder that servers of any user can write to."""
    folder = os.path.join(temporary_folder(), "shared")
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    return folder


def bin_dir():
    """Where the programs under test are."""
    folder = os.environ.get("UVINETD_BIN_DIR")
    if not folder:
        raise RuntimeError("UVINETD_BIN_DIR is not set: see tests/README.md")
    return folder


_probe = None


def probe():
    """The probe server, at a path that servers of any user can execute."""
    global _probe  # pylint: disable=global-statement
    if _probe is None:
        original = os.environ.get("UVINETD_PROBE") or os.path.join(bin_dir(), "uvinetd_probe")
        _probe = shutil.copy(original, os.path.join(temporary_folder(), "probe"))
        os.chmod(_probe, 0o755)
    return _probe
