# SPDX-License-Identifier: ISC
"""A daemon's end of the control socket that says what a test wants it to say.

    with FakeDaemon({"list": [{"service": {"id": "echo/tcp"}}, {"end": True}]}) as daemon:
        ...  # uvinetctl --socket daemon.path list

An answer is a list of lines: objects become JSON, bytes are sent as they are, and HANG and CLOSE do
what they say. A function is called with the request and gives such a list.
"""
import json
import os
import socket
import threading

from harness.surroundings import temporary_folder

HANG = object()
CLOSE = object()


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
