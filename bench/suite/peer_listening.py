# SPDX-License-Identifier: ISC
"""Which ports are served at this moment, as /proc/net shows them: no connection is made for it."""
import ipaddress
import sys

_LISTEN = "0A"
_ANY = "00000000"
_MAPPED = "0000000000000000FFFF0000"
_ANY6 = "0" * 32


class Watch:
    """Answers for one list of services; made once, for 10,000 of them are looked for often."""

    def __init__(self, services):
        self._streams = [_Wanted(one) for one in services if one.kind == "stream"]
        self._datagrams = [_Wanted(one) for one in services if one.kind != "stream"]

    def are_served(self):
        """True when every service has a listening (or bound UDP) socket."""
        return next(self._where(lambda one, found: not one.is_in(found)), None) is None

    def first_taken(self):
        """The first service whose port somebody serves, or None."""
        return next(self._where(_Wanted.is_in), None)

    def _where(self, condition):
        for protocol, wanted in (("tcp", self._streams), ("udp", self._datagrams)):
            found = _sockets(protocol, protocol == "tcp") if wanted else ()
            yield from (one.service for one in wanted if condition(one, found))


class _Wanted:
    """The names that the socket of one service may have there."""

    def __init__(self, service):
        self.service = service
        host = _hexadecimal(service.address) if service.address else _ANY
        hosts = (host, _ANY, _MAPPED + host, _ANY6)
        self._names = [f"{one}:{service.port:04X}" for one in hosts]

    def is_in(self, found):
        """The address itself, or every address, of either family."""
        return any(name in found for name in self._names)


def _hexadecimal(address):
    """As the kernel prints an IPv4 address: a 32-bit number of this machine's byte order."""
    packed = ipaddress.IPv4Address(address).packed
    return f"{int.from_bytes(packed, sys.byteorder):08X}"


def _sockets(protocol, is_listening):
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
