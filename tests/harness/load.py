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


def strike_under_load(test, port, file, strike, times, step):
    """Clients ask the server of write_server() at `port` while strike() is called so many times,
    each after `step` more answers. Asserts for `test` that nobody was served twice and that the
    listener stayed; returns the load, with those who were lost.
    """
    load = Load(port)
    try:
        for _ in range(times):
            load.wait_for(step)
            strike()
    finally:
        load.end()
    with open(file, encoding="utf-8") as lines:
        served = lines.read().split()
    test.assertEqual(len(served), len(set(served)), "somebody was served twice")
    test.assertEqual(load.refused, 0, "the listener was closed")
    return load
