# SPDX-License-Identifier: ISC
"""The command line of bench/run, and its steps in order."""
import argparse
import dataclasses
import datetime
import os
import shlex
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from suite import build, machine, publish, unpack
from suite.experiment import CLONE, FULL, QUICK, SMOKE, Session
from suite.experiment_load import Latency, Open, Probes, Rate
from suite.experiment_refusal import Flood, Refuse
from suite.experiment_services import Reload, Services, Start
from suite.experiment_syslog import Syslog, SyslogMemory
from suite.experiment_uvinetd import Children, Echo, Idle
from suite.experiment_warm import Parked, Warm
from suite.peer_syslog import all_syslogds
from suite.peer_warm import warm_uvinetds
from suite.peers import all_superservers, bare_echo
from suite.plots import Plotter
from suite.results import Results, read_results
from suite.targets import judge_all

EXPERIMENTS = (Latency(), Rate(), Open(), Services(), Start(), Children(), Reload(), Idle(), Echo(),
               Probes(), Warm(), Parked(), Refuse(), Flood(), Syslog(), SyslogMemory())
SMOKE_EXPERIMENTS = ("latency", "rate", "services", "start", "reload", "echo", "warm", "refuse",
                     "flood", "syslog", "syslog-memory")


def main(text):
    """Returns the exit status."""
    options = _parse(text)
    if options.list:
        for one in EXPERIMENTS:
            print(f"{one.name:10} {one.about}")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return _run(options)
    except build.BuildFailed as error:
        print(f"bench/run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench/run: interrupted; everything is stopped", file=sys.stderr)
        return 130


def _parse(text):
    parser = argparse.ArgumentParser(prog="bench/run", description=text,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_true", help="two minutes in all")
    form.add_argument("--smoke", action="store_true",
                      help="seconds: does everything run? Figures mean nothing, no peer is fetched")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these experiments",
                        choices=[one.name for one in EXPERIMENTS])
    parser.add_argument("--rounds", type=int, metavar="N", help="instead of 5, or 3 with --quick")
    parser.add_argument("--long", action="store_true",
                        help="10,000,000 messages for the memory of the syslog service")
    parser.add_argument("--build", type=Path, metavar="DIR",
                        help="measure the programs of this build; nothing is built")
    parser.add_argument("--publish", action="store_true",
                        help="copy tables and plots into bench/ and README.md; with --only, in "
                        "place of those of the published run")
    parser.add_argument("--list", action="store_true", help="name the experiments and exit")
    options = parser.parse_args()
    if options.publish and (options.quick or options.smoke):
        parser.error("only a full run is published")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds: at least 1")
    return options


def _run(options):
    folder = (options.build or build.TOP / "build" / "bench").resolve()
    if not options.build:
        build.build_all(folder)
    machine.raise_open_files()
    results = Results()
    chosen = _measure(options, folder, results)
    made = folder / "results"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    results.write(made)
    verdicts = judge_all(results)
    plots = Plotter(results, made).plot_all()
    (made / "report.md").write_text(publish.report(results, chosen, verdicts, plots, "."),
                                    encoding="utf-8")
    print(publish.report(results, chosen, verdicts))
    print(f"Tables, data and plots are in {os.path.relpath(made)}")
    if options.publish:
        try:
            _publish(options, results, made)
        except (OSError, ValueError) as error:
            print(f"bench/run: not published: {error}", file=sys.stderr)
            return 1
    return _status(options, results)


def _publish(options, results, made):
    whole = results
    if options.only:
        whole = read_results(build.TOP / "bench" / "results" / "results.json")
        whole.renew(results)
    experiments = [one for one in EXPERIMENTS if whole.of(one.name)]
    publish.publish(whole, experiments, judge_all(whole), made, build.TOP)


def _measure(options, folder, results):
    """Runs the chosen experiments, and returns them."""
    scale = _scale(options)
    unpacked = folder / "peers" / "root" if options.smoke else unpack.unpack(folder)
    superservers = all_superservers(folder, unpacked)
    syslogds = all_syslogds(folder, None if options.smoke else unpacked)
    if options.smoke:  # a build for any Unix may have none
        syslogds = [one for one in syslogds if not one.why_not()]
    others = [bare_echo(folder), *warm_uvinetds(folder), *syslogds]
    if options.smoke:  # of this build, and no clone or zygote where the system has none
        superservers = [one for one in superservers[:4] if one.name != CLONE or not one.why_not()]
        others = [one for one in others if not (getattr(one, "is_warm", False) and one.why_not())]
    chosen = [one for one in EXPERIMENTS if one.name in (options.only or _default(options))]
    results.facts = _facts(scale, [*superservers, *syslogds])
    with tempfile.TemporaryDirectory(prefix="uvinetd-bench-") as work:
        os.chmod(work, 0o755)
        session = Session(folder, superservers, others, scale, results, work)
        session.is_long = options.long
        for one in chosen:
            one.run(session)
        session.say("")
    return chosen


def _default(options):
    return SMOKE_EXPERIMENTS if options.smoke else [one.name for one in EXPERIMENTS]


def _scale(options):
    scale = SMOKE if options.smoke else QUICK if options.quick else FULL
    return dataclasses.replace(scale, rounds=options.rounds) if options.rounds else scale


def _facts(scale, superservers):
    return {"command": shlex.join(["bench/run", *sys.argv[1:]]),
            "date": datetime.date.today().isoformat(),
            "scale": dataclasses.asdict(scale),
            "machine": machine.facts(),
            "cautions": machine.cautions(),
            "contestants": {one.name: _told_of(one) for one in superservers},
            "seconds": {}}


def _told_of(server):
    text = server.why_not() or server.version()
    return f"{text}; it {server.note}" if getattr(server, "note", "") else text


def _status(options, results):
    """A smoke run fails when anything could not be measured; others report what there is."""
    reasons = [f"{one.experiment}: {one.contestant} {one.case}: {one.why_not}"
               for one in results.all() if one.why_not]
    if options.smoke and reasons:
        print("\n".join(["not measured:", *reasons]), file=sys.stderr)
        return 1
    return 0
