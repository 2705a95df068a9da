# SPDX-License-Identifier: ISC
"""Manuals, README and the tables of the programs say the same; every file says its license.

What the programs know is read from the tables in their sources, so that a word that is added there
and nowhere else is found. Options are compared in ManPage.* and in test_completions.
"""
import glob
import json
import os
import re
import subprocess
import unittest

from harness.surroundings import bin_dir, requires, temporary_folder
from harness.waiting import seconds

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGES = sorted(glob.glob(os.path.join(SOURCE, "packaging", "man", "*.[1-8]")))
SYSLOG_RULES = os.path.join(SOURCE, "packaging", "examples", "syslog", "syslog.conf")
LICENSE = "SPDX-License-Identifier: ISC"


def read(path):
    """The text of a file of the tree."""
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def page(name):
    """The source of a manual page."""
    return read(os.path.join("packaging", "man", name))


def part(text, begin, end):
    """What stands between two lines that begin so; `begin` must be there."""
    _, found, rest = text.partition("\n" + begin)
    if not found:
        raise AssertionError(f"no line begins with {begin!r}")
    return "\n" + rest.split("\n" + end)[0] + "\n"


def items(text, macro="Cm"):
    """The names in items of a list, as `.It Cm name , other`; stars are not part of them."""
    found = set()
    for line in re.findall(rf"^\.It {macro} (.*)$", text, re.MULTILINE):
        head = line.split(" Ta ")[0].split(" Ns ")[0].split(" Pq ")[0]
        found.update(word.rstrip("*") for word in head.split() if word not in (",", macro))
    return found


def table(path, pattern, least):
    """The words of a table in a source file."""
    found = set(re.findall(pattern, read(path)))
    if len(found) < least:
        raise AssertionError(f"{path}: only {len(found)} of {pattern}")
    return found


def words_of_array(path, name):
    """The literals of an array in a source file."""
    return set(re.findall(r'"([^"]*)"', re.search(rf"\b{name}{{(.*?)}};", read(path), re.DOTALL)[1]))


class Words(unittest.TestCase):
    """Both ways: what a program knows and no page names, and the reverse."""

    def test_keys_of_inetd_conf(self):
        keys = words_of_array("core/config/inetd/definition_entry.cc", "kKeys")
        told = items(part(page("inetd.conf.5"), ".Ss Key and value form", ".Sh "))
        self.assertEqual(keys, told)

    def test_protocols_of_inetd_conf(self):
        known = table("core/config/inetd/socket_fields.cc", r'ProtocolWord{"(\w+)"', 11)
        told = {transport + family for transport in ("tcp", "udp")
                for family in ("", "4", "6", "46", "6only")} | {"unix"}
        self.assertEqual(known, told)
        text = part(page("inetd.conf.5"), ".It Ar protocol", ".It Ar wait")
        for word in ("tcp", "udp", "4", "6", "46", "tcp6only", "unix"):
            self.assertRegex(text, rf"Cm {word}\b")

    def test_types_of_sockets(self):
        known = words_of_array("core/config/inetd/socket_fields.cc", "kTypes")
        told = part(page("inetd.conf.5"), ".It Ar type", ".It Ar protocol")
        self.assertEqual(known, set(re.findall(r"Cm (\w+)", told)))

    def test_built_in_services(self):
        known = table("internal/builtin.cc", r'Builtin{"(\w+)"', 6)
        inetd = part(page("inetd.conf.5"), ".Cm internal\nstands for", ".El")
        named = re.findall(r"^\.Cm (.*)$", inetd, re.MULTILINE)
        told = set(re.findall(r"\w+", " ".join(named))) - {"internal", "nowait", "wait"}
        self.assertEqual(known | {"syslog"}, told)  # a program of its own
        toml = part(page("uvinetd.toml.5"), ".It Ic internal Pq", ".It ")
        self.assertEqual(known - {"tcpmux"} | {"health", "syslog"}, set(re.findall(r"Cm (\w+)", toml)))

    def test_dialects(self):
        known = table("core/config/inetd/inetd_conf.cc", r'{"(\w+)", Dialect::', 6)
        columns = re.search(r"^\.It Text (.*)$", page("inetd.conf.5"), re.MULTILINE)[1]
        self.assertEqual(known, set(columns.split()) - {"Ta"})
        for name in ("uvinetd.8", "uvinetctl.1"):
            text = part(page(name), ".It Fl Fl dialect Ar name", ".It ")
            named = re.findall(r"^(?:\.Cm)? ?([a-z ,.]+)$", text, re.MULTILINE)
            self.assertLessEqual(known, set(re.findall(r"\w+", " ".join(named))), name)

    def test_attributes_of_xinetd(self):
        known = table("core/config/xinetd/attributes.cc", r'Rule{"(\w+)"', 50)
        told = part(page("uvinetd-xinetd.7"), ".Ss Attributes", "The words of")
        self.assertEqual(known, items(told))

    def test_types_and_flags_of_xinetd(self):
        values = "core/config/xinetd/values.cc"
        text = page("uvinetd-xinetd.7")
        types, flags = re.findall(r"The words of\n\.Cm (?:type|flags) :\n(.*?)\n\.El", text,
                                  re.DOTALL)
        self.assertEqual(table(values, r'Name<Type>{"(\w+)"', 6), items("\n" + types))
        self.assertEqual(table(values, r'Name<Flag>{"(\w+)"', 12), items("\n" + flags))

    def test_tables_of_toml(self):
        text = part(page("uvinetd.toml.5"), "A file has these tables", ".Sh ")
        tables = words_of_array("core/config/toml/toml_conf.cc", "kTables")
        daemon = table("core/config/toml/toml_conf.cc", r'DaemonKey{"(\w+)"', 4)
        self.assertEqual(tables | daemon, items(text, "Ic") - {"."})

    def test_limits_of_toml(self):
        known = table("core/config/toml/limits.cc", r'Resource{"(\w+)"', 16)
        told = part(page("uvinetd.toml.5"), ".It Ic limits Pq", "A limit is")
        self.assertEqual(known, set(re.findall(r"Cm (\w+)", told)))

    def test_reasons_in_the_log(self):
        refusals, pauses = set(), set()
        for path in glob.glob(os.path.join(SOURCE, "core", "reactor", "**", "*.cc"), recursive=True):
            text = read(path)
            pauses.update(re.findall(
                r'"pause"\)[^;]*"reason",\s*(?:std::string\()?"([a-z]+)', text))
            if re.search("control|web|metrics", path[len(SOURCE):]):
                continue  # their words are those of answers
            for call, found in (("refuse|tell_refused|give_up|dismiss", refusals), ("pause", pauses)):
                for statement in re.findall(rf"\b(?:{call})\(([^;]*);", text):
                    found.update(re.findall(r'"([a-z][a-z-]*)(?: errno=| step=)?"', statement))
            for body in re.findall(r"\nconst char\* [\w:]+\([^{]*{\n(.*?)\n}\n", text, re.DOTALL):
                refusals.update(re.findall(r'(?:return|\?|:) "([a-z-]+)"', body))
        text = page("uvinetd-tuning.7")
        timeouts = re.findall(r'consider\([^;]*"([a-z]+)"\);', read("core/reactor/time_limits.cc"))
        for heading, found in ((".Ss refuse", refusals), (".Ss pause", pauses),
                               (".Ss timeout", timeouts)):
            told = re.findall(r"^\.It Li reason=([a-z-]+)", part(text, heading, ".Ss "),
                              re.MULTILINE)
            self.assertEqual(sorted(found), sorted(set(told)), heading)
        self.assertGreater(len(refusals), 10)


    def test_events_that_uvinetctl_knows(self):
        known = words_of_array("core/ctl/live/live_options.cc", "kNames")
        told = set()
        for path in glob.glob(os.path.join(SOURCE, "core", "**", "*.*"), recursive=True):
            if path.endswith((".cc", ".h")):
                text = read(path)
                told.update(re.findall(r'Event(?: \w+)?[({]LogLevel::\w+,\s*"([a-z-]+)"', text))
                for pair in re.findall(r'Event\(LogLevel::\w+, \w+ \? "(\w+)" : "(\w+)"', text):
                    told.update(pair)
        self.assertEqual(known, told)
        text = part(page("uvinetctl.1"), ".It Fl Fl event Ar name", ".It ")
        self.assertEqual(known, set(re.findall(r"[a-z]{3,}", text.split("name:")[1])))

    def test_columns_of_uvinetctl(self):
        for place, columns in (("true, (?:true|false)", "list"), ("(?:true|false), true", "top")):
            known = table("core/ctl/live/service_columns.cc",
                          rf'ServiceColumn{{\s*"(\w+)",\s*"[^"]+",\s*{place},', 10)
            text = part(page("uvinetctl.1"), ".It Fl Fl sort Ar column", ".It ")
            words = text.split(f".Cm {columns} :\n")[1].split("the default")[0]
            self.assertEqual(known, set(re.findall(r"\w+", words)) - {"Cm", "or"})


class Pages(unittest.TestCase):
    """The manual pages as a set."""

    def test_each_is_installed_and_listed(self):
        lists = read("packaging/CMakeLists.txt"), read("packaging/README.md")
        for path in PAGES:
            name, _, section = os.path.basename(path).rpartition(".")
            self.assertIn(f"man/{name}.{section}", lists[0])
            self.assertIn(f"{name}({section})", lists[1])

    def test_each_reference_to_one_of_ours_is_right(self):
        ours = {os.path.basename(path) for path in PAGES}
        names = {name.rpartition(".")[0] for name in ours}
        found = 0
        for path in PAGES:
            for name, section in re.findall(r"\bXr (\S+) (\d)", read(path)):
                if name in names:
                    found += 1
                    self.assertIn(f"{name}.{section}", ours, path)
        self.assertGreater(found, 50)

    def test_each_refers_to_the_program(self):
        for path in PAGES:
            if not path.endswith("/uvinetd.8"):
                self.assertRegex(read(path), r"\.Sh SEE ALSO\n(?:.*\n)*\.Xr uvinetd 8", path)

    def test_html_pages_have_no_dead_links(self):
        requires("mandoc")
        folder = temporary_folder()
        subprocess.run([os.path.join(SOURCE, "packaging", "scripts", "make-html-manuals"), folder],
                       check=True, timeout=seconds(60))
        made = set(os.listdir(folder))
        self.assertEqual(len(made), len(PAGES) + 2)
        for name in made:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                links = set(re.findall(r'href="([^"#]+)', file.read()))
            self.assertLessEqual(links, made, name)
        with open(os.path.join(folder, "index.html"), encoding="utf-8") as file:
            self.assertEqual(len(re.findall("<td><a href=", file.read())), len(PAGES))


def with_our_rules(text):
    """A syslog service reads our rules, not those of the host."""
    named = text.replace("/etc/syslog.conf", SYSLOG_RULES)
    if named != text:
        return named
    return text.replace('internal = "syslog"\n',
                        f'internal = "syslog"\nsyslog = {{ rules = "{SYSLOG_RULES}" }}\n')


class Examples(unittest.TestCase):
    """What a page shows as a file is one. Its users, programs and roots need not exist here."""

    def check(self, name, text):
        """Nothing is said about it but that somebody is not known here."""
        path = os.path.join(temporary_folder(), name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(with_our_rules(text))
        done = subprocess.run([os.path.join(bin_dir(), "uvinetctl"), "check", "--json", path],
                              check=False, text=True, stdout=subprocess.PIPE, timeout=seconds())
        report = json.loads(done.stdout)
        self.assertGreater(report["written"], 0, text)
        said = [f"{each['message']} [{each['slug']}]" for each in report["diagnostics"]
                if each["slug"] not in ("unknown-user", "unknown-group", "other-user", "no-zygote",
                                        "dialect", "chroot",
                                        "unsupported")]
        self.assertEqual(said, [], text)

    def test_toml_in_the_manuals(self):
        found = 0
        for path in PAGES:
            for block in re.findall(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$", read(path),
                                    re.MULTILINE):
                if re.search(r"^\[(services|defaults)", block, re.MULTILINE):
                    found += 1
                    self.check("example.toml", block)
        self.assertGreater(found, 2)

    def test_configurations_in_the_readme(self):
        text = read("README.md")
        blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.MULTILINE)
        blocks = [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]
        blocks = [block for block in blocks if "[services." in block]
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            self.check("readme.toml", re.sub(r"^include.*$", "", block, flags=re.MULTILINE))
        line = re.search(r"`(\d+ stream tcp [^`]*)`", text)[1]
        self.check("readme.conf", line + "\n")

    def test_services_of_inetd_conf_in_the_manual(self):
        block = part(page("inetd.conf.5"), ".Sh EXAMPLES\n.Bd -literal", ".Ed")
        self.check("example.conf", block.replace("\\&", ""))


class Files(unittest.TestCase):
    """The tree."""

    # Files without comments, files whose every byte is the input or the outcome of a test, and what
    # bench/run writes.
    WITHOUT = re.compile(r"""(\.json|\.png|LICENSE|/copyright|/changelog|/source/format|\.Debian|/notification-fd)$
                         |^tests/(fuzz/corpus|pure/(config|ctl)/golden)/|^bench/results/""", re.VERBOSE)

    def tracked(self):
        """The files that git knows."""
        requires("git")
        if not os.path.exists(os.path.join(SOURCE, ".git")):
            self.skipTest("the sources are no checkout")
        # Another user's checkout is one too.
        listed = subprocess.run(["git", "-c", f"safe.directory={SOURCE}", "-C", SOURCE, "ls-files",
                                 "-z"], check=True, stdout=subprocess.PIPE, timeout=seconds())
        names = [name for name in listed.stdout.decode().split("\0")
                 if os.path.isfile(os.path.join(SOURCE, name))]
        self.assertGreater(len(names), 500)
        return names

    def test_each_says_its_license(self):
        missing = []
        for name in self.tracked():
            if self.WITHOUT.search(name):
                continue
            with open(os.path.join(SOURCE, name), "rb") as file:
                head = file.read(1000)
            if LICENSE.encode() not in head:
                missing.append(name)
        self.assertEqual(missing, [])

    def test_links_between_documents_lead_somewhere(self):
        found = 0
        for name in self.tracked():
            if not name.endswith(".md"):
                continue
            folder = os.path.dirname(name)
            for link in re.findall(r"\]\(([^)#\s]+)", read(name)):
                if "://" in link:
                    continue
                found += 1
                self.assertTrue(os.path.exists(os.path.join(SOURCE, folder, link)),
                                f"{name}: {link}")
        self.assertGreater(found, 20)

    def test_the_workflow_calls_the_one_command(self):
        text = read(".github/workflows/ci.yml")
        self.assertIn("- run: .ci/run", text)
        self.assertTrue(os.access(os.path.join(SOURCE, ".ci", "run"), os.X_OK))
