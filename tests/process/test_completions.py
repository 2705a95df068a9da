# SPDX-License-Identifier: ISC
"""Completion in bash, zsh and fish offers what each program's --help names, and nothing else."""
import contextlib
import os
import pty
import re
import shlex
import subprocess
import unittest

from harness.control import FakeDaemon
from harness.surroundings import bin_dir, requires, temporary_folder
from harness.waiting import eventually, seconds

_SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMPLETIONS = os.path.join(_SOURCE, "packaging", "completion")
VERBS = ("status", "list", "show", "ps", "match", "metrics", "tail", "bans", "top", "reload", "pause",
         "resume", "ban", "unban", "kill", "stop", "upgrade", "reopen-logs", "check", "convert")
DIALECTS = {"debian", "freebsd", "netbsd", "openbsd", "gnu", "busybox"}
# Command line and all that may be offered at its end.
VALUES = {
    "uvinetd --start=": {"exec", "zygote"},
    "uvinetd --spawner ": {"posix_spawn", "clone"},
    "uvinetd --spawner=c": {"clone"},
    "uvinetd -d --dialect ": DIALECTS,
    "uvinetctl ": set(VERBS),
    "uvinetctl --json sh": {"show"},
    "uvinetctl --socket /x ma": {"match"},
    "uvinetctl --color=": {"auto", "always", "never"},
    "uvinetctl list --sort ": {"id", "state", "running", "queue", "started", "refused", "failed",
                               "p50", "p99", "cpu"},
    "uvinetctl top --sort ": {"id", "state", "starts", "running", "queue", "refusals", "reason",
                              "p50", "p99", "load"},
    "uvinetctl tail --event ": {"start", "exit", "refuse", "pause", "resume", "timeout", "zygote",
                                "ident", "stderr", "repeated", "reload", "ban", "unban",
                                "upgraded"},
    "uvinetctl convert --to ": {"toml", "inetd"},
    "uvinetctl check --dialect=": DIALECTS,
    "uvinetd-bench --exchange ": {"probe", "echo", "none", "banner", "line"},
}


def requires_program(name):
    """Its path; uvinetd-bench is not part of every build."""
    path = os.path.join(bin_dir(), name)
    if not os.path.exists(path):
        raise unittest.SkipTest(f"{name} is not built")
    return path


def options_of_help(name, *verb):
    """The options that --help names, but for those that are named as refused."""
    text = subprocess.run([requires_program(name), *verb, "--help"], check=True, text=True,
                          stdout=subprocess.PIPE, timeout=seconds()).stdout
    found = re.findall(r"^ +(-.*?)(?:  |$)", text, re.MULTILINE)
    options = set(re.findall(r"(?<![\w-])--?[A-Za-z][A-Za-z-]*", " ".join(found)))
    refused = re.search(r"^Refused: .*?\.$", text, re.MULTILINE | re.DOTALL)
    return options - set(re.findall(r"--?[A-Za-z]+", refused.group() if refused else ""))


class CasesMixin:
    """The same expectations of each shell."""

    def offers(self, line):
        """What is offered at the end of a command line."""
        raise NotImplementedError

    def search_in(self, folder):
        """Programs are found there first."""
        path = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", path)
        os.environ["PATH"] = folder + ":" + path

    def assert_offers_all(self, line, options):
        """Every option is offered, and no other word."""
        offered = self.offers(line + " -") | self.offers(line + " --")
        self.assertEqual(sorted(options), sorted(offered), line)

    def test_options_are_those_of_the_help(self):
        """Both ways: one that is missing, and one that there is not."""
        self.assert_offers_all("uvinetd", options_of_help("uvinetd"))
        self.assert_offers_all("uvinetctl", options_of_help("uvinetctl"))
        for verb in VERBS:
            self.assert_offers_all(f"uvinetctl {verb}", options_of_help("uvinetctl", verb))

    def test_services_are_those_of_the_daemon_that_runs(self):
        """The one that the command line names; without one nothing is said."""
        services = [{"service": {"id": name, "state": "open"}} for name in ("echo/tcp", "ftp")]
        folder = temporary_folder()
        os.symlink(requires_program("uvinetctl"), os.path.join(folder, "uvinetctl"))
        self.search_in(folder)
        with FakeDaemon({"list": [*services, {"end": True}]}) as daemon:
            for verb in ("pause", "resume", "ps", "match", "kill"):
                line = f"uvinetctl --socket {daemon.path} {verb} "
                self.assertEqual(self.offers(line), {"echo/tcp", "ftp"}, line)
            self.assertEqual(self.offers(f"uvinetctl tail --socket {daemon.path} --id "),
                             {"echo/tcp", "ftp"})
            self.assertLessEqual({"echo/tcp"},
                                 self.offers(f"uvinetctl --socket {daemon.path} show ec"))
        self.assertEqual(self.offers(f"uvinetctl --socket {folder}/none pause "), set())

    def test_what_a_daemon_calls_its_services_is_not_carried_out(self):
        """Its user may be another than the one who types."""
        folder = temporary_folder()
        os.symlink(requires_program("uvinetctl"), os.path.join(folder, "uvinetctl"))
        self.search_in(folder)
        touched = os.path.join(folder, "touched")
        names = (f"$(touch${{IFS}}{touched})", f"`touch${{IFS}}{touched}`")
        with FakeDaemon({"list": [*({"service": {"id": name}} for name in names),
                                  {"end": True}]}) as daemon:
            self.offers(f"uvinetctl --socket {daemon.path} pause ")
        self.assertFalse(os.path.exists(touched))

    def test_options_of_the_load_generator(self):
        """It is not part of every build."""
        self.assert_offers_all("uvinetd-bench", options_of_help("uvinetd-bench"))

    def test_values_are_those_that_the_program_takes(self):
        """The words of an option, with a blank or "=" before them."""
        for line, values in VALUES.items():
            with self.subTest(line=line):
                self.assertEqual(self.offers(line), values)


class InBash(CasesMixin, unittest.TestCase):
    """The completion functions of bash, called as readline calls them."""

    def offers(self, line):
        # As readline breaks words: "=" is one.
        words = [word for part in line.split(" ") for word in re.split(r"(=)", part) if word]
        if line.endswith((" ", "=")):
            words.append("")
        file = os.path.join(COMPLETIONS, words[0] + ".bash")
        script = (f"source {shlex.quote(file)}\n"
                  f"COMP_WORDS=({' '.join(map(shlex.quote, words))})\n"
                  "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                  f"read -ra how < <(complete -p {words[0]})\n"
                  '"${how[-2]}"\nprintf "%s\\n" "${COMPREPLY[@]}"\n')
        text = subprocess.run([requires("bash"), "--norc", "-c", script], check=True, text=True,
                              stdout=subprocess.PIPE, timeout=seconds()).stdout
        return set(text.split())


class InFish(CasesMixin, unittest.TestCase):
    """`complete -C` of fish."""

    def setUp(self):
        self.program = requires("fish")
        self.environment = {**os.environ, "HOME": temporary_folder()}

    def offers(self, line):
        file = os.path.join(COMPLETIONS, line.split()[0] + ".fish")
        script = f"source {shlex.quote(file)}; complete -C {shlex.quote(line)}"
        text = subprocess.run([self.program, "--no-config", "-c", script], check=True, text=True,
                              stdout=subprocess.PIPE, timeout=seconds(),
                              env={**self.environment, "PATH": os.environ["PATH"]}).stdout
        return {re.sub(r"^--[a-z]+=", "", offer.split("\t")[0]) for offer in text.splitlines()}


class InZsh(CasesMixin, unittest.TestCase):
    """An interactive zsh at a terminal of its own, whose keys are pressed."""

    def search_in(self, folder):
        self.type(f"PATH={shlex.quote(folder)}:$PATH; rehash; print . >>$OFFERS\n")

    def setUp(self):
        program = requires("zsh")
        self.file = os.path.join(temporary_folder(), "offers")
        self.cases = 0
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.execve(program, [program, "-f", "-i"],
                      {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": "/nonexistent",
                       "OFFERS": self.file, "COMPLETIONS": COMPLETIONS})
        self.addCleanup(self.end, pid)
        os.set_blocking(self.terminal, False)
        helper = os.path.join(_SOURCE, "tests", "harness", "complete.zsh")
        self.type(f"source {shlex.quote(helper)}\n")

    def end(self, pid):
        """Its terminal goes away: it ends."""
        os.close(self.terminal)
        os.waitpid(pid, 0)

    def type(self, keys):
        """Presses keys and waits for the case to end."""
        os.write(self.terminal, keys.encode())
        self.cases += 1
        eventually(self.is_done, what=f"completion of {keys!r}")

    def is_done(self):
        """Whether the case has ended; takes what was printed, which would fill the terminal."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.terminal, 65536):
                pass
        return self.read().count(".") >= self.cases

    def read(self):
        """The words that were offered so far, and the ends of cases."""
        try:
            with open(self.file, encoding="utf-8") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def offers(self, line):
        before = len(self.read())
        self.type(line + "\t\x19")
        return set(self.read()[before:]) - {"."}


class Values(unittest.TestCase):
    """The words above are known to the programs."""

    def test_each_value_is_taken(self):
        """An unknown one is a usage error, which names it."""
        for line, values in VALUES.items():
            name, *words = line.rstrip(" ").split(" ")
            if name == "uvinetd-bench" or not words or not words[-1].startswith("--"):
                continue
            before, option = words[:-1], words[-1].partition("=")[0]
            for value in values:
                done = subprocess.run([requires_program(name), *before, f"{option}={value}",
                                       "--help"], check=False, capture_output=True, text=True,
                                      timeout=seconds())
                if "is for Linux only" not in done.stderr:  # a portable build knows the word
                    self.assertEqual(done.returncode, 0, done.stderr)
