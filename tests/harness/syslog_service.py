# SPDX-License-Identifier: ISC
"""A daemon with the built-in syslog service, its rules and the files that it writes.

    with SyslogService("*.*  -FOLDER/all") as service:
        service.send(b"<13>tag: text")
        service.wait_line("all", "tag.*: text")

FOLDER in the rules is a folder of the service's own.
"""
import json
import os
import re
import socket

from harness import procfs
from harness.daemon import Daemon
from harness.surroundings import free_port, is_root, me, shared_folder
from harness.waiting import eventually

# "Nov 26 20:41:21 host rest"
LINE = re.compile(r"\A[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (\S+) (.*)\Z")


class SyslogService:
    """One running daemon with one service; see the module's text."""

    def __init__(self, rules, *, path=None, keys=None, settings=None, more="", **daemon):
        """`keys` are more of the service's in TOML, `settings` those of its syslog table; `more`
        is the text of other tables.
        """
        self.folder = shared_folder()
        self.path = path or os.path.join(self.folder, "log")
        self.port = free_port()
        self.rules = os.path.join(self.folder, "syslog.conf")
        self.write_rules(rules)
        self._keys = {"listen": [f"unix-dgram://{self.path}", f"udp4://127.0.0.1:{self.port}"],
                      "internal": "syslog", "user": "daemon" if is_root() else me(),
                      **(keys or {})}
        self._more = more
        self._settings = {"rules": self.rules, **(settings or {})}
        self.daemon = Daemon(self.config(), file_name="uvinetd.toml", **daemon)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.daemon.__exit__(*reason)

    def config(self):
        """The TOML. A value of JSON of these kinds is one of TOML too."""
        tables = (("services.syslog", self._keys), ("services.syslog.syslog", self._settings))
        return "".join(f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n"
                                               for key, value in keys.items())
                       for name, keys in tables) + self._more

    def set_keys(self, **keys):
        """Changes keys of the service; a reload with config() reads them."""
        self._keys.update(keys)

    def write_rules(self, rules):
        """Replaces the rules; a reload reads them."""
        text = rules if isinstance(rules, str) else "\n".join(rules)
        with open(self.rules + ".new", "w", encoding="utf-8") as file:
            file.write(text.replace("FOLDER", self.folder) + "\n")
        os.chmod(self.rules + ".new", 0o644)
        os.rename(self.rules + ".new", self.rules)

    def server(self):
        """The pid of uvinetd-syslogd, waiting for it; the first message starts it."""
        def find():
            return [pid for pid in procfs.descendants(self.daemon.pid)
                    if procfs.comm(pid).startswith("uvinetd-syslog") and procfs.is_alive(pid)]
        return eventually(find, what=lambda: f"uvinetd-syslogd in:\n{self.daemon.log()}")[0]

    # Messages

    def send(self, *messages):
        """Datagrams to the Unix socket, from one sender; it waits while the socket is full."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.connect(self.path)
            for message in messages:
                client.send(message)

    def send_udp(self, *messages):
        """Datagrams to the UDP port."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", self.port))
            for message in messages:
                client.send(message)

    def text(self, name):
        """What a file in the folder holds, "" while it is not there."""
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def lines(self, name):
        """What stands in a file after time and host, by line; each has the form of a line.

        The service's own words are left out.
        """
        text, _, _ = self.text(name).rpartition("\n")  # the rest is being written just now
        found = [LINE.match(line) for line in text.splitlines()]
        assert all(found), f"no line of syslog's in:\n{text}"
        texts = [one.group(2) for one in found]
        return [text for text in texts if not text.startswith("uvinetd-syslogd[")]

    def wait_line(self, name, pattern):
        """The first line with the pattern (of what stands after time and host)."""
        def find():
            return next((line for line in self.lines(name) if re.search(pattern, line)), None)
        return eventually(find, what=lambda: f"{pattern!r} in {name}:\n{self.text(name)}"
                          f"--- log\n{self.daemon.log()}")

    def wait_count(self, name, count):
        """The lines of a file as soon as there are so many; never more."""
        eventually(lambda: len(self.lines(name)) >= count,
                   what=lambda: f"{count} lines in {name}:\n{self.text(name)}")
        lines = self.lines(name)
        assert len(lines) == count, f"{len(lines)} lines, not {count}: {lines}"
        return lines

    def flush(self, name="all"):
        """All that was sent before through the Unix socket is written: the last of it is seen."""
        self.send(b"<15>flush: all is written")
        return self.wait_line(name, r"^flush\S*: all is written$")
