# SPDX-License-Identifier: ISC
"""A real HAProxy in front of the daemon: one frontend, one server, and what it thinks of that."""
import csv
import os

from harness import sockets
from harness.real_server import RealServer
from harness.surroundings import requires, temporary_folder
from harness.waiting import eventually


class Haproxy(RealServer):
    """Passes the clients of `port` on to `server`, words of a `server` line after its name.

    `bind` goes behind the address that it listens at, `options` are lines for its server's part.
    """

    def __init__(self, port, server, *options, bind=""):
        program = requires("haproxy")
        self.folder = temporary_folder()
        self.socket = os.path.join(self.folder, "stats")
        config = os.path.join(self.folder, "haproxy.cfg")
        lines = ["global", f"  stats socket {self.socket} mode 600 level admin",
                 "defaults", "  mode tcp", "  timeout connect 5s", "  timeout client 30s",
                 "  timeout server 30s", "frontend front", f"  bind 127.0.0.1:{port} {bind}",
                 "  default_backend back", "backend back",
                 *(f"  {option}" for option in options), f"  server one {server}"]
        with open(config, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        super().__init__(self.folder, program, "-db", "-f", config)
        eventually(self._is_there, what=lambda: f"haproxy to answer: {self.log()}")

    def ask(self, command):
        """The answer on its stats socket."""
        with sockets.connect_unix(self.socket) as client:
            client.sendall(command.encode() + b"\n")
            return sockets.read_all(client).decode()

    def server(self):
        """What it knows of the server, by the names of its statistics."""
        rows = csv.DictReader(self.ask("show stat").lstrip("# ").splitlines())
        return next(row for row in rows if row["pxname"] == "back" and row["svname"] == "one")

    def wait_for(self, name, value):
        """Until this statistic of the server is that."""
        eventually(lambda: self.server()[name] == value,
                   what=lambda: f"{name}={value} in {self.server()}")

    def _is_there(self):
        if self.process.poll() is not None:
            raise AssertionError(f"haproxy has ended: {self.log()}")
        try:
            return "front" in self.ask("show stat")
        except OSError:
            return False
