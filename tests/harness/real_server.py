# SPDX-License-Identifier: ISC
"""A program that other people's clients talk to, beside the daemon, for as long as a block lasts."""
import os
import subprocess

from harness.waiting import seconds


class RealServer:
    """Its process and what it says. Subclasses write its configuration and know its words."""

    def __init__(self, folder, *command):
        self.log_path = os.path.join(folder, "log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(seconds())
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log(self):
        """What it has said so far."""
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()
