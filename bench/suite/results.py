# SPDX-License-Identifier: ISC
"""What was measured, as plain data: every table and plot is made from this and nothing else.

A series is one contestant in one case of one experiment: for each quantity one value per round.
A contestant that could not take part has a series too, with the reason and without values.
The unit is the end of a quantity's name: _us, _ms, _kib, _per_second; without one it is a count.
"""
import csv
import json
from dataclasses import asdict, dataclass, field

SCHEMA = 1


@dataclass
class Series:
    """One contestant in one case; see the module's text."""

    experiment: str
    contestant: str
    case: str = ""
    values: dict = field(default_factory=dict)
    why_not: str | None = None

    def rounds(self, quantity):
        """The values of this quantity, one per round; [] when it was never measured."""
        return self.values.get(quantity, [])


class Results:
    """All series, in the order of their first mention, and the facts of the run."""

    def __init__(self):
        self.facts = {}
        self._series = {}
        self.cumulative = {}  # contestant: ordered latencies in µs, for the distribution plot

    def series(self, experiment, contestant, case=""):
        """This series, made when it is new."""
        key = (experiment, contestant, case)
        if key not in self._series:
            self._series[key] = Series(*key)
        return self._series[key]

    def find(self, experiment, contestant, case=""):
        """This series, or None."""
        return self._series.get((experiment, contestant, case))

    def all(self):
        """All series."""
        return list(self._series.values())

    def of(self, experiment):
        """All series of an experiment."""
        return [one for one in self._series.values() if one.experiment == experiment]

    def cases(self, experiment):
        """The cases of an experiment, in order."""
        return list(dict.fromkeys(one.case for one in self.of(experiment)))

    def contestants(self, experiment):
        """The contestants of an experiment, in order."""
        return list(dict.fromkeys(one.contestant for one in self.of(experiment)))

    def add(self, entry, number, values):
        """Notes the quantities of one round (0 is the first)."""
        for quantity, value in values.items():
            rounds = entry.values.setdefault(quantity, [])
            rounds += [None] * (number + 1 - len(rounds))
            rounds[number] = value

    def rounds(self, experiment, contestant, quantity, case=""):
        """The values of a quantity by round, [] when there are none."""
        entry = self.find(experiment, contestant, case)
        return entry.rounds(quantity) if entry else []

    def renew(self, part):
        """Takes the experiments of a later run of the same scale in place of its own.

        ValueError when they cannot stand on one page.
        """
        for fact in ("machine", "scale"):
            if _as_read(self.facts[fact]) != _as_read(part.facts[fact]):
                raise ValueError(f"the published run has another {fact}")
        names = {one.experiment for one in part.all()}
        self._series = {key: one for key, one in self._series.items() if key[0] not in names}
        self._series |= part._series  # pylint: disable=protected-access
        self.cumulative |= part.cumulative
        origin = {name: part.facts[name] for name in ("command", "date", "cautions")}
        renewed = self.facts.setdefault("renewed", {})
        renewed.update({name: origin for name in sorted(names)})

    # Files

    def as_data(self):
        """What results.json holds."""
        return {"schema": SCHEMA, **self.facts,
                "series": [asdict(one) for one in self._series.values()]}

    def write(self, folder):
        """Writes results.json and one CSV for each experiment."""
        self.write_data(folder)
        for experiment in dict.fromkeys(one.experiment for one in self._series.values()):
            self._write_csv(folder / f"{experiment}.csv", experiment)

    def write_data(self, folder):
        """Writes results.json alone: all else can be made from it."""
        with open(folder / "results.json", "w", encoding="utf-8") as file:
            json.dump(self.as_data(), file, indent=1, ensure_ascii=False)
            file.write("\n")

    def _write_csv(self, path, experiment):
        with open(path, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("contestant", "case", "quantity", "round", "value", "why_not"))
            for one in self.of(experiment):
                if one.why_not:
                    table.writerow((one.contestant, one.case, "", "", "", one.why_not))
                for quantity, rounds in one.values.items():
                    for number, value in enumerate(rounds, 1):
                        table.writerow((one.contestant, one.case, quantity, number, value, ""))


def _as_read(fact):
    """What comes back of a fact that was written: a tuple is a list."""
    return json.loads(json.dumps(fact))


def read_results(path):
    """The Results of a results.json of this schema."""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    if data.pop("schema", None) != SCHEMA:
        raise ValueError(f"{path}: not of schema {SCHEMA}")
    results = Results()
    for one in data.pop("series"):
        entry = results.series(one["experiment"], one["contestant"], one["case"])
        entry.values, entry.why_not = one["values"], one["why_not"]
    results.facts = data
    return results
