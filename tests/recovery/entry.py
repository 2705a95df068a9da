# SPDX-License-Identifier: ISC
"""What the programs of this folder do before anything else."""
import ctypes
import os
import signal
import sys

_PR_SET_CHILD_SUBREAPER = 36
_SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def add_options(parser):
    """Which programs are struck."""
    parser.add_argument("--build", metavar="FOLDER", help="the build whose programs are struck "
                        "(default: the programs in UVINETD_BIN_DIR, else build/release)")


def prepare(chosen):
    """As tests/harness/run.py does; and where the programs are."""
    # Servers whose launcher is gone become our children, not init's: they can be found and ended.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.environ["LC_ALL"] = "C.UTF-8"
    if chosen.build or "UVINETD_BIN_DIR" not in os.environ:
        build = chosen.build or os.path.join(_SOURCE, "build", "release")
        os.environ["UVINETD_BIN_DIR"] = os.path.join(os.path.abspath(build), "bin")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
