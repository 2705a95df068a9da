# SPDX-License-Identifier: ISC
"""What became of each request: written by clients in a process of their own, read by the proof.

A record is a number, an outcome and two times (CLOCK_MONOTONIC, seconds): when the client began and
when it knew.
"""
import collections
import enum
import os
import struct

_FORM = struct.Struct("<IBdd")


class Outcome(enum.IntEnum):
    """What a client was told."""

    ANSWERED = 0
    REFUSED = 1  # nobody listens
    RESET = 2
    CLOSED = 3  # an end of file instead of the answer
    WRONG = 4  # an answer that belongs to somebody else
    SILENT = 5  # no answer within the deadline
    FAILED = 6  # the client itself could not ask


Record = collections.namedtuple("Record", "number outcome begin end")


class Writer:
    """Keeps records and writes them together."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._kept = []

    def add(self, number, outcome, begin, end):
        """One more."""
        self._kept.append(_FORM.pack(number, outcome, begin, end))

    def flush(self):
        """All that were added can be read."""
        if self._kept:
            os.write(self._file, b"".join(self._kept))
            self._kept.clear()


class Reader:
    """All records so far, in the order of their ends."""

    def __init__(self, path):
        self._path = path
        self._offset = 0
        self.all = []
        self.answered = 0  # of these

    def read(self):
        """Takes what is new; returns all."""
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = len(data) - len(data) % _FORM.size
        self._offset += whole
        new = [Record(number, Outcome(outcome), begin, end)
               for number, outcome, begin, end in _FORM.iter_unpack(data[:whole])]
        self.all += new
        self.answered += sum(record.outcome == Outcome.ANSWERED for record in new)
        return self.all
