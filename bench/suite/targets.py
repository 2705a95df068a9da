# SPDX-License-Identifier: ISC
"""The numbers that uvinetd is to reach, as data, and whether a run reached them.

A target compares one figure with a limit, or its ratio to another figure of the same run. In a
figure's case "{most}" is the largest number of services of the run, "{children}" its number of
living servers, and so on for what the run's scale says. A figure that was not measured leaves the
target unjudged. The median of the rounds is judged, or each of them where one bad round is too many.
"""
from dataclasses import dataclass, replace

from suite import statistics
from suite.experiment import BASELINE, CLONE, SMOKE, UVINETD
from suite.experiment_refusal import (BARE_REFUSAL, EIGHT_CLIENTS, FLOODED, MOST_RULES, ONE_CLIENT,
                                      QUIET, refusing)
from suite.experiment_services import LISTEN
from suite.experiment_syslog import EIGHT_SENDERS, ONE_SENDER, STEADY, SYSLOGDS, UDP, UDP_SYSLOGDS
from suite.experiment_uvinetd import BARE_ECHO
from suite.experiment_warm import SPARES, ZYGOTE, many_case
from suite.warm_programs import DYNAMIC, FTPD, LIBRARIES, PERL, PYTHON, SSHD_MAIN

MIB = 1024  # KiB


@dataclass(frozen=True)
class Figure:
    """A quantity of a contestant in a case of an experiment."""

    experiment: str
    contestant: str
    quantity: str
    case: str = ""


@dataclass(frozen=True)
class Target:
    """value (or value / base) must be at most, or at least, the limit."""

    what: str
    value: Figure
    base: Figure | None
    relation: str  # "≤" or "≥"
    limit: float
    scale: float = 1  # the value is divided by it to be shown and compared
    unit: str = ""
    is_for_each_round: bool = False  # else for the median of the rounds


@dataclass(frozen=True)
class Verdict:
    """A target as a run met it: Spreads (None: not measured); met is None when it is not judged."""

    target: Target
    value: statistics.Spread | None
    ratio: statistics.Spread | None
    met: bool | None


def _latency(contestant):
    return Figure("latency", contestant, "first_byte_p50_us")


def _rate(contestant):
    return Figure("rate", contestant, "rate_per_second")


def _services(contestant, size):
    return Figure("services", contestant, "first_byte_p50_us", size)


def _children(contestant, case):
    return Figure("children", contestant, "first_byte_p50_us", case)


def _against_bare():
    first = "p50 connect→first byte, 1 client / bare posix_spawn loop"
    rate = "rate, 8 clients / bare posix_spawn loop"
    return [
        Target(f"{first}: posix_spawn", _latency(UVINETD), _latency(BASELINE), "≤", 1.10),
        Target(f"{first}: clone", _latency(CLONE), _latency(BASELINE), "≤", 0.92),
        Target(f"{rate}: posix_spawn", _rate(UVINETD), _rate(BASELINE), "≥", 0.95),
        Target(f"{rate}: clone", _rate(CLONE), _rate(BASELINE), "≥", 1.15),
    ]


def _against_peers():
    return [Target(f"rate, 8 clients / {peer}", _rate(UVINETD), _rate(peer), "≥", limit)
            for peer, limit in (("xinetd", 1.8), ("openbsd-inetd", 1.8), ("tcpserver", 1.05))]


def _many():
    targets = []
    for name, contestant in (("posix_spawn", UVINETD), ("clone", CLONE)):
        targets += [
            Target(f"p50 with {{most}} services / with 1: {name}",
                   _services(contestant, "{most}"), _services(contestant, "1"), "≤", 1.10),
            Target(f"p50 with {{children}} living children / with none: {name}",
                   _children(contestant, "{children} live"), _children(contestant, "none"),
                   "≤", 1.15),
        ]
    for peer, limit in (("openbsd-inetd", 0.15), ("xinetd", 0.10)):
        targets.append(Target(f"p50 with {{most}} services / {peer} with as many",
                              _services(UVINETD, "{most}"), _services(peer, "{most}"), "≤", limit))
    return targets


def _life():
    ready = Figure("start", UVINETD, "ready_ms", "{most}")
    listen = Figure("start", LISTEN, "ready_ms", "{most}")
    case = "{most} services"
    return [
        Target("start to ready, {most} services / bare socket+bind+listen", ready, listen, "≤", 2),
        Target("reload of {most} services with one changed",
               Figure("reload", UVINETD, "reload_ms", case), None, "≤", 150, unit=" ms"),
        Target("sockets that this reload touches",
               Figure("reload", UVINETD, "not_kept", case), None, "≤", 1),
        Target("memory (PSS of all processes), 1 service",
               Figure("start", UVINETD, "pss_kib", "1"), None, "≤", 8, MIB, " MiB"),
        Target("memory (PSS of all processes), {most} services",
               Figure("start", UVINETD, "pss_kib", "{most}"), None, "≤", 20, MIB, " MiB"),
        Target("idle: context switches of all processes in {idle}",
               Figure("idle", UVINETD, "context_switches", "{idle}"), None, "≤", 0),
        Target("echo built-in, {connections}: rate / bare libuv echo server",
               Figure("echo", UVINETD, "rate_per_second", "{connections}"),
               Figure("echo", BARE_ECHO, "rate_per_second", "{connections}"), "≥", 0.95),
    ]


def _warm_against_bare(quantity, contestant, case, limit):
    """Warm starts of a program against the bare loop with the same one."""
    is_rate = quantity == "rate_per_second"
    spares = ", 16 spares" if contestant == SPARES else ""
    what = "rate, 8 clients" if is_rate else "p50"
    return Target(f"warm: {what} / bare posix_spawn loop: {case}{spares}",
                  Figure("warm", contestant, quantity, case),
                  Figure("warm", BASELINE, quantity, case),
                  "≥" if is_rate else "≤", limit)


def _warm():
    first, rate = "first_byte_p50_us", "rate_per_second"
    many = Figure("warm", ZYGOTE, first, many_case("{most}"))
    limits = ((first, ZYGOTE, DYNAMIC, 0.40), (first, SPARES, DYNAMIC, 0.30),
              (rate, ZYGOTE, DYNAMIC, 2.4), (first, ZYGOTE, LIBRARIES, 0.12),
              (first, SPARES, LIBRARIES, 0.06), (rate, ZYGOTE, LIBRARIES, 3.8),
              (first, ZYGOTE, FTPD, 0.32), (first, ZYGOTE, SSHD_MAIN, 0.45),
              (first, ZYGOTE, PYTHON, 0.08), (rate, ZYGOTE, PYTHON, 3.0),
              (first, ZYGOTE, PERL, 0.06))
    targets = [_warm_against_bare(*one) for one in limits]
    targets.append(Target("warm: p50 with {most} services / with 1", many,
                          Figure("warm", ZYGOTE, first, DYNAMIC), "≤", 1.10))
    for what, contestant, limit in (("alone", ZYGOTE, 0.5), ("with 16 spares", SPARES, 0.8)):
        targets.append(Target(f"memory (PSS) of a parked dynamic probe, {what}",
                              Figure("parked", contestant, "pss_kib", DYNAMIC), None, "≤", limit,
                              MIB, " MiB"))
    return targets


def _refusal():
    targets = []
    for case in (ONE_CLIENT, EIGHT_CLIENTS):
        one = Figure("refuse", refusing(1), "cpu_us", case)
        targets += [
            Target(f"CPU per refused connection / bare accept+close: {case}", one,
                   Figure("refuse", BARE_REFUSAL, "cpu_us", case), "≤", 1.3),
            Target(f"the same with {MOST_RULES:,} rules / with 1: {case}",
                   Figure("refuse", refusing(MOST_RULES), "cpu_us", case), one, "≤", 1.1)]

    def flood(quantity, case):
        return Figure("flood", UVINETD, quantity, case)

    return targets + [
        Target("memory (PSS of all processes) after a flood of {flood} refused / before",
               flood("pss_kib", FLOODED), flood("pss_kib", QUIET), "≤", 1.02),
        Target("p99 of an allowed client during it / before",
               flood("first_byte_p99_us", FLOODED), flood("first_byte_p99_us", QUIET), "≤", 3)]


def _syslog():
    ours, *peers = SYSLOGDS
    rivals = [(case, peer) for case in (ONE_SENDER, EIGHT_SENDERS) for peer in peers]
    rivals += [(UDP, peer) for peer in UDP_SYSLOGDS if peer != ours]
    targets = [Target(f"syslog, {case}: messages a second / {peer}",
                      Figure("syslog", ours, "rate_per_second", case),
                      Figure("syslog", peer, "rate_per_second", case), "≥", 1)
               for case, peer in rivals]

    def memory(quantity):
        return Figure("syslog-memory", ours, quantity, "{messages}")

    return targets + [
        Target(f"syslog, {STEADY}: lost in any round", Figure("syslog", ours, "lost", STEADY), None,
               "≤", 0, is_for_each_round=True),
        Target("syslog: memory (RSS) after {messages} / after a tenth of them",
               memory("last_kib"), memory("first_kib"), "≤", 1.05)]


def all_targets():
    """Every target, in the order of the table."""
    return (_against_bare() + _against_peers() + _many() + _life() + _warm() + _refusal()
            + _syslog())


def judge_all(results):
    """A Verdict for each target; names and cases are those of the run's scale."""
    return [judge(results, one) for one in all_targets()]


def judge(results, target):
    """Its Verdict."""
    target = _fitted(target, results)
    values = [value / target.scale if value is not None else None
              for value in _rounds(results, target.value)]
    ratio = statistics.ratio(values, _rounds(results, target.base)) if target.base else None
    value = statistics.spread(values)
    judged = ratio if target.base else value
    met = None
    if judged is not None and results.facts["scale"]["name"] != SMOKE.name:
        met = _is_met(target, judged)
    return Verdict(target, value, ratio, met)


def _is_met(target, judged):
    if target.relation == "≤":
        return (judged.highest if target.is_for_each_round else judged.median) <= target.limit
    return (judged.lowest if target.is_for_each_round else judged.median) >= target.limit


def _rounds(results, figure):
    return results.rounds(figure.experiment, figure.contestant, figure.quantity, figure.case)


def _fitted(target, results):
    scale = results.facts["scale"]
    words = {"most": f"{scale['sizes'][-1]:,}", "children": f"{scale['children']:,}",
             "idle": f"{scale['idle_seconds']:g} s",
             "flood": f"{scale.get('flood', 0):,}",
             "messages": next(iter(results.cases("syslog-memory")), "all messages"),
             "connections": f"{scale['echo_clients']:,} connections"}

    def figure(one):
        return one and Figure(one.experiment, one.contestant, one.quantity,
                              one.case.format(**words))

    return replace(target, what=target.what.format(**words), value=figure(target.value),
                   base=figure(target.base))
