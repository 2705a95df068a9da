#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A server in Python that speaks second: it answers a line with what it has understood, in JSON.

The imports are what such scripts usually have, and most of what their start costs.
"""
import json
import re
import ssl
import sys

_WORDS = re.compile(r"\S+")


def main():
    """The exit status."""
    words = _WORDS.findall(sys.stdin.readline())
    print(json.dumps({"words": words, "tls": ssl.OPENSSL_VERSION}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
