# SPDX-License-Identifier: ISC
"""Runs test modules or classes: run.py process.test_children [process.test_children.Name...]

Exit status: 0 all passed, 1 some failed, 77 every test was skipped (ctest then says so).
"""
import ctypes
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.surroundings import SYSTEM_PATH  # noqa: E402  pylint: disable=wrong-import-position

_PR_SET_CHILD_SUBREAPER = 36


def main(names):
    """Runs the named tests; returns the exit status."""
    # Servers whose launcher is gone become our children, not init's: they can be found and ended.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.environ["PATH"] = SYSTEM_PATH
    os.environ["LC_ALL"] = "C.UTF-8"
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    if not result.wasSuccessful():
        return 1
    return 77 if result.skipped and len(result.skipped) >= result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
