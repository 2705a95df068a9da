# SPDX-License-Identifier: ISC
"""Processes as /proc shows them. A process that ends while being read is simply absent."""
import os

_FORKED_WITHOUT_EXEC = 0x40  # PF_FORKNOEXEC, among the flags in /proc/PID/stat


def comm(pid):
    """The short name of a process, "" when it is gone."""
    return _read(f"/proc/{pid}/comm").rstrip("\n")


def state(pid):
    """One letter as in ps(1), "" when the process is gone; "Z" is dead but not yet reaped."""
    return status(pid).get("State", "")[:1]


def status(pid):
    """The fields of /proc/PID/status."""
    pairs = (line.split(":", 1) for line in _read(f"/proc/{pid}/status").splitlines())
    return {pair[0]: pair[1].strip() for pair in pairs if len(pair) == 2}


def arguments(pid):
    """The argument vector."""
    return _read(f"/proc/{pid}/cmdline").split("\0")[:-1]


def has_called_exec(pid):
    """False for a copy of its parent that has not become a program of its own yet."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return len(fields) > 6 and int(fields[6]) & _FORKED_WITHOUT_EXEC == 0


def is_alive(pid):
    """True while the process runs: a zombie does not."""
    return state(pid) not in ("", "Z", "X")


def children(pid):
    """Direct children, zombies included."""
    found = []
    for thread in _list(f"/proc/{pid}/task"):
        found += [int(word) for word in _read(f"/proc/{pid}/task/{thread}/children").split()]
    return found


def descendants(pid):
    """Children, their children, and so on."""
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def descriptors(pid):
    """{number: target} of the open descriptors."""
    found = {}
    for number in _list(f"/proc/{pid}/fd"):
        try:
            found[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            pass
    return found


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _list(path):
    try:
        return os.listdir(path)
    except OSError:
        return []
