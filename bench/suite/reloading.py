# SPDX-License-Identifier: ISC
"""SIGHUP to a running uvinetd, and what its log says of it."""
import os
import re
import signal
import time

_OUTCOME = re.compile(r"\breload kept=(\d+) added=(\d+) removed=(\d+) changed=(\d+)")
_REFUSED = re.compile(r".*\breload (?:refused|failed).*")


class ReloadFailed(Exception):
    """The daemon's own words, or that it said nothing."""


def reload(running, deadline=30):
    """Asks for a reload and waits for the line that tells the outcome.

    Returns the seconds from the signal to that line, and its numbers by name.
    """
    with open(running.log_path, encoding="utf-8", errors="replace") as log:
        log.seek(0, os.SEEK_END)
        begin = time.monotonic()
        os.kill(running.pid, signal.SIGHUP)
        said = ""
        while time.monotonic() < begin + deadline:
            said += log.read()
            if found := _OUTCOME.search(said):
                numbers = map(int, found.groups())
                return (time.monotonic() - begin,
                        dict(zip(("kept", "added", "removed", "changed"), numbers)))
            if refused := _REFUSED.search(said):
                raise ReloadFailed(refused.group(0))
            time.sleep(0.0005)
    raise ReloadFailed(f"no end of the reload in {deadline} s")
