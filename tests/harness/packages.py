# SPDX-License-Identifier: ISC
"""Programs of Debian packages that cannot all be installed at once: unpacked beside the build.

They conflict with each other, or would take the place of what the host has.
"""
import fcntl
import sys
import unittest
from pathlib import Path

from harness.surroundings import bin_dir

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

# pylint: disable=wrong-import-position
from suite import unpack  # noqa: E402

_PACKAGES = ("rsyslog", "inetutils-syslogd", "syslog-ng-core")


def unpacked():
    """The folder with a folder per package, fetched by the first test that asks."""
    build = Path(bin_dir()).resolve().parent / "test-packages"
    build.mkdir(exist_ok=True)
    with open(build / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return unpack.unpack(build, _PACKAGES)


def requires_unpacked(package, path):
    """The start of a command line that runs the program of the package, or skips the test."""
    root = unpacked()
    reason = unpack.why_missing(root, package)
    if reason:
        raise unittest.SkipTest(reason)
    return unpack.command(root, package, path)
