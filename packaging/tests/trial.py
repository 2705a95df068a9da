# SPDX-License-Identifier: ISC
"""What the tests of packages have in common; to be imported before the harness of the others."""
import atexit
import ctypes
import os
import signal
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests"))

# pylint: disable=wrong-import-position
from harness import procfs
from harness.waiting import eventually

_PR_SET_CHILD_SUBREAPER = 36


def folder(default):
    """The first argument when it is a folder, else the default below the top; an absolute path."""
    if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
        return os.path.abspath(sys.argv.pop(1))
    return os.path.join(TOP, default)


def end_descendants(pid):
    """Kills all that a process has started and that is still its, and waits for the end of it."""
    eventually(lambda: not _end_and_reap(procfs.descendants(pid)), what="the end of all processes")


def _end_and_reap(pids):
    """Returns those that were there. An orphan is ours to reap: the first process of a pid
    namespace does not end before all others in it are gone."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, os.WNOHANG)
        except (ProcessLookupError, ChildProcessError):
            pass
    return pids


def main():
    """Runs the tests of the program; exit status 77 when all were skipped. SIGTERM cleans up."""
    # What outlives its parent becomes our child: it can be found and ended.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    atexit.register(end_descendants, os.getpid())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    result = unittest.main(verbosity=2, exit=False).result
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.skipped and len(result.skipped) >= result.testsRun else 0)
