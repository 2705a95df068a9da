# SPDX-License-Identifier: ISC
"""Processes and sockets as /proc shows them; what is gone meanwhile is simply absent."""
import os
import socket
import struct


def read(path):
    """The text of a file, "" when it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def comm(pid):
    """The short name of a process (15 characters), "" when it is gone."""
    return read(f"/proc/{pid}/comm").rstrip("\n")


def is_zombie(pid):
    """True when it has ended and nobody has asked for its end."""
    return read(f"/proc/{pid}/stat").rpartition(") ")[2][:1] == "Z"


def pss_kib(pid):
    """Its memory, shared pages divided among those who share them; None when it cannot be read."""
    for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return None


def memory_kib(pid, field):
    """A field of its status that is a size, as VmRSS or VmHWM; None when it cannot be read."""
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return None


def cpu_ns(pid):
    """What its living threads have spent on processors."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return 0
    return sum(int((read(f"/proc/{pid}/task/{thread}/schedstat").split() or [0])[0])
               for thread in threads)


def children(pid):
    """Of all its threads, zombies included."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [int(child) for thread in threads
            for child in read(f"/proc/{pid}/task/{thread}/children").split()]


def descendants(pid):
    """Children, their children, and so on, zombies included."""
    return [found for child in children(pid) for found in (child, *descendants(child))]


def listening(host):
    """{port: inode} of the TCP sockets that listen on this IPv4 address."""
    address = f"{struct.unpack('=I', socket.inet_aton(host))[0]:08X}"
    found = {}
    for line in read("/proc/net/tcp").splitlines()[1:]:
        fields = line.split()
        place, port = fields[1].split(":")
        if place == address and fields[3] == "0A":
            found[int(port, 16)] = int(fields[9])
    return found
