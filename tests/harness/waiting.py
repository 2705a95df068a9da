# SPDX-License-Identifier: ISC
"""Waiting for facts with a deadline; nothing in these tests waits for time to pass.

UVINETD_TEST_TIMEOUT_MULTIPLIER stretches every deadline on slow machines and under sanitizers.
"""
import os
import time

MULTIPLIER = float(os.environ.get("UVINETD_TEST_TIMEOUT_MULTIPLIER", "1"))
DEADLINE = 20.0
_PAUSE = 0.01


def seconds(duration=DEADLINE):
    """A duration in seconds, stretched for this machine: the only place that multiplies."""
    return duration * MULTIPLIER


def eventually(predicate, duration=DEADLINE, what="the awaited fact"):
    """Returns the first true value of predicate(); AssertionError when the deadline passes.

    `what` names the fact; when it is callable, it is called for the message.
    """
    end = time.monotonic() + seconds(duration)
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= end:
            text = what() if callable(what) else what
            raise AssertionError(f"not within {seconds(duration):.0f} s: {text}")
        time.sleep(_PAUSE)
