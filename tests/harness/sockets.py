# SPDX-License-Identifier: ISC
"""Small clients: each call opens what it needs, has a deadline, and closes what it opened."""
import collections
import itertools
import json
import os
import socket

from harness.waiting import eventually, seconds

_SIZES = 65536
_CLIENTS = itertools.count()
_RECENT_PORTS = collections.deque(maxlen=1000)


def connect(port, host="127.0.0.1"):
    """A connected TCP socket with a deadline on every operation.

    Its own port is none that a client of this process has had lately: a log tells them by it.
    """
    client = _bound_to_a_new_port(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        client.settimeout(seconds())
        client.connect((host, port))
    except OSError:
        client.close()
        raise
    return client


def _bound_to_a_new_port(family):
    while True:
        client = socket.socket(family, socket.SOCK_STREAM)
        client.bind(("", 0))
        port = client.getsockname()[1]
        if port not in _RECENT_PORTS:
            _RECENT_PORTS.append(port)
            return client
        client.close()


def connect_unix(path, kind=socket.SOCK_STREAM):
    """A connected Unix-domain socket with a deadline."""
    client = socket.socket(socket.AF_UNIX, kind)
    client.settimeout(seconds())
    client.connect(path)
    return client


def read_all(client):
    """Everything up to the end of file; a reset counts as the end."""
    pieces = []
    try:
        while piece := client.recv(_SIZES):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def read_exactly(client, size):
    """`size` bytes; AssertionError when the connection ends before."""
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        assert piece, f"the connection ended after {len(data)} of {size} bytes"
        data += piece
    return data


def read_line(client):
    """One line without its newline."""
    data = b""
    while not data.endswith(b"\n"):
        piece = client.recv(1)
        assert piece, f"the connection ended after {data!r}"
        data += piece
    return data[:-1].decode()


def fetch(port, host="127.0.0.1", request=b""):
    """Connects, sends the request, and returns all that the server says."""
    with connect(port, host) as client:
        if request:
            client.sendall(request)
        return read_all(client)


def fetch_report(port, host="127.0.0.1"):
    """The report of a probe behind a TCP port."""
    return json.loads(fetch(port, host))


def datagram_client(port, host="127.0.0.1", source=None):
    """A UDP socket connected to the port, so that only replies from there arrive."""
    client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(seconds())
    if source is not None:
        client.bind(source)
    client.connect((host, port))
    return client


def unix_datagram_client(path, folder):
    """A Unix-domain datagram socket with a name of its own in `folder`, connected to `path`."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    client.settimeout(seconds())
    client.bind(os.path.join(folder, f"client-{os.getpid()}-{next(_CLIENTS)}"))
    client.connect(path)
    return client


def ask(client, text):
    """Sends one datagram and returns the reply."""
    client.send(text.encode())
    return client.recv(_SIZES).decode()


def ask_until_answered(client, text, duration=20):
    """Like ask(), sending again while nothing answers: for a socket that is being mended."""

    def attempt():
        try:
            client.settimeout(seconds(0.5))
            return ask(client, text)
        except (TimeoutError, ConnectionRefusedError):
            return None

    return eventually(attempt, duration, f"an answer to {text!r}")


def has_nothing(client):
    """True when nothing can be read at this moment, and the connection has not ended."""
    client.setblocking(False)
    try:
        client.recv(1, socket.MSG_PEEK)
        return False
    except BlockingIOError:
        return True
    finally:
        client.settimeout(seconds())


def lines_of(path):
    """The JSON lines that probes have written to a file; unfinished ones are left out."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.split("\n")[:-1]]


def wait_for_lines(path, count, duration=20):
    """At least `count` lines of a probe's file."""
    return eventually(lambda: len(lines_of(path)) >= count and lines_of(path), duration,
                      what=lambda: f"{count} lines in {path}, which has {lines_of(path)}")
