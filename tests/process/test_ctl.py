# SPDX-License-Identifier: ISC
"""uvinetctl from outside: check, show and convert on real files, exit statuses and what is said."""
import json
import os
import re
import stat
import subprocess
import unittest

from harness.surroundings import bin_dir, me, temporary_folder
from harness.waiting import seconds


def run(*arguments, program="uvinetctl", cwd=None):
    """Runs the program to its end."""
    return subprocess.run([os.path.join(bin_dir(), program), *arguments], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=cwd,
                          timeout=seconds(60))


def read(path):
    """The text of a file."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def services_of(document):
    """The services of `show`, without the place where they were found."""
    services = json.loads(document)["services"]
    for service in services:
        del service["source"]
    return services


class Case(unittest.TestCase):
    """A folder for each test, and what a good program prints."""

    def setUp(self):
        self.folder = temporary_folder()

    def write(self, name, text):
        """Writes a file of the test's folder; answers its path."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def path(self, name):
        """A path in the test's folder."""
        return os.path.join(self.folder, name)

    def good(self, *arguments, **options):
        """What the program prints when all is well."""
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


INETD = f"""# The services of a test.

# first
7101 stream tcp nowait/5 {me()} /bin/cat cat "a b"
# second
127.0.0.1:7102 stream tcp nowait.9 {me()} /bin/cat
7103 stream tcp nowait root internal echo
7104 dgram udp4 wait root internal echo
/run/test-of-uvinetctl stream unix nowait {me()} /bin/cat
# last
"""

# The same service in all languages that have it.
SAME = {
    "inetd": f"7101 stream tcp nowait {me()} /bin/cat cat -u\n",
    "xinetd": f"""service 7101
{{
    type = UNLISTED
    port = 7101
    socket_type = stream
    protocol = tcp
    wait = no
    user = {me()}
    server = /bin/cat
    server_args = -u
    groups = yes
    passenv =
}}
""",
    "toml": f"""[services."7101/tcp"]
listen = "tcp://:7101"
user = "{me()}"
exec = ["/bin/cat", "-u"]
stderr = "socket"
""",
}


class Check(Case):
    """The same as uvinetd --check."""

    def test_prints_what_the_daemon_prints(self):
        good = self.write("good", INETD)
        bad = self.write("bad", "echo strem tcp nowait root internal\n" + INETD)
        odd = self.write("odd", f"ftp stream tcp nowait {me()}/class /bin/cat\n")
        for arguments in ([good], [bad], [odd], ["--strict", odd], ["--json", bad],
                          ["--dialect", "freebsd", good], [self.path("missing")]):
            with self.subTest(arguments):
                ours = run("check", *arguments)
                theirs = run("--check", *arguments, program="uvinetd")
                self.assertEqual((ours.returncode, ours.stdout, ours.stderr),
                                 (theirs.returncode, theirs.stdout, theirs.stderr))
        self.assertEqual(run("check", bad).returncode, 78)
        self.assertEqual(run("check", odd).returncode, 0)
        self.assertEqual(run("check", "--strict", odd).returncode, 78)
        self.assertEqual(json.loads(run("--json", "check", bad).stdout)["schema"], 1)

    def test_tells_what_cannot_be_started_warm_where_it_is_asked_for(self):
        text = self.write("server", "no program")
        wanted = self.write("warm.toml", f"""[services.a]
listen = "tcp4://:7101"
exec = "{text}"
start = "zygote"
user = "{me()}"
stderr = "socket"
""")
        plain = self.write("inetd.conf", f"7102 stream tcp4 nowait {me()} {text} a\n")
        for program, arguments, place in (("uvinetctl", ["check", wanted], "warm.toml:4:9"),
                                          ("uvinetd", ["--check", wanted], "warm.toml:4:9"),
                                          ("uvinetd", ["--check", "--start=zygote", plain],
                                           "inetd.conf:1:1")):
            with self.subTest(arguments):
                done = run(*arguments, program=program)
                self.assertEqual(done.returncode, 0)
                self.assertRegex(done.stderr, re.escape(place) + ": warning: .* \\[no-zygote\\]")
        self.assertNotIn("zygote", run("--check", plain, program="uvinetd").stderr)


class Show(Case):
    """The effective table as JSON."""

    def test_prints_every_service_as_it_is_served(self):
        path = self.write("inetd.conf", INETD)
        document = json.loads(self.good("show", path))
        self.assertEqual(document["schema"], 1)
        self.assertEqual([service["id"] for service in document["services"]],
                         ["7101/tcp", "7102/tcp@127.0.0.1", "7103/tcp", "7104/udp4",
                          "/run/test-of-uvinetctl"])
        first = document["services"][0]
        self.assertEqual(first["source"], f"{path}:4")
        self.assertEqual(first["argv"], ["cat", "a b"])
        self.assertEqual(first["instances"], 5)
        self.assertIsNone(first["starts_per_minute"])
        self.assertEqual(first["identity"]["uid"], os.geteuid())
        self.assertEqual([(socket["family"], socket["is_optional"]) for socket in first["listen"]],
                         [("ipv4", False), ("ipv6", True)])
        self.assertEqual(document["services"][2]["internal"], "echo")
        self.assertIsNone(document["services"][2]["identity"])

    def test_prints_one_service_when_it_is_named(self):
        path = self.write("inetd.conf", INETD)
        services = services_of(self.good("show", path, "7103/tcp"))
        self.assertEqual([service["id"] for service in services], ["7103/tcp"])
        done = run("show", path, "7103/tpc")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn('no service or file "7103/tpc" (did you mean "7103/tcp"?)', done.stderr)

    def test_prints_the_rest_when_a_service_is_bad(self):
        path = self.write("inetd.conf", "echo strem tcp nowait root internal\n" + INETD)
        done = run("show", path)
        self.assertEqual(done.returncode, 78)
        self.assertEqual(len(services_of(done.stdout)), 5)
        self.assertIn("[socket-type]", done.stderr)

    def test_prints_nothing_when_a_file_is_missing(self):
        done = run("show", self.path("missing"), self.write("inetd.conf", INETD))
        self.assertEqual((done.returncode, done.stdout), (78, ""))


class Convert(Case):
    """From any language to another."""

    def test_a_converted_file_is_the_same_table(self):
        path = self.write("inetd.conf", INETD)
        table = services_of(self.good("show", path))
        toml = self.path("all.toml")
        self.good("convert", "-o", toml, path)
        self.good("check", "--strict", toml)
        self.assertEqual(services_of(self.good("show", toml)), table)
        back = self.path("back.conf")
        self.good("convert", "--to", "inetd", "-o", back, toml)
        self.good("check", back)
        self.assertEqual(services_of(self.good("show", back)), table)
        for text in (read(toml), read(back)):
            places = [text.index(word) for word in ("# The services of a test.", "# first", "7101",
                                                    "# second", "7102", "7104", "# last")]
            self.assertEqual(places, sorted(places), text)

    def test_every_language_becomes_the_same(self):
        printed = set()
        for language, text in SAME.items():
            name = "same.toml" if language == "toml" else "same.conf"
            printed.add(self.good("convert", self.write(name, text)))
        self.assertEqual(len(printed), 1, printed)

    def test_includes_are_flattened(self):
        self.write("more.conf", f"# of more\n7106 stream tcp nowait {me()} /bin/cat\n")
        path = self.write("inetd.conf", f".include more.conf\n7105 stream tcp nowait {me()} /bin/cat\n")
        text = self.good("convert", "--to", "inetd", path)
        self.assertRegex(text, r"(?s)# of more\n7106\t.*7105\t")
        self.assertNotIn(".include", text)

    def test_warnings_become_comments(self):
        path = self.write("inetd.conf", f"7101 stream tcp nowait {me()}/class /bin/cat\n")
        for target in ("toml", "inetd"):
            self.assertRegex(self.good("convert", "--to", target, path),
                             r"(?m)^# warning: login classes .* \[login-class\]$")

    def test_a_bad_service_is_left_out_and_told(self):
        path = self.write("inetd.conf", "echo strem tcp nowait root internal\n" + INETD)
        for target in ("toml", "inetd"):
            output = self.path("out." + target)
            done = run("convert", "--to", target, "-o", output, path)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn("[socket-type]", done.stderr)
            self.assertRegex(read(output), r"(?m)^# .*inetd\.conf:1:6: error: .* \[socket-type\]$")
            self.assertEqual(len(services_of(run("show", output).stdout)), 5)

    def test_what_toml_cannot_hold_is_left_out_and_told(self):
        path = self.path("inetd.conf")
        with open(path, "wb") as file:
            file.write(INETD.encode() + f"7105 stream tcp nowait {me()} /bin/cat ".encode() + b"\xff")
        done = run("convert", path)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r'inetd\.conf:\d+:1: error: "7105/tcp" cannot .* \[lost\]')
        self.assertRegex(done.stdout, r'(?m)^# .*"7105/tcp" cannot ')
        self.assertIn("7104/udp4", done.stdout)

    def test_what_an_inetd_conf_cannot_say_is_told(self):
        path = self.write("a.toml", f"""[services.cat]
listen = "tcp://:7101"
user = "{me()}"
exec = ["/bin/cat", "cat"]
umask = "077"
backlog = 5
stderr = "socket"
""")
        done = run("convert", "--to", "inetd", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r'a\.toml:1:\d+: warning: "cat": not said in inetd\.conf: '
                                      r'backlog, umask; now called "7101/tcp" \[lost\]')
        self.assertRegex(done.stdout, r"(?m)^# warning: cat: .*backlog, umask.* \[lost\]$")

    def test_a_file_that_is_there_is_replaced_only_by_force(self):
        path = self.write("inetd.conf", INETD)
        output = self.write("out.toml", "old")
        done = run("convert", "-o", output, path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--force", done.stderr)
        self.assertEqual(read(output), "old")
        self.good("convert", "--force", "-o", output, path)
        self.assertIn("7101", read(output))
        self.assertEqual(stat.S_IMODE(os.stat(output).st_mode), 0o644)
        self.assertEqual(sorted(os.listdir(self.folder)), ["inetd.conf", "out.toml"])

    def test_an_output_that_cannot_be_written_is_a_failure(self):
        path = self.write("inetd.conf", INETD)
        done = run("convert", "-o", self.path("none/out.toml"), path)
        self.assertEqual(done.returncode, 1)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([os.path.join(bin_dir(), "uvinetctl"), "convert", path],
                                  check=False, stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=seconds(60))
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def test_a_missing_file_gives_nothing(self):
        output = self.path("out.toml")
        done = run("convert", "-o", output, self.path("missing"))
        self.assertEqual(done.returncode, 78)
        self.assertFalse(os.path.exists(output))

    def test_control_bytes_of_comments_are_made_harmless(self):
        path = self.path("inetd.conf")
        with open(path, "wb") as file:
            file.write(b"# \x1b[31m\xff\n" + INETD.encode())
        for target in ("toml", "inetd"):
            text = self.good("convert", "--to", target, path)
            self.assertIn(r"\x1b[31m\xff", text)
            self.assertNotRegex(text, r"[\x00-\x08\x0b-\x1f\x7f]")


class Many(Case):
    """Ten thousand services."""

    def test_are_converted_and_shown(self):
        path = self.write("inetd.conf", "".join(
            f"# number {port}\n{port} stream tcp nowait {me()} /bin/cat cat -u\n"
            for port in range(10000, 20000)))
        toml = self.path("all.toml")
        self.good("convert", "-o", toml, path)
        self.good("convert", "--to", "inetd", "-o", self.path("all.conf"), toml)
        for name in (path, toml, self.path("all.conf")):
            self.assertEqual(len(services_of(self.good("show", name))), 10000)
        self.assertEqual(len(re.findall(r"(?m)^# number \d+$", read(self.path("all.conf")))), 10000)


class Usage(Case):
    """What is said of a wrong command line, and the help."""

    def test_is_told_with_a_hint(self):
        for arguments, reason in (
                ([], "which VERB?"),
                (["shwo", "x"], 'unknown verb "shwo" (did you mean "show"?)'),
                (["convert", "--too", "x"], 'unknown option "--too" (did you mean "--to"?)'),
                (["check"], "check needs a FILE")):
            with self.subTest(arguments):
                done = run(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(f"uvinetctl: {reason}", done.stderr)
                self.assertIn("Try 'uvinetctl --help'", done.stderr)

    def test_help_and_version_are_printed(self):
        self.assertIn("convert FILE...", self.good("--help"))
        self.assertIn("--force", self.good("convert", "--help"))
        self.assertRegex(self.good("--version"), r"^uvinetctl \d+\.\d+")


if __name__ == "__main__":
    unittest.main()
