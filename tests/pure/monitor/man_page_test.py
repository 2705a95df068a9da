#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Holds the options in --help against those in a manual page:
man_page_test.py MAN_PAGE LEAST HELP_PROGRAM [ARGUMENT...], where LEAST is how many there are at
least.

The man page counts as naming an option where an item of its OPTIONS list or a paragraph has it as
an .Fl or .It Fl word. Where mandoc is installed, its lint must be silent.
"""
import re
import shutil
import subprocess
import sys


def options_of_help(text):
    return set(re.findall(r"(?<![\w-])(--?[A-Za-z][A-Za-z-]*)(?=[\s,=\[:]|$)", text))


def options_of_man(text):
    found = set()
    section = ""
    for line in text.splitlines():
        if line.startswith(".Sh "):
            section = line[4:]
        if section != "OPTIONS" or not line.startswith("."):
            continue
        # "Fl Fl help" is --help, "Fl R" is -R
        for hyphens, name in re.findall(r"((?:\bFl )+)([A-Za-z][\w-]*)", line.replace("\\-", "-")):
            found.add("-" * hyphens.count("Fl") + name)
    return found


def main():
    page, least, *command = sys.argv[1:]
    in_help = options_of_help(subprocess.run(command, check=True, text=True,
                                             stdout=subprocess.PIPE).stdout)
    with open(page, encoding="utf-8") as file:
        in_man = options_of_man(file.read())
    failures = [f"in --help but not in the man page: {name}" for name in sorted(in_help - in_man)]
    failures += [f"in the man page but not in --help: {name}" for name in sorted(in_man - in_help)]
    if len(in_help) < int(least):
        failures.append(f"only {len(in_help)} options found in --help")
    if shutil.which("mandoc"):
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        failures += lint.stdout.splitlines()
    print("\n".join(failures) or f"{len(in_help)} options agree")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
