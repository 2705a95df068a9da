# SPDX-License-Identifier: ISC
"""An account that only one test program sees."""
import os

from harness import sandbox
from harness.surroundings import temporary_folder

USER, PASSWORD, ID = "uvitest", "Right-Password-1", 61234


def make_account():
    """In the sandbox, which has been entered; returns the home folder."""
    home = temporary_folder()
    os.chown(home, ID, ID)
    sandbox.add_group(USER, ID)
    sandbox.add_account(USER, ID, ID, home, secret=sandbox.hashed(PASSWORD))
    return home


def log_in(terminal):
    """From the question for a name to the prompt of the shell."""
    terminal.expect("login: ")
    terminal.type(USER)
    terminal.expect("Password: ")
    terminal.type(PASSWORD)
    terminal.expect(r"\$ ")
