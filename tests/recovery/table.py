# SPDX-License-Identifier: ISC
"""The table of what is proven: a row for each way in which the daemon is struck."""
import collections
import traceback

from recovery import row_datagrams, row_soak, row_valgrind, rows_reload, rows_roles
from recovery.findings import Findings

Row = collections.namedtuple("Row", "name what target measure")

ROWS = (
    Row("reactor", "reactor killed 100 times under 500 connections/s of exec services",
        "0 refused; lost ≤ 1 per kill; recovery ≤ 100 ms", rows_roles.reactor),
    Row("reactor-10000", "the same with 10,000 services", "the same", rows_roles.reactor_with_many),
    Row("launcher-clone", "launcher killed 1,000 times under load, --spawner clone",
        "0 served twice; 0 lost; running servers unharmed", rows_roles.launcher_clone),
    Row("launcher-posix_spawn", "the same with posix_spawn",
        "0 served twice; lost only what the ledger calls ambiguous; running servers unharmed",
        rows_roles.launcher_posix_spawn),
    Row("reload", "1,000 reloads under load", "0 refused, 0 reset, 0 wait servers orphaned",
        rows_reload.reloads),
    Row("upgrade", "100 upgrades under load", "the same", rows_reload.upgrades),
    Row("datagrams", "UDP wait service through reload, upgrade and kills of roles",
        "every datagram queued in the kernel is served once", row_datagrams.datagrams),
    Row("soak", "1,000,000 connections", "RSS and descriptors of every role flat (±2 %)",
        row_soak.soak),
)
OTHERS = (Row("valgrind", "monitor, reactor and launcher under valgrind's memcheck",
              "0 errors, 0 bytes definitely lost", row_valgrind.under_valgrind),)
SKIPPED = 77


class Scale:
    """How much is done."""

    def __init__(self, is_short):
        self.is_short = is_short

    def of(self, full, short):
        """One of two numbers."""
        return short if self.is_short else full


def run(names, scale, is_markdown):
    """Measures these rows, or all; prints the table. Returns the exit status."""
    unknown = set(names) - {row.name for row in ROWS + OTHERS}
    if unknown:
        print(f"no such row: {', '.join(sorted(unknown))}; there are "
              f"{', '.join(row.name for row in ROWS)}")
        return 2
    chosen = [row for row in ROWS + OTHERS if row.name in names] if names else ROWS
    return run_rows(chosen, scale, is_markdown)


def run_rows(rows, scale, is_markdown):
    """Measures these and prints the table. Returns the exit status."""
    found = [(row, _measure(row, scale)) for row in rows]
    print()
    if is_markdown:
        _print_markdown(found)
    else:
        _print_plain(found)
    for row, findings in found:
        for broken in findings.broken:
            print(f"BROKEN: {row.name}: {broken}")
    if any(findings.broken for _, findings in found):
        return 1
    return SKIPPED if all(findings.why_not for _, findings in found) else 0


def _measure(row, scale):
    findings = Findings(row.name)
    try:
        row.measure(findings, scale)
    except (AssertionError, OSError) as error:
        traceback.print_exc()
        findings.broken.append(str(error).split("\n", maxsplit=1)[0])
    return findings


def _result(findings):
    return f"not measured: {findings.why_not}" if findings.why_not else "; ".join(findings.shown)


def _print_plain(found):
    for row, findings in found:
        print(f"{row.name}: {row.what}\n  target: {row.target}\n  found:  {_result(findings)}")


def _print_markdown(found):
    print("| what | target | measured |\n|---|---|---|")
    for row, findings in found:
        print(f"| {row.what} | {row.target} | {_result(findings)} |")
