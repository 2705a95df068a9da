# SPDX-License-Identifier: ISC
"""What the records of clients and the file of their servers say together. Pure: lists in, facts out."""
import bisect
import collections

from recovery.records import Outcome

_LOST = (Outcome.RESET, Outcome.CLOSED, Outcome.SILENT)


class Account:
    """Each request, from both sides."""

    def __init__(self, records, lines):
        """`lines` are those of the servers' file, "NUMBER PID" or "WORD PID"."""
        self.records = records
        self._times_served = collections.Counter(
            int(line.split()[0]) for line in lines if line[0].isdigit())

    def count(self, *outcomes):
        """How many requests ended so."""
        return sum(record.outcome in outcomes for record in self.records)

    def lost(self):
        """Connections that were accepted and not answered, or never: the records."""
        return [record for record in self.records if record.outcome in _LOST]

    def served_twice(self):
        """Numbers that were served more than once."""
        return sorted(number for number, times in self._times_served.items() if times > 1)

    def answered_by_nobody(self, built_in=()):
        """Answers that no server of the file has given; a range is that of a built-in service."""
        return [record.number for record in self.records
                if record.outcome == Outcome.ANSWERED and record.number not in self._times_served
                and record.number not in built_in]

    def served_though_lost(self):
        """The server had the connection, the client did not get its answer."""
        return [record.number for record in self.lost() if record.number in self._times_served]

    def most_lost_between(self, times):
        """Of the requests that ended between two of these times, the most that were lost."""
        found = collections.Counter(bisect.bisect(times, record.end) for record in self.lost())
        return max(found.values(), default=0)

    def lost_before(self, time):
        """Those that were lost before anything was done to the daemon."""
        return sum(record.end < time for record in self.lost())

    def first_answers_after(self, times):
        """For each of these times, the seconds until a request that began later was answered."""
        answered = sorted((record for record in self.records
                           if record.outcome == Outcome.ANSWERED), key=lambda each: each.begin)
        begins = [record.begin for record in answered]
        # The earliest answer of all that began later.
        ends = [record.end for record in answered]
        for at in range(len(ends) - 2, -1, -1):
            ends[at] = min(ends[at], ends[at + 1])
        found = []
        for time in times:
            at = bisect.bisect(begins, time)
            if at < len(ends):
                found.append(ends[at] - time)
        return found


def overlaps(lines):
    """Servers of a `wait` socket that began before the one before them had said its end."""
    running = set()
    found = []
    for line in lines:
        word, pid = line.split()
        if word == "begin":
            if running:
                found.append(int(pid))
            running.add(pid)
        elif word == "end":
            running.discard(pid)
    return found
