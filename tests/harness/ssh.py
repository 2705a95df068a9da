# SPDX-License-Identifier: ISC
"""Keys for an SSH server and its user, in a folder of their own."""
import os

from harness.clients import run_client
from harness.surroundings import me, requires, temporary_folder


class SshKeys:
    """Without keys at first; `user` logs in, by default whoever runs the tests."""

    def __init__(self, user=None):
        self.user = user or me()
        self.folder = temporary_folder()
        os.chmod(self.folder, 0o700)

    def path(self, name):
        """A file of the folder."""
        return os.path.join(self.folder, name)

    def make(self, name):
        """A new pair of keys, NAME and NAME.pub; the client's is "user"."""
        run_client(requires("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", self.path(name))

    def make_all(self):
        """Keys of both sides, and a configuration of sshd by which they fit; returns its path."""
        for name in ("host", "user"):
            self.make(name)
        os.rename(self.path("user.pub"), self.path("authorized"))
        with open(self.path("config"), "w", encoding="ascii") as file:
            file.write(f"HostKey {self.path('host')}\n"
                       f"AuthorizedKeysFile {self.path('authorized')}\n"
                       "StrictModes no\nUsePAM no\nPermitRootLogin yes\n"
                       "PasswordAuthentication no\nPidFile none\n")
        return self.path("config")

    def command(self, port, line, **arguments):
        """Has the server at this port run the line; as run_client()."""
        return run_client(requires("ssh"), "-F", "none", "-i", self.path("user"), "-p", str(port),
                          "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
                          "-o", f"UserKnownHostsFile={self.path('known')}",
                          f"{self.user}@127.0.0.1", line, **arguments)
