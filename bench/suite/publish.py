# SPDX-License-Identifier: ISC
"""The report of a run, and its place in the tree: generated text between markers, never by hand."""
import shutil

from suite.tables import Table, experiment_table, targets_table

BEGIN, END = "<!-- bench/run: begin -->", "<!-- bench/run: end -->"
PLOTS = {"latency": "Latency by superserver, 1 client", "rate": "Rate by superserver, 8 clients",
         "services": "Latency by number of services",
         "cpu": "CPU time per connection, superserver and tiny server together",
         "warm": "Latency of warm starts by program, 1 client"}


def report(results, experiments, verdicts, plots=(), plot_folder="results"):
    """All tables (and plots) of a run as Markdown."""
    facts = results.facts
    parts = [_origin(facts), targets_table(verdicts, facts["scale"]["name"]).markdown()]
    parts += [f"![{PLOTS[name]}]({plot_folder}/{name}.svg)\n" for name in plots]
    for experiment in experiments:
        if table := experiment_table(results, experiment):
            parts.append(table.markdown())
    parts.append(_facts_table("machine", facts["machine"]).markdown())
    parts.append(_facts_table("contestant", facts["contestants"]).markdown())
    return "\n".join(parts)


def _origin(facts):
    lines = [f"`{facts['command']}` on {facts['date']}, {facts['scale']['rounds']} rounds."]
    lines += [f"Caution: {text}." for text in facts["cautions"]]
    return "\n".join(lines + _renewed(facts)) + "\n"


def _renewed(facts):
    """A sentence for each later run that a part of the page is of, and its cautions."""
    runs = {}
    for name, origin in facts.get("renewed", {}).items():
        runs.setdefault((origin["command"], origin["date"], *origin["cautions"]), []).append(name)
    lines = []
    for (command, date, *cautions), names in runs.items():
        lines.append(f"Of a later run, `{command}` on {date}: {', '.join(names)}.")
        lines += [f"Caution: {text}." for text in cautions]
    return lines


def _facts_table(name, facts):
    return Table(name, "", [name, "is"], [[one, text] for one, text in facts.items()])


def publish(results, experiments, verdicts, made, top):
    """Puts a full run, or one whose parts are renewed, into bench/results and both README.md.

    `made`: the folder with the newest plots. Those of parts that are not renewed stay.
    """
    kept = top / "bench" / "results"
    kept.mkdir(exist_ok=True)
    if "renewed" not in results.facts:
        for file in sorted(kept.iterdir()):
            file.unlink()
    for file in sorted(made.iterdir()):
        if file.suffix in (".svg", ".png"):
            shutil.copy(file, kept / file.name)
    results.write_data(kept)
    plots = [name for name in PLOTS if (kept / f"{name}.svg").exists()]
    replace_between(top / "bench" / "README.md", report(results, experiments, verdicts, plots))
    replace_between(top / "README.md", _summary(results, verdicts, plots))


def _summary(results, verdicts, plots):
    """The performance section of the front page."""
    facts = results.facts
    where = facts["machine"]
    parts = [f"`{facts['command']}` measured this on {facts['date']} ({where['processor']}; "
             f"{where['kernel']}), the median of {facts['scale']['rounds']} rounds. The whole "
             "of it, with every peer's version, is in [bench/README.md](bench/README.md).\n",
             *[line + "\n" for line in _renewed(facts)],
             targets_table(verdicts, facts["scale"]["name"]).markdown()]
    parts += [f"![{PLOTS[name]}](bench/results/{name}.svg)\n" for name in ("services", "rate", "warm")
              if name in plots]
    return "\n".join(parts)


def replace_between(path, text):
    """Puts the text between the markers of a file; ValueError when it has none."""
    old = path.read_text(encoding="utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(BEGIN) > old.index(END):
        raise ValueError(f"{path}: not one pair of markers {BEGIN} {END}")
    head, tail = old[:old.index(BEGIN)], old[old.index(END):]
    path.write_text(f"{head}{BEGIN}\n\n{text.strip()}\n\n{tail}", encoding="utf-8")
