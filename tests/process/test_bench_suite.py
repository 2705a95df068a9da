# SPDX-License-Identifier: ISC
"""What bench/run makes of its measurements: ratios within rounds, reasons, verdicts, tables."""
import dataclasses
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from harness.surroundings import temporary_folder

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

# pylint: disable=wrong-import-position,missing-function-docstring
from suite import publish, statistics, tables, targets  # noqa: E402
from suite.experiment import (BASELINE, FULL, QUICK, SMOKE, Arena, Cannot,  # noqa: E402
                              Experiment, Session)
from suite.experiment_load import Latency  # noqa: E402
from suite import peer_warm, procfs, warm_programs  # noqa: E402
from suite.peer_warm import UvinetdToml  # noqa: E402
from suite.peers import PeerFailed, Service  # noqa: E402
from suite.results import Results, read_results  # noqa: E402


class FakeServer:
    """A superserver that is never started."""

    most_services = 1

    def __init__(self, name, reason=None):
        self.name = name
        self._reason = reason

    def why_not(self):
        """As asked for."""
        return self._reason

    def start(self, _services, _directory):
        """Never works."""
        raise PeerFailed(f"{self.name} said: no")


class FakeExperiment(Experiment):
    """Measures the order in which entries are asked."""

    name = "fake"

    def __init__(self, order):
        self.order = order

    def prepare(self, arena):
        return arena.entries(lambda server: lambda: self._measure(server))

    def _measure(self, server):
        self.order.append(server.name)
        if server.name == "b" and len(self.order) == 1 + 3:
            raise Cannot("tired")
        return {"rate_per_second": len(self.order)}


def session(*servers, scale=QUICK):
    """A session of these superservers."""
    results = Results()
    results.facts = {"scale": dataclasses.asdict(scale), "seconds": {}}
    made = Session(temporary_folder(), servers, [], scale, results, temporary_folder())
    made.say = lambda text: None
    return made


def measured(scale=FULL, **contestants):
    """Results of the latency experiment: p50 by round for uvinetd and the baseline."""
    results = session(scale=scale).results
    for name, rounds in contestants.items():
        series = results.series("latency", {"base": BASELINE}.get(name, name))
        for number, value in enumerate(rounds):
            results.add(series, number, {"first_byte_p50_us": value})
    return results


def first_verdict(results):
    """Of uvinetd's latency against the bare loop."""
    return targets.judge_all(results)[0]


class Statistics(unittest.TestCase):
    """Medians and ratios."""

    def test_a_ratio_is_taken_within_each_round(self):
        found = statistics.ratio([10, 200, 30], [10, 100, 10])
        self.assertEqual((found.median, found.lowest, found.highest), (2, 1, 3))

    def test_a_round_that_one_side_missed_takes_no_part(self):
        self.assertEqual(statistics.ratio([10, None, 40], [10, 10]).rounds, 1)
        self.assertIsNone(statistics.ratio([None], [10]))
        self.assertIsNone(statistics.ratio([1], [0]))

    def test_the_median_of_an_even_number_is_between_the_middle_two(self):
        self.assertEqual(statistics.median([4, 1, None, 2, 3]), 2.5)
        self.assertIsNone(statistics.median([None]))


class Rounds(unittest.TestCase):
    """How contestants take turns, and what becomes of those that cannot."""

    def test_each_round_starts_with_another_contestant(self):
        order = []
        FakeExperiment(order).run(session(*map(FakeServer, "abc")))
        self.assertEqual("".join(order), "abc" "bca" "cab")

    def test_a_contestant_that_fails_once_keeps_its_other_rounds_and_its_reason(self):
        one = session(*map(FakeServer, "abc"))
        FakeExperiment([]).run(one)
        series = one.results.find("fake", "b")
        self.assertEqual(series.rounds("rate_per_second"), [2, None, 9])
        self.assertEqual(series.why_not, "round 2: tired")

    def test_a_missing_peer_is_listed_with_its_reason(self):
        one = session(FakeServer("a"), FakeServer("lost", "no package"))
        FakeExperiment([]).run(one)
        self.assertEqual(one.results.find("fake", "lost").why_not, "no package")

    def test_a_peer_that_does_not_start_is_a_note_below_the_table(self):
        one = session(FakeServer("broken"))
        Latency().run(one)
        text = tables.experiment_table(one.results, Latency()).markdown()
        self.assertIn("- broken: broken said: no", text)

    def test_too_many_services_are_a_reason(self):
        with Arena(session(), "x") as arena, self.assertRaisesRegex(Cannot, "at most 1 service$"):
            arena.stand(FakeServer("one"), count=2)


class Targets(unittest.TestCase):
    """Met, missed, or not judged."""

    def test_a_ratio_at_its_limit_is_met_and_above_it_missed(self):
        self.assertIs(first_verdict(measured(uvinetd=[110, 90], base=[100, 100])).met, True)
        self.assertIs(first_verdict(measured(uvinetd=[111, 112], base=[100, 100])).met, False)

    def test_without_a_baseline_nothing_is_judged(self):
        self.assertIsNone(first_verdict(measured(uvinetd=[100])).met)

    def test_a_smoke_run_is_not_judged(self):
        self.assertIsNone(first_verdict(measured(SMOKE, uvinetd=[100], base=[100])).met)

    def test_where_each_round_counts_one_bad_round_is_too_many(self):
        target = targets.Target("lost", targets.Figure("syslog", "uvinetd-syslogd", "lost"), None,
                                "≤", 0, is_for_each_round=True)
        for lost, met in (([0, 0, 1], False), ([0, None, 0], True), ([None], None)):
            results = measured()
            for number, value in enumerate(lost):
                results.add(results.series("syslog", "uvinetd-syslogd"), number, {"lost": value})
            self.assertIs(targets.judge(results, target).met, met)

    def test_the_memory_of_the_syslog_service_is_judged_for_as_many_messages_as_there_were(self):
        for first, met in ((1000, True), (900, False)):
            results = measured()
            results.add(results.series("syslog-memory", "uvinetd-syslogd", "1,000 messages"), 0,
                        {"first_kib": first, "last_kib": 1050})
            verdict = next(one for one in targets.judge_all(results)
                           if one.target.value.experiment == "syslog-memory")
            self.assertIs(verdict.met, met)
            self.assertIn("after 1,000 messages", verdict.target.what)

    def test_every_target_names_a_case_of_each_scale(self):
        for scale in (FULL, QUICK, SMOKE):
            for verdict in targets.judge_all(measured(scale)):
                self.assertNotIn("{", verdict.target.what + verdict.target.value.case)


class FakeRunning:
    """A daemon that has said this and has these processes; its first is the process of a test."""

    def __init__(self, log=""):
        self.pid = os.getpid()
        self._log = log

    def log(self):
        """As given."""
        return self._log


class WarmStarts(unittest.TestCase):
    """No figure of a zygote without a zygote."""

    def test_without_a_parked_process_there_is_a_reason(self):
        with self.assertRaisesRegex(PeerFailed, "0 of 17 processes are parked"):
            peer_warm.check_parked(FakeRunning(), 17)
        with self.assertRaisesRegex(PeerFailed, "0 of 1 processes are parked"):
            peer_warm.wait_until_parked(FakeRunning(), 1, deadline=0.1)

    def test_what_the_daemon_says_of_it_is_the_reason(self):
        running = FakeRunning("uvinetd[7]: ready\nuvinetd[7]: warning: zygote id=s1 "
                              "reason=it has 3 threads\nuvinetd[7]: more\n")
        for check in (peer_warm.check_parked, peer_warm.wait_until_parked):
            with self.assertRaisesRegex(PeerFailed, "warm: it has 3 threads$"):
                check(running, 1)

    def test_children_of_a_launcher_that_are_not_ours_are_parked(self):
        folder = Path(temporary_folder())
        shell = (f"cp /bin/sleep {folder}/server; cp /bin/sleep {folder}/uvi-reactor; "
                 f"printf uvi-launcher >/proc/$$/comm; {folder}/uvi-reactor 60 & "
                 f"{folder}/server 60 & {folder}/server 60 & wait")
        with subprocess.Popen(["/bin/sh", "-c", shell], start_new_session=True) as launcher:
            try:
                found = peer_warm.wait_until_parked(FakeRunning(), 2)
                self.assertEqual({procfs.comm(pid) for pid in found}, {"server"})
            finally:
                os.killpg(launcher.pid, signal.SIGKILL)

    def test_a_process_that_waits_before_its_main_has_not_reached_its_first_io(self):
        with subprocess.Popen(["/bin/sleep", "60"]) as other:
            for program in warm_programs.ALL:
                self.assertFalse(warm_programs.has_reached_io(program, other.pid), program.case)
            other.kill()
        program = dataclasses.replace(warm_programs.ALL[0], maps="/libc")
        self.assertTrue(warm_programs.has_reached_io(program, os.getpid()))

    def test_only_services_that_name_a_way_to_park_are_warm(self):
        folder = temporary_folder()
        services = [Service("127.0.0.1", 7, "/bin/a", ("/bin/a", '"x"'), park="io"),
                    Service("127.0.0.1", 8, "/bin/a", ("b",))]
        for start, expected in (("exec", 0), ("zygote", 1)):
            server = UvinetdToml(folder, start, 16)
            text = server.configure(services, folder).read_text(encoding="utf-8")
            self.assertEqual(text.count('start = "zygote"\npark = "io"\nspares = 16\n'), expected)
            self.assertIn('exec = ["/bin/a", "\\"x\\""]', text)
            self.assertEqual(text.count('argv0 = "b"'), 1)


class Files(unittest.TestCase):
    """What is written."""

    def test_results_are_the_same_when_read_again(self):
        folder = Path(temporary_folder())
        results = measured(uvinetd=[1.5, None], base=[1])
        results.series("latency", "lost").why_not = "no package"
        results.write(folder)
        again = read_results(folder / "results.json")
        self.assertEqual(again.all(), results.all())
        self.assertIn("lost,,,,,no package", (folder / "latency.csv").read_text())

    def test_an_experiment_of_a_later_run_takes_the_place_of_the_published_one(self):
        whole, part = measured(uvinetd=[100], base=[100]), measured(uvinetd=[50])
        whole.series("rate", "uvinetd").values = {"rate_per_second": [7]}
        for results, day in ((whole, "2026-01-01"), (part, "2026-01-02")):
            results.facts = {"machine": {"memory": "1 GiB"}, "command": f"run of {day}",
                             "scale": {"name": "full", "rounds": 1, "sizes": (1, 10)},
                             "date": day, "cautions": [], "contestants": {}}
        whole.facts["scale"]["sizes"] = [1, 10]  # as it was read
        whole.renew(part)
        self.assertEqual(whole.of("latency"), part.of("latency"))
        self.assertEqual(whole.rounds("rate", "uvinetd", "rate_per_second"), [7])
        page = publish.report(whole, [], [])
        self.assertIn("Of a later run, `run of 2026-01-02` on 2026-01-02: latency.", page)
        part.facts["machine"] = {"memory": "2 GiB"}
        with self.assertRaises(ValueError):
            whole.renew(part)

    def test_columns_of_a_table_are_aligned(self):
        verdicts = targets.judge_all(measured(uvinetd=[110, 90], base=[100, 100]))
        lines = tables.targets_table(verdicts, "full").markdown().splitlines()
        widths = {len(line) for line in lines if line.startswith("|")}
        self.assertEqual(len(widths), 1)
        self.assertIn("1.000 (0.900–1.100)", "\n".join(lines))

    def test_only_the_text_between_the_markers_is_replaced(self):
        page = Path(temporary_folder()) / "page.md"
        page.write_text(f"above\n{publish.BEGIN}\nold\n{publish.END}\nbelow\n")
        publish.replace_between(page, "new")
        text = page.read_text()
        self.assertEqual(text, f"above\n{publish.BEGIN}\n\nnew\n\n{publish.END}\nbelow\n")

    def test_a_page_without_markers_is_left_alone(self):
        page = Path(temporary_folder()) / "page.md"
        page.write_text("mine\n")
        with self.assertRaises(ValueError):
            publish.replace_between(page, "new")
        self.assertEqual(page.read_text(), "mine\n")


if __name__ == "__main__":
    unittest.main()
