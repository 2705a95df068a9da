# SPDX-License-Identifier: ISC
"""What one row of the table has found: claims, which hold or not, and figures, which are told."""
import time


class Findings:
    """Prints each fact when it is known; keeps those that the table shows."""

    def __init__(self, row):
        self.row = row
        self.shown = []
        self.broken = []
        self.why_not = ""  # measured, unless there is a reason
        self._begin = time.monotonic()

    def claim(self, text, value, most=0, *, shown=True):
        """A count that may not be more than that."""
        holds = value <= most
        self._say(f"{text} {value}{'' if holds else f'  (BROKEN: at most {most})'}")
        if not holds:
            self.broken.append(f"{text} {value} (at most {most})")
        if shown:
            self.shown.append(f"{value} {text}")
        return holds

    def require(self, text, holds):
        """Something that must be so."""
        self._say(f"{text}: {'yes' if holds else 'NO  BROKEN'}")
        if not holds:
            self.broken.append(f"not so: {text}")

    def tell(self, text, *, shown=True):
        """A figure that depends on the machine, or what the claims are of."""
        self._say(text)
        if shown:
            self.shown.append(text)

    def not_measured(self, why):
        """The row has nothing to say."""
        self._say(f"not measured: {why}")
        self.why_not = why

    def _say(self, text):
        print(f"{self.row} [{time.monotonic() - self._begin:6.1f} s] {text}", flush=True)


def middle_and_most(values):
    """ "p50 N ms, most N ms" of times in seconds."""
    if not values:
        return "none"
    ordered = sorted(values)
    return f"p50 {ordered[len(ordered) // 2] * 1e3:.0f} ms, most {ordered[-1] * 1e3:.0f} ms"
