# SPDX-License-Identifier: ISC
"""Clients that go on asking while something is done to the daemon."""
import os
import threading

from harness import sockets
from harness.waiting import eventually, seconds


def write_server(folder):
    """A server that reads a number, appends it to the file it is given, and sends it back."""
    path = os.path.join(folder, "server")
    with open(path, "w", encoding="utf-8") as script:
        script.write('#!/bin/sh\nread number\necho "$number" >>"$1"\necho "$number"\n')
    os.chmod(path, 0o755)
    return path


class Load:
    """Clients that ask one after the other; each request has a number that must come back."""

    def __init__(self, port, clients=4):
        self.port = port
        self.is_over = False
        self.lock = threading.Lock()
        self.answered = []
        self.lost = []
        self.refused = 0
        self.last = 0
        self.threads = [threading.Thread(target=self.client) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def client(self):
        """Until the load is over."""
        while not self.is_over:
            with self.lock:
                self.last += 1
                number = self.last
            try:
                answer = sockets.fetch(self.port, request=f"{number}\n".encode())
            except ConnectionRefusedError:
                self.refused += 1
                continue
            except OSError:
                answer = b""
            (self.answered if answer == f"{number}\n".encode() else self.lost).append(number)

    def wait_for(self, more):
        """Until so many more requests are answered."""
        goal = len(self.answered) + more
        eventually(lambda: len(self.answered) >= goal, what="answers under load")

    def end(self):
        """Ends the clients."""
        self.is_over = True
        for thread in self.threads:
            thread.join(seconds())
