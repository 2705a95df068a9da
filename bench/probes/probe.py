#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A small server in Python: what an interpreter and a few imports cost before the first answer.

Answers with the CLOCK_MONOTONIC time of the script's first line, 8 bytes in host byte order of
nanoseconds, on its connection (descriptor 0).
"""
import time
STARTED = time.monotonic_ns()
# pylint: disable=wrong-import-position
import os
import socket
import struct
import sys


def main():
    """Answers through a socket object, as such servers do; the exit status."""
    with socket.socket(fileno=os.dup(0)) as connection:
        connection.sendall(struct.pack("=q", STARTED))
    return 0


sys.exit(main())
