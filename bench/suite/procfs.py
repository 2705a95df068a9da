# SPDX-License-Identifier: ISC
"""Processes and sockets as /proc shows them; what is gone meanwhile is simply absent."""
import os
import socket
import struct


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def comm(pid):
    """The short name of a process (15 characters), "" when it is gone."""
    return _read(f"/proc/{pid}/comm").rstrip("\n")


def descendants(pid):
    """Children, their children, and so on, zombies included."""
    found = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        for child in _read(f"/proc/{pid}/task/{thread}/children").split():
            found += [int(child), *descendants(int(child))]
    return found


def listening(host):
    """{port: inode} of the TCP sockets that listen on this IPv4 address."""
    address = f"{struct.unpack('=I', socket.inet_aton(host))[0]:08X}"
    found = {}
    for line in _read("/proc/net/tcp").splitlines()[1:]:
        fields = line.split()
        place, port = fields[1].split(":")
        if place == address and fields[3] == "0A":
            found[int(port, 16)] = int(fields[9])
    return found
