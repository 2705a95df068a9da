# SPDX-License-Identifier: ISC
"""Runs run.py with the given arguments as an ordinary user, when started as root.

Everything needed is copied to where that user can read it. Exit status as run.py; 77 when we are
no root (the tests then run as an ordinary user already).
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
import unittest  # noqa: E402

from harness import sandbox  # noqa: E402
from harness.surroundings import bin_dir, is_root, requires, temporary_folder  # noqa: E402

_ID = 65533
_NAME = "uvitest"


def main(names):
    """Prepares and runs; returns the exit status."""
    if not is_root():
        print("skipped: not root, so the other tests run as an ordinary user already")
        return 77
    try:
        setpriv = requires("setpriv")
        sandbox.enter()
    except unittest.SkipTest as reason:
        print(f"skipped: {reason}")
        return 77
    folder = temporary_folder()
    tests = shutil.copytree(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                            os.path.join(folder, "tests"), ignore=shutil.ignore_patterns("__*"))
    programs = os.path.join(folder, "bin")
    os.mkdir(programs)
    for name in os.listdir(bin_dir()):
        if name.startswith("uvi") or name == "inetd":
            shutil.copy(os.path.join(bin_dir(), name), programs)
    home = os.path.join(folder, "home")
    os.mkdir(home)
    os.chown(home, _ID, _ID)
    sandbox.add_group(_NAME, _ID)
    sandbox.add_account(_NAME, _ID, _ID, home)
    environment = dict(os.environ, UVINETD_BIN_DIR=programs, HOME=home, TMPDIR=home,
                       UVINETD_PROBE=os.path.join(programs, "uvinetd_probe"))
    environment.pop("XDG_RUNTIME_DIR", None)
    command = [setpriv, "--reuid", str(_ID), "--regid", str(_ID), "--clear-groups",
               "--inh-caps=-all", sys.executable, "-B", os.path.join(tests, "harness", "run.py")]
    return subprocess.run([*command, *names], env=environment, check=False,
                          stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
