# SPDX-License-Identifier: ISC
"""Results as plots by gnuplot: SVG and PNG of each, next to the data that they were made from.

A contestant looks the same in every plot. uvinetd is thick; the colours are those of Okabe and Ito,
which people with a colour vision deficiency can tell apart, and dashes and points say it again.
"""
import math
import shutil
import subprocess

from suite import statistics
from suite.experiment import BASELINE, CLONE, UVINETD
from suite.experiment_warm import EXEC, SPARES, ZYGOTE

_POINTS = 400  # of a distribution's curve
_GRID = "set grid linetype 1 linewidth 1 linecolor rgb '#e0e0e0'"
_TIMES = ", ".join(f'"{text}" {place:g}' for text, place in (
    ("10 µs", 10), ("100 µs", 100), ("1 ms", 1e3), ("10 ms", 1e4), ("100 ms", 1e5), ("1 s", 1e6)))
_TERMINALS = {
    "svg": 'set terminal svg size 960,{height} noenhanced font "sans-serif,14" background "white"',
    "png": 'set terminal pngcairo size 1440,{high} noenhanced font "DejaVu Sans,12" fontscale 1.25',
}
_THICK = {UVINETD: ("#0072B2", 1, 7), CLONE: ("#D55E00", 1, 5), BASELINE: ("#000000", 2, 4)}
_THIN = [("#009E73", 1, 9), ("#CC79A7", 1, 11), ("#E69F00", 1, 13), ("#56B4E9", 1, 6),
         ("#777777", 1, 8)]
_THIN += [(colour, "(7,3)", point + 1) for colour, _, point in _THIN]
_THIN += [(colour, "(2,3)", point + 2) for colour, _, point in _THIN[:5]]

# By exec the lighter, warm the darker.
_WARM = {BASELINE: "#555555", EXEC: "#B0B8C0", ZYGOTE: "#0072B2", SPARES: "#009E73"}


def _count(case):
    return int(case.replace(",", ""))


class Plotter:
    """Makes the plots of a run in a folder."""

    def __init__(self, results, folder):
        self._results = results
        self._folder = folder
        names = dict.fromkeys(one.contestant for experiment in ("latency", "rate", "services")
                              for one in results.of(experiment))
        others = [name for name in names if name not in _THICK]
        self._styles = dict(_THICK) | {
            name: _THIN[place % len(_THIN)] for place, name in enumerate(others)}

    def plot_all(self):
        """Every plot that there are results for; the names, or none without gnuplot."""
        if not shutil.which("gnuplot"):
            return []
        made = [self._distribution(), self._bars("rate", "rate", "rate_per_second",
                                                 "servers started per second, 8 clients"),
                self._services(),
                self._bars("cpu", "latency", "cpu_with_children_us", "CPU time per connection, "
                           "superserver and tiny server together, µs, 1 client"),
                self._warm()]
        return [name for name in made if name]

    def _distribution(self):
        """The part of the connections that had their first byte by a time."""
        curves = []
        for name in self._results.contestants("latency"):
            ordered = sorted(self._results.cumulative.get(name, ()))
            if ordered:
                steps = [place / _POINTS for place in range(_POINTS)]
                curves.append((name, [(statistics.quantile(ordered, step), 100 * step)
                                      for step in steps]))
        return self._curves("latency", curves, [
            "set logscale x", f"set xtics ({_TIMES})", _range("x", curves, 0),
            'set xlabel "connect to first byte, 1 client"', "set yrange [0:100]",
            'set ylabel "connections answered by then, %"'], "lines")

    def _services(self):
        """Latency against the number of services."""
        curves = []
        for name in self._results.contestants("services"):
            points = []
            for size in self._results.cases("services"):
                middle = statistics.median(self._results.rounds(
                    "services", name, "first_byte_p50_us", size))
                if middle is not None:
                    points.append((_count(size), middle))
            if len(points) > 1:
                curves.append((name, points))
        sizes = [_count(size) for size in self._results.cases("services")]
        tics = ", ".join(f'"{size:,}" {size}' for size in sizes)
        return self._curves("services", curves, [
            "set logscale xy", 'set xlabel "services configured"', f"set xtics ({tics})",
            f"set xrange [{0.8 * sizes[0]}:{1.25 * sizes[-1]}]" if sizes else "",
            f"set ytics ({_TIMES})", _range("y", curves, 1),
            'set ylabel "median connect to first byte, 1 client"'], "linespoints")

    def _curves(self, name, curves, settings, way):
        if not curves:
            return None
        lines, plots = [], []
        for place, (contestant, points) in enumerate(curves):
            colour, dash, point = self._styles[contestant]
            width = 3.5 if contestant in (UVINETD, CLONE) else 2.5 if contestant == BASELINE else 2
            shape = f" pointtype {point} pointsize 0.8" if way == "linespoints" else ""
            plots.append(f'"{name}.dat" index {place} with {way} linecolor rgb "{colour}" '
                         f'dashtype {dash} linewidth {width}{shape} title "{contestant}"')
            lines += [f"# {contestant}", *(f"{x:g} {y:g}" for x, y in points), "", ""]
        script = [*settings, _GRID, "set key outside right Left reverse",
                  f"plot {', '.join(plots)}"]
        return self._draw(name, "\n".join(lines), script, 560)

    def _bars(self, name, experiment, quantity, title):
        """One bar for each contestant, the longest on top."""
        found = []
        for contestant in self._results.contestants(experiment):
            middle = statistics.median(self._results.rounds(experiment, contestant, quantity))
            if middle is not None:
                found.append((middle, contestant))
        if not found:
            return None
        found.sort()
        lines = [f'"{contestant}" {middle} {int(_bar_colour(contestant)[1:], 16)} "{middle:,.0f}"'
                 for middle, contestant in found]
        script = [
            "unset key", f'set xlabel "{title}"', f"set xrange [0:{1.15 * found[-1][0]:g}]",
            f"set yrange [-0.6:{len(found) - 0.4:g}]", "set style fill solid 1 noborder",
            _GRID, "set grid noytics", "set ytics scale 0", f"set xtics ({_tics(found[-1][0])})",
            f'plot "{name}.dat" using 2:0:(0):2:($0-0.36):($0+0.36):3:ytic(1) '
            "with boxxyerror linecolor rgb variable, "
            '"" using 2:0:4 with labels left offset 0.8,0']
        return self._draw(name, "\n".join(lines), script, 110 + 32 * len(found))

    def _warm(self):
        """A group of bars for each program that was started warm, a bar for each way."""
        names = [name for name in self._results.contestants("warm") if name in _WARM]
        lines = []
        for case in self._results.cases("warm"):
            middles = [statistics.median(self._results.rounds("warm", name, "first_byte_p50_us",
                                                              case)) for name in names]
            if len([one for one in middles if one is not None]) > 1:
                lines.append(" ".join([f'"{case.replace(", ", "~")}"',
                                       *("NaN" if one is None else f"{one:g}" for one in middles)]))
        if not lines:
            return None
        lines = [line.replace("~", r"\n") for line in lines]
        bars = ", ".join(
            f'"warm.dat" using {place + 2}{":xtic(1)" if place == 0 else ""} '
            f'linecolor rgb "{_WARM[name]}" title "{name}"' for place, name in enumerate(names))
        script = ["set style data histograms", "set style histogram clustered gap 1",
                  "set style fill solid 1 noborder", "set logscale y", f"set ytics ({_TIMES})",
                  "set yrange [50:*]", 'set ylabel "median connect to first byte, 1 client"',
                  _GRID, "set grid noxtics", "set xtics scale 0", "set bmargin 3",
                  "set key outside top center horizontal", f"plot {bars}"]
        return self._draw("warm", "\n".join(lines), script, 480)

    def _draw(self, name, data, script, height):
        (self._folder / f"{name}.dat").write_text(data + "\n", encoding="utf-8")
        for kind, terminal in _TERMINALS.items():
            text = "\n".join(['set encoding utf8', "set border 3", "set tics nomirror",
                              terminal.format(height=height, high=int(1.5 * height)),
                              f'set output "{name}.{kind}"', *script, ""])
            done = subprocess.run(["gnuplot", "-"], input=text, text=True, cwd=self._folder,
                                  capture_output=True, check=False,
                                  env={"LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"})
            if done.returncode:
                raise OSError(f"gnuplot: {done.stderr.strip()}")
        return name


def _range(axis, curves, place):
    """A little more than the values need."""
    values = [point[place] for _, points in curves for point in points]
    return f"set {axis}range [{0.7 * min(values):g}:{1.4 * max(values):g}]" if values else ""


def _bar_colour(contestant):
    if contestant in (UVINETD, CLONE):
        return _THICK[contestant][0]
    return "#555555" if contestant.startswith("bare") else "#B0B8C0"


def _tics(longest):
    """Four to ten round numbers up to the longest bar."""
    step = 10 ** math.floor(math.log10(longest))
    step = step if longest >= 4 * step else step / 2 if longest >= 2 * step else step / 5
    return ", ".join(f'"{place * step:,.0f}" {place * step:g}'
                     for place in range(int(1.15 * longest / step) + 1))
