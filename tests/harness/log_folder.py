# SPDX-License-Identifier: ISC
"""A daemon that logs into a folder of the test, and who asks it at its control socket."""
import json
import os
import re
import socket
import textwrap
import unittest

from harness import sockets
from harness.daemon import Daemon
from harness.surroundings import me, temporary_folder
from harness.waiting import eventually, seconds


class Folder(unittest.TestCase):
    """With files of its own."""

    def setUp(self):
        self.folder = temporary_folder()

    def path(self, name):
        """Of a file in the folder."""
        return os.path.join(self.folder, name)

    def read(self, name):
        """The text of a file; "" while there is none."""
        try:
            with open(self.path(name), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def wait_for(self, name, pattern):
        """The first line with the pattern in a file."""
        return eventually(lambda: re.search(pattern, self.read(name), re.MULTILINE),
                          what=lambda: f"{pattern!r} in:\n{self.read(name)}").group(0)

    def objects(self, name):
        """The lines of a file, each as JSON."""
        return [json.loads(line) for line in self.read(name).splitlines()]

    def daemon(self, settings, *services, to_stderr=False, **options):
        """A daemon in the foreground with these lines in [daemon]."""
        text = "[daemon]\n" + settings + "\n" + "\n".join(services)
        return Daemon(text, file_name="uvinetd.toml", to_stderr=to_stderr, **options)

    def to_file(self, more=""):
        """Lines of [daemon]."""
        return f'log = "file:{self.path("log")}"\n{more}'


def service(name, port, more="", *, address="127.0.0.1", family="tcp4"):
    """One service of a TOML file, whose servers end at once."""
    return textwrap.dedent(f"""\
        [services.{name}]
        listen = "{family}://{address}:{port}"
        user = "{me()}"
        exec = ["/bin/true"]
        """) + more + "\n"


def fetch_from(port, source):
    """What a client with this address is told."""
    with socket.create_connection(("127.0.0.1", port), seconds(20), (source, 0)) as client:
        return sockets.read_all(client)
