# SPDX-License-Identifier: ISC
"""Which ports are served at this moment, as /proc/net shows them: no connection is made for it."""
import ipaddress
import sys

_LISTEN = "0A"
_ANY = "00000000"
_MAPPED = "0000000000000000FFFF0000"
_ANY6 = "0" * 32


def is_served(services):
    """True when every service has a listening (or bound UDP) socket."""
    streams = [service for service in services if service.kind == "stream"]
    datagrams = [service for service in services if service.kind != "stream"]
    return _all_in(streams, "tcp", is_listening=True) and _all_in(datagrams, "udp")


def first_taken(services):
    """The first service whose port somebody serves already, or None."""
    streams = _sockets("tcp", is_listening=True)
    datagrams = _sockets("udp")
    for service in services:
        if _matches(service, streams if service.kind == "stream" else datagrams):
            return service
    return None


def _all_in(services, protocol, is_listening=False):
    if not services:
        return True
    found = _sockets(protocol, is_listening)
    return all(_matches(service, found) for service in services)


def _matches(service, found):
    port = f"{service.port:04X}"
    address = _hexadecimal(service.address) if service.address else _ANY
    return any(f"{host}:{port}" in found for host in (address, _ANY, _MAPPED + address, _ANY6))


def _hexadecimal(address):
    """As the kernel prints an IPv4 address: a 32-bit number of this machine's byte order."""
    packed = ipaddress.IPv4Address(address).packed
    return f"{int.from_bytes(packed, sys.byteorder):08X}"


def _sockets(protocol, is_listening=False):
    """Local addresses "HEX:PORT" of a protocol's sockets, of both families."""
    found = set()
    for name in (protocol, protocol + "6"):
        try:
            with open(f"/proc/net/{name}", encoding="ascii") as file:
                _read_sockets(file, is_listening, found)
        except OSError:
            pass  # a kernel without IPv6
    return found


def _read_sockets(file, is_listening, found):
    next(file, None)
    for line in file:
        fields = line.split(None, 4)
        if is_listening and fields[3] != _LISTEN:
            return  # the kernel lists all listeners before the connections
        found.add(fields[1])
