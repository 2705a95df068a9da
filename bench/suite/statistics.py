# SPDX-License-Identifier: ISC
"""Numbers of several rounds as one: the median, and how far the rounds were apart.

Two contestants are compared within a round, where the machine's mood is the same for both; the
reported ratio is the median of the rounds' ratios, never the ratio of two medians. A round that
failed is None and takes no part.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The median of the rounds, the lowest and the highest of them, and how many there were."""

    median: float
    lowest: float
    highest: float
    rounds: int


def median(values):
    """The middle value, the mean of the two middle ones of an even number; None of nothing."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    middle = len(known) // 2
    return known[middle] if len(known) % 2 else (known[middle - 1] + known[middle]) / 2


def spread(values):
    """The Spread of the rounds that have a value, None when none has."""
    known = [value for value in values if value is not None]
    return Spread(median(known), min(known), max(known), len(known)) if known else None


def ratios(values, baseline):
    """Each round's value over the same round's baseline; None where either is missing or zero."""
    return [value / base if value is not None and base else None
            for value, base in zip(values, baseline)]


def ratio(values, baseline):
    """The Spread of the rounds' ratios, None when no round has both."""
    return spread(ratios(values, baseline))


def quantile(ordered, fraction):
    """The value below which this part of the ordered values lies (nearest rank)."""
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]
