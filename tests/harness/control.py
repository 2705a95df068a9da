# SPDX-License-Identifier: ISC
"""Both ends of the control socket: a client of a real daemon (ControlClient), and a daemon's end that
says what a test wants it to say.

    with FakeDaemon({"list": [{"service": {"id": "echo/tcp"}}, {"end": True}]}) as daemon:
        ...  # uvinetctl --socket daemon.path list

An answer is a list of lines: objects become JSON, bytes are sent as they are, and HANG and CLOSE do
what they say. A function is called with the request and gives such a list.
"""
import contextlib
import json
import os
import socket
import threading

from harness.surroundings import temporary_folder
from harness.waiting import seconds

HANG = object()
CLOSE = object()


def line(request):
    """A request as it is sent."""
    return json.dumps({"uvinetd": 1, **request})


class ControlClient:
    """One connection to the control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(seconds(30))
        self.replies = self.socket.makefile(encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.replies.close()
        self.socket.close()

    def send(self, data):
        """As it is."""
        self.socket.sendall(data)

    def ask(self, request):
        """The replies to it, the last one too."""
        with contextlib.suppress(BrokenPipeError):  # turned away: it has been said why
            self.send((line(request) + "\n").encode())
        return self.hear()

    def listen(self):
        """Asks for events; told() has them."""
        self.send((line({"verb": "tail"}) + "\n").encode())

    def told(self):
        """The next event."""
        return json.loads(self.replies.readline())["event"]

    def hear(self):
        """The replies until a last one, or the end of the connection."""
        heard = []
        for text in self.replies:
            heard.append(json.loads(text))
            if "end" in heard[-1] or "error" in heard[-1]:
                break
        return heard

    def service(self, name):
        """What `list` has of it; None: there is none."""
        told = (reply.get("service", {}) for reply in self.ask({"verb": "list"}))
        return next((service for service in told if service.get("id") == name), None)


class FakeDaemon:
    """Serves each connection in a thread of its own until the block is left."""

    def __init__(self, answers, greeting=b"", path=None):
        self.path = path or os.path.join(temporary_folder(), "control")
        self.requests = []
        self._answers = answers
        self._greeting = greeting
        self._ended = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self._listener.listen(16)
        self._connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Ends as a daemon does: the socket file is gone, and so are the connections."""
        self._ended.set()
        if os.path.exists(self.path):
            os.unlink(self.path)
        for one in (self._listener, *self._connections):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def _accept(self):
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self._greeting:
                connection.sendall(self._greeting)
            with connection.makefile("rb") as lines:
                for line in lines:
                    request = json.loads(line)
                    self.requests.append(request)
                    if not self._answer(connection, request):
                        return
        except (OSError, ValueError):
            pass

    def _answer(self, connection, request):
        answer = self._answers.get(request["verb"], self._answers.get("*", [{"end": True}]))
        for part in answer(request) if callable(answer) else answer:
            if part is HANG:
                self._ended.wait()
                return False
            if part is CLOSE:
                connection.shutdown(socket.SHUT_RDWR)
                return False
            connection.sendall(part if isinstance(part, bytes)
                               else json.dumps(part).encode() + b"\n")
        return True
