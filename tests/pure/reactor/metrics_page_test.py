#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Holds the metrics that a program prints against those of the manual page, with their types and
labels: metrics_page_test.py PROGRAM MAN_PAGE. The program must print one of everything.
"""
import re
import subprocess
import sys


def printed(text):
    """name → (type, labels)"""
    types, labels = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            types[name] = kind
            labels[name] = set()
        elif not line.startswith("#"):
            found = re.match(r"\w+", line).group()
            name = found if found in types else re.sub(r"_(bucket|sum|count)$", "", found)
            inside = re.match(r"\w+\{(.*)\} ", line)
            for label in re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', inside.group(1) if inside else ""):
                labels[name].add(label)
    return {name: (kind, labels[name] - {"le"}) for name, kind in types.items()}


def told(text):
    out = {}
    for name, kind, labels in re.findall(r"^\.It Li (uvinetd_\w+) Pq (\w+)(?: , by Cm (.*))?$", text,
                                         re.MULTILINE):
        assert name not in out, name
        out[name] = (kind, {word.strip() for word in labels.split(",") if word.strip()})
    return out


def main():
    program, page = sys.argv[1:]
    text = subprocess.run([program], check=True, text=True, stdout=subprocess.PIPE).stdout
    with open(page, encoding="utf-8") as file:
        in_page = told(file.read())
    in_text = printed(text)
    failures = [f"{name}: printed {in_text.get(name)}, in the manual page {in_page.get(name)}"
                for name in sorted(in_text.keys() | in_page.keys())
                if in_text.get(name) != in_page.get(name)]
    print("\n".join(failures))
    return 1 if failures or len(in_text) < 35 else 0


if __name__ == "__main__":
    sys.exit(main())
