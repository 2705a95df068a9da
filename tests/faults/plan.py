# SPDX-License-Identifier: ISC
"""The plan by which system calls of a running daemon fail: what seam.cc maps.

    faults = Faults()                      # copies of the programs, in a folder of their own
    faults.arm("monitor", "socketpair", 1, errno.EMFILE)
    ...
    faults.disarm()
"""
import errno
import mmap
import os
import re
import shutil
import struct
import unittest

from harness.surroundings import bin_dir, temporary_folder

ROLES = ("monitor", "reactor", "launcher", "resolver")
_MOST_CALLS = 64
_HEAD = 16  # words before the counts
_WORD = struct.Struct("=I")
_PROGRAMS = ("uvinetd", "uvi-reactor", "uvi-launcher")


def calls():
    """{function: the errors that it may fail with}, in the order of the plan's table."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "calls.def")
    with open(path, encoding="ascii") as file:
        found = re.findall(r"^FAULT_CALL\((\w+), ([A-Z ]+)\)", file.read(), re.MULTILINE)
    return {name: [getattr(errno, word) for word in words.split()] for name, words in found}


class Faults:
    """Programs of their own with a plan beside them; `folder` is what UVINETD_BIN_DIR is to be."""

    def __init__(self):
        if not os.path.exists(os.path.join(bin_dir(), "uvinetd_faulty")):
            raise unittest.SkipTest("the programs with the seam are not built here")
        self.folder = temporary_folder()
        for name in _PROGRAMS:
            copy = shutil.copy(os.path.join(bin_dir(), name + "_faulty"),
                               os.path.join(self.folder, name))
            os.chmod(copy, 0o755)
        size = (_HEAD + len(ROLES) * _MOST_CALLS) * _WORD.size
        path = os.path.join(self.folder, "fault-plan")
        with open(path, "w+b") as file:
            file.truncate(size)
            self._words = mmap.mmap(file.fileno(), size)
        self._calls = list(calls())
        assert len(self._calls) <= _MOST_CALLS

    def arm(self, role, call, first, code, *, times=1, also=None):
        """From now on the calls `first` (from 1) to `first + times - 1` fail.

        And the next call of another function after that, with its first error, when `also` names one.
        """
        self.disarm()
        self._set(9, self._calls.index(also) + 1 if also else 0)
        self._set(10, calls()[also][0] if also else 0)
        for at, value in enumerate((ROLES.index(role), self._calls.index(call), first, times, code,
                                    0, 0), start=1):
            self._set(at, value)
        self._set(0, 1)

    def disarm(self):
        """Nothing fails any more; failures() keeps its number."""
        self._set(0, 0)

    def put_clock(self, ahead):
        """The wall clock jumps to so many seconds ahead of the real one (or behind)."""
        self._set(8, ahead & 0xffffffff)

    def failures(self):
        """How many calls have failed since it was armed."""
        return self._get(7)

    def counts(self):
        """{(role, call): how many there have been}, since ever."""
        return {(role, call): self._get(_HEAD + number * _MOST_CALLS + at)
                for number, role in enumerate(ROLES) for at, call in enumerate(self._calls)}

    def _get(self, at):
        return _WORD.unpack_from(self._words, at * _WORD.size)[0]

    def _set(self, at, value):
        _WORD.pack_into(self._words, at * _WORD.size, value)
