# SPDX-License-Identifier: ISC
"""Results as tables: Markdown whose columns are aligned, so that a terminal shows them well too."""
from dataclasses import dataclass, field

from suite import statistics
from suite.experiment import BASELINE

RIGHT, LEFT = ">", "<"
_TEXT = ("what", "contestant", "case", "met?", "machine", "is")  # headers of columns of text


@dataclass
class Table:
    """A title, a sentence, a header and rows of text."""

    title: str
    about: str
    header: list
    rows: list = field(default_factory=list)
    notes: list = field(default_factory=list)  # who could not be measured, and why

    def markdown(self):
        """The table with aligned columns: text to the left, numbers to the right."""
        rows = [self.header, *self.rows]
        widths = [max(len(str(row[place])) for row in rows) for place in range(len(self.header))]
        sides = [LEFT if name in _TEXT else RIGHT for name in self.header]
        rule = ["-" * width if side == LEFT else "-" * (width - 1) + ":"
                for width, side in zip(widths, sides)]
        lines = [_line(row, widths, sides) for row in (self.header, rule, *self.rows)]
        notes = [*(f"- {note}" for note in self.notes), ""]
        about = [self.about, ""] if self.about else []
        return "\n".join([f"### {self.title}", "", *about, *lines, "",
                          *(notes if self.notes else [])])


def _line(row, widths, sides):
    cells = (f"{str(cell):{side}{width}}" for cell, side, width in zip(row, sides, widths))
    return f"| {' | '.join(cells)} |"


# Numbers

def number(value, unit=""):
    """Three or four digits that mean something: 0.123, 12.3, 1,234; "–" for None."""
    if value is None:
        return "–"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}{unit}"
    return f"{value:.1f}{unit}" if abs(value) >= 10 else f"{value:.2f}{unit}"


def with_range(spread, unit=""):
    """median (lowest–highest); the median alone when there was one round."""
    return _with_range(spread, unit, number)


def ratio_with_range(spread, digits=2):
    """The same of a ratio: always as many digits after the point."""
    return _with_range(spread, "", lambda value, _="": f"{value:.{digits}f}")


def _with_range(spread, unit, text):
    if spread is None:
        return "–"
    middle = text(spread.median, unit)
    if spread.rounds == 1:
        return middle
    return f"{middle} ({text(spread.lowest)}–{text(spread.highest)})"


# Tables

def targets_table(verdicts, name):
    """what | value | ratio | target | met or missed."""
    table = Table("Targets", f"Medians of the rounds of this {name} run, and their range. "
                  "A ratio is the median of the ratios within each round.",
                  ["what", "value", "ratio", "target", "met?"])
    for one in verdicts:
        unit = one.target.unit or _unit(one.target.value.quantity)
        word = {True: "met", False: "**missed**", None: "not judged"}[one.met]
        limit = f"{one.target.relation} {number(one.target.limit, one.target.unit)}"
        table.rows.append([one.target.what, with_range(one.value, unit),
                           ratio_with_range(one.ratio, 3), limit, word])
    return table


def _unit(quantity):
    for end, unit in (("_us", " µs"), ("_ms", " ms"), ("_kib", " KiB"), ("_per_second", " /s")):
        if quantity.endswith(end):
            return unit
    return ""


# The columns of each experiment: title, quantity, what the quantity is divided by.
_PERCENTILES = [(f"{title}, µs", f"first_byte_{key}_us", 1)
                for title, key in (("p50", "p50"), ("p90", "p90"), ("p99", "p99"),
                                   ("p99.9", "p999"))]
COLUMNS = {
    "latency": _PERCENTILES + [("exec p50, µs", "exec_p50_us", 1), ("EOF p50, µs", "eof_p50_us", 1),
                               ("CPU, µs", "cpu_us", 1),
                               ("with servers, µs", "cpu_with_children_us", 1)],
    "rate": [("per second", "rate_per_second", 1), ("p50, µs", "first_byte_p50_us", 1),
             ("p99, µs", "first_byte_p99_us", 1), ("CPU, µs", "cpu_us", 1),
             ("with servers, µs", "cpu_with_children_us", 1)],
    "open": _PERCENTILES,
    "probes": [("p50, µs", "first_byte_p50_us", 1), ("exec p50, µs", "exec_p50_us", 1),
               ("per second", "rate_per_second", 1)],
    "start": [("ready, ms", "ready_ms", 1), ("PSS, MiB", "pss_kib", 1024),
              ("processes", "processes", 1)],
    "children": _PERCENTILES[:3] + [("per second", "rate_per_second", 1)],
    "reload": [("reload, ms", "reload_ms", 1), ("services not kept", "not_kept", 1),
               ("sockets replaced", "sockets_replaced", 1)],
    "idle": [("context switches", "context_switches", 1), ("processes", "processes", 1)],
    "echo": [("exchanges per second", "rate_per_second", 1)],
    "warm": [("p50, µs", "first_byte_p50_us", 1), ("p99, µs", "first_byte_p99_us", 1),
             ("EOF p50, µs", "eof_p50_us", 1), ("per second", "rate_per_second", 1),
             ("CPU with servers, µs", "cpu_with_children_us", 1)],
    "refuse": [("CPU, µs", "cpu_us", 1), ("with children, µs", "cpu_with_children_us", 1),
               ("per second", "rate_per_second", 1)],
    "flood": [("allowed p50, µs", "first_byte_p50_us", 1),
              ("p99, µs", "first_byte_p99_us", 1), ("PSS, MiB", "pss_kib", 1024)],
    "syslog": [("per second", "rate_per_second", 1), ("offered", "offered_per_second", 1),
               ("lost", "lost", 1), ("CPU, µs", "cpu_us", 1), ("PSS, MiB", "pss_kib", 1024)],
    "syslog-memory": [("RSS, MiB", "first_kib", 1024), ("in the end", "last_kib", 1024),
                      ("highest", "highest_kib", 1024)],
    "parked": [("PSS, MiB", "pss_kib", 1024), ("processes", "processes", 1)],
}
# What the columns of ratios compare with the baseline.
RATIOS = {"latency": ("first_byte_p50_us",), "rate": ("rate_per_second",),
          "open": ("first_byte_p50_us",), "probes": ("first_byte_p50_us",),
          "warm": ("first_byte_p50_us", "rate_per_second")}
RATIO_NAMES = {"first_byte_p50_us": "p50", "rate_per_second": "rate"}


def experiment_table(results, experiment):
    """The table of one experiment, or None when nothing of it was tried."""
    series = results.of(experiment.name)
    if not series:
        return None
    make = _services_table if experiment.name == "services" else _plain_table
    table = make(results, experiment)
    silent = {}
    for one in series:
        if one.why_not:
            silent.setdefault((one.contestant, one.why_not), []).append(one.case)
    table.notes = [_note(*who, cases) for who, cases in silent.items()]
    return table


def _note(contestant, reason, cases):
    known = ", ".join(case for case in cases if case)
    return f"{contestant} ({known}): {reason}" if known else f"{contestant}: {reason}"


def _plain_table(results, experiment):
    columns = COLUMNS[experiment.name]
    ratios = RATIOS.get(experiment.name, ())
    has_cases = any(results.cases(experiment.name))
    has_errors = any(any(one.rounds("errors")) for one in results.of(experiment.name))
    table = Table(experiment.name, _sentence(experiment),
                  ["contestant"] + ["case"] * has_cases + [one[0] for one in columns]
                  + ["errors"] * has_errors
                  + [f"{RATIO_NAMES[ratio]} / bare loop" for ratio in ratios])
    order = results.cases(experiment.name)
    for one in sorted(results.of(experiment.name), key=lambda one: order.index(one.case)):
        if not one.values:
            continue
        row = [one.contestant] + [one.case] * has_cases
        row += [_cell(one, quantity, scale) for _, quantity, scale in columns]
        if has_errors:
            row.append(number(sum(value or 0 for value in one.rounds("errors"))))
        for ratio in ratios:
            base = results.rounds(one.experiment, BASELINE, ratio, one.case)
            row.append(ratio_with_range(statistics.ratio(one.rounds(ratio), base)))
        table.rows.append(row)
    return table


def _sentence(experiment):
    return f"{experiment.about[:1].upper()}{experiment.about[1:]}."


def _cell(one, quantity, scale):
    middle = statistics.median(one.rounds(quantity))
    return number(None if middle is None else middle / scale)


def _services_table(results, experiment):
    sizes = results.cases("services")
    table = Table("services", _sentence(experiment) + " p50 connect→first byte, µs, by number of "
                  "services; the last column is the most against 1.",
                  ["contestant"] + sizes + ["most / 1"])
    for name in results.contestants("services"):
        rounds = [results.rounds("services", name, "first_byte_p50_us", size) for size in sizes]
        if any(rounds):
            growth = ratio_with_range(statistics.ratio(rounds[-1], rounds[0]))
            table.rows.append([name, *(number(statistics.median(one)) for one in rounds), growth])
    return table
