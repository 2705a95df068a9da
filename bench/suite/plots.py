# SPDX-License-Identifier: ISC
"""Results as plots by gnuplot: SVG and PNG of each, next to the data that they were made from.

A contestant looks the same in every plot. uvinetd is thick; the colours are those of Okabe and Ito,
which people with a colour vision deficiency can tell apart, and dashes and points say it again.
"""
import shutil
import subprocess

from suite import statistics
from suite.experiment import BASELINE, CLONE, UVINETD

_POINTS = 400  # of a distribution's curve
_TERMINALS = {
    "svg": 'set terminal svg size 960,{height} noenhanced font "sans-serif,14" background "white"',
    "png": 'set terminal pngcairo size 1440,{high} noenhanced font "DejaVu Sans,12" fontscale 1.25',
}
_THICK = {UVINETD: ("#0072B2", 1, 7), CLONE: ("#D55E00", 1, 5), BASELINE: ("#000000", 2, 4)}
_THIN = [("#009E73", 1, 9), ("#CC79A7", 1, 11), ("#E69F00", 1, 13), ("#56B4E9", 1, 6),
         ("#777777", 4, 8), ("#009E73", 3, 10), ("#CC79A7", 3, 12), ("#E69F00", 3, 14),
         ("#56B4E9", 3, 4), ("#777777", 5, 2), ("#444444", 3, 1)]


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
                self._bars("cpu", "latency", "cpu_us", "superserver's own CPU time per "
                           "connection, µs, 1 client")]
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
            "set logscale x", 'set xlabel "connect to first byte, µs, 1 client"',
            'set ylabel "connections answered by then, %"', "set yrange [0:100]",
            "set key outside right"], "lines")

    def _services(self):
        """Latency against the number of services."""
        curves = []
        for name in self._results.contestants("services"):
            points = []
            for size in self._results.cases("services"):
                middle = statistics.median(self._results.rounds(
                    "services", name, "first_byte_p50_us", size))
                if size and middle is not None:
                    points.append((int(size), middle))
            if len(points) > 1:
                curves.append((name, points))
        sizes = sorted(int(size) for size in self._results.cases("services") if size)
        tics = ", ".join(f'"{size:,}" {size}' for size in sizes)
        return self._curves("services", curves, [
            "set logscale xy", 'set xlabel "services configured"', f"set xtics ({tics})",
            f"set xrange [{0.8 * sizes[0]}:{1.25 * sizes[-1]}]" if sizes else "",
            'set ylabel "median connect to first byte, µs, 1 client"',
            "set key outside right"], "linespoints")

    def _curves(self, name, curves, settings, way):
        if not curves:
            return None
        lines, plots = [], []
        for place, (contestant, points) in enumerate(curves):
            colour, dash, point = self._styles[contestant]
            width = 3.5 if contestant in (UVINETD, CLONE) else 2.5 if contestant == BASELINE else 1.5
            shape = f" pointtype {point} pointsize 0.8" if way == "linespoints" else ""
            plots.append(f'"{name}.dat" index {place} with {way} linecolor rgb "{colour}" '
                         f'dashtype {dash} linewidth {width}{shape} title "{contestant}"')
            lines += [f"# {contestant}", *(f"{x:g} {y:g}" for x, y in points), "", ""]
        script = settings + ["set grid linecolor rgb '#dddddd'", f"plot {', '.join(plots)}"]
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
        lines = [f'"{contestant}" {middle:g} {int(self._bar_colour(contestant)[1:], 16)}'
                 for middle, contestant in found]
        script = [
            "unset key", f'set xlabel "{title}"', f"set xrange [0:{1.15 * found[-1][0]:g}]",
            f"set yrange [-0.6:{len(found) - 0.4:g}]", "set style fill solid 1 noborder",
            "set grid xtics linecolor rgb '#dddddd'", "set ytics scale 0", "set format x \"%'.0f\"",
            f'plot "{name}.dat" using 2:0:(0):2:($0-0.36):($0+0.36):3:ytic(1) '
            "with boxxyerror linecolor rgb variable, "
            f'"" using 2:0:(sprintf(" %\'.0f", $2)) with labels left offset 0.3,0']
        return self._draw(name, "\n".join(lines), script, 110 + 32 * len(found))

    @staticmethod
    def _bar_colour(contestant):
        if contestant in (UVINETD, CLONE):
            return _THICK[contestant][0]
        return "#555555" if contestant.startswith("bare") else "#B0B8C0"

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
