#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Has promtool judge the metrics that a program prints: promtool_test.py PROGRAM.

Exit status 77, with the reason, where promtool is not installed.
"""
import shutil
import subprocess
import sys


def main():
    program = sys.argv[1]
    promtool = shutil.which("promtool")
    if promtool is None:
        print("skipped: no promtool (Debian package prometheus)")
        return 77
    text = subprocess.run([program], check=True, stdout=subprocess.PIPE).stdout
    judged = subprocess.run([promtool, "check", "metrics"], input=text, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=60, check=False)
    # It ends well with mere advice, too.
    said = judged.stdout.decode(errors="replace").strip()
    if said:
        print(said)
    return 1 if judged.returncode != 0 or said else 0


if __name__ == "__main__":
    sys.exit(main())
