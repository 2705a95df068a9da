# SPDX-License-Identifier: ISC
"""Limits of open descriptors: of the test, and of the daemon that it starts."""
import resource
import unittest


def raise_limit(wanted):
    """Room for `wanted` descriptors in this program, or the test is skipped."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise unittest.SkipTest(f"the limit of open descriptors is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def original_limit():
    """Gives the daemon the limits that a login has, whatever we have raised."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
