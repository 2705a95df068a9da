# SPDX-License-Identifier: ISC
"""uvinetctl and a running daemon: every verb against a real one, and what it does with one that is
slow, cut off, or no daemon at all."""
import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import unittest

from harness import procfs, sockets
from harness.control import CLOSE, HANG, FakeDaemon
from harness.daemon import Daemon
from harness.surroundings import (bin_dir, free_port, is_root, me, requires_root,
                                  temporary_folder)
from harness.waiting import eventually, seconds

END = {"end": True}
SCHEMA = 1


def run(path, *arguments, **options):
    """Runs uvinetctl to its end; `path` is that of the socket, or None."""
    where = ["--socket", path] if path else []
    return subprocess.run([os.path.join(bin_dir(), "uvinetctl"), *where, *arguments], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds(60), **options)


@contextlib.contextmanager
def killed(process):
    """It is, whatever happens."""
    try:
        yield
    finally:
        process.kill()


class Live(unittest.TestCase):
    """A daemon with a built-in and a server that waits for its client."""

    def setUp(self):
        self.echo, self.cat = free_port(), free_port()
        self.config = (f'[services.echo]\nlisten = "tcp4://127.0.0.1:{self.echo}"\n'
                       f'user = "{me()}"\ninternal = "echo"\n'
                       f'[services."cat/tcp"]\nlisten = "tcp4://127.0.0.1:{self.cat}"\n'
                       f'user = "{me()}"\nexec = "/bin/cat"\ninstances = 5\n'
                       'deny = ["192.0.2.0/24"]\n')
        self.daemon = Daemon(self.config, file_name="uvinetd.toml")
        self.path = self.daemon.control
        self.clients = []
        self.addCleanup(self.end)

    def end(self):
        """No client, no daemon."""
        for client in self.clients:
            client.close()
        self.daemon.kill()

    def good(self, *arguments):
        """What is printed when all is well."""
        done = run(self.path, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def document(self, *arguments):
        """The same with --json."""
        document = json.loads(self.good("--json", *arguments))
        self.assertEqual(document["schema"], SCHEMA)
        return document

    def bad(self, status, *arguments):
        """What is said when it is not."""
        done = run(self.path, *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertTrue(done.stderr.startswith("uvinetctl: "), done.stderr)
        return done.stderr

    def open_cat(self):
        """A client that is served; its server's pid."""
        client = sockets.connect(self.cat)
        self.clients.append(client)
        client.sendall(b"x\n")
        self.assertEqual(sockets.read_line(client), "x")
        # The reactor hears of a start up to a millisecond after the client does.
        count = len(self.clients)
        eventually(lambda: len(self.document("ps", "cat/tcp")["servers"]) == count,
                   what="a server that is known to run")
        return client

    def service(self, name):
        """What `list` tells of it."""
        found = [each for each in self.document("list")["services"] if each["id"] == name]
        self.assertEqual(len(found), 1)
        return found[0]


class Looks(Live):
    """The verbs that change nothing."""

    def test_status_tells_of_the_daemon(self):
        self.assertIn(f"pid  {self.daemon.pid}", re.sub(" +", "  ", self.good("status")))
        status = self.document("status")["status"]
        self.assertEqual(status["pid"], self.daemon.pid)
        self.assertEqual(status["services"]["served"], 2)

    def test_list_sorts_and_filters(self):
        lines = self.good("list", "--sort", "id", "--reverse").splitlines()
        self.assertTrue(lines[0].startswith("SERVICE"))
        self.assertEqual([line.split()[0] for line in lines[1:]], ["echo", "cat/tcp"])
        self.assertEqual(len(self.good("list", "--filter", "CAT").splitlines()), 2)
        self.assertEqual(self.document("list", "--running")["services"], [])
        self.open_cat()
        running = self.document("list", "--running")["services"]
        self.assertEqual([each["id"] for each in running], ["cat/tcp"])
        self.assertEqual((running[0]["running"], running[0]["limit"]), (1, 5))

    def test_show_asks_the_daemon_where_the_word_is_no_file(self):
        self.assertRegex(self.good("show", "cat/tcp"), r"(?m)^service +cat/tcp$")
        service = self.document("show", "cat/tcp")["service"]
        self.assertEqual(service["config"]["program"], "/bin/cat")
        self.assertIn('no service "cta/tcp" (did you mean "cat/tcp"?)',
                      self.bad(1, "show", "cta/tcp"))

    def test_ps_tells_servers_with_their_clients(self):
        self.assertEqual(self.document("ps")["servers"], [])
        client = self.open_cat()
        server, = self.document("ps", "cat/tcp")["servers"]
        self.assertEqual(server["id"], "cat/tcp")
        self.assertEqual(procfs.comm(server["pid"]), "cat")
        self.assertIn(f"127.0.0.1:{client.getsockname()[1]}", server["from"])
        self.assertIsInstance(server["cpu_usec"], int)
        self.assertRegex(self.good("ps"), rf"(?m)^ *{server['pid']}  cat/tcp  127\.0\.0\.1")
        self.assertIn('no service "dog"', self.bad(1, "ps", "dog"))

    def test_match_tells_which_rule_decides(self):
        self.assertEqual(self.good("match", "cat/tcp", "192.0.2.7"),
                         "192.0.2.7 is denied at cat/tcp: deny 192.0.2.0/24\n")
        self.assertEqual(self.document("match", "cat/tcp", "192.0.3.7")["match"]["answer"],
                         "allowed")
        self.bad(1, "match", "cat/tcp", "nobody")

    def test_tail_tells_events_as_they_happen(self):
        with subprocess.Popen([os.path.join(bin_dir(), "uvinetctl"), "--socket", self.path, "--json",
                               "tail", "--event", "start", "--id", "cat/tcp"],
                              stdout=subprocess.PIPE, text=True) as tail, killed(tail):
            # Listening begins a moment after the start of the program.
            eventually(self.has_listener, what="a listener")
            self.open_cat()
            self.assertTrue(select.select([tail.stdout], [], [], seconds())[0], "no event")
            event = json.loads(tail.stdout.readline())
            tail.terminate()
        self.assertEqual(event["schema"], SCHEMA)
        self.assertEqual((event["event"]["event"], event["event"]["id"]), ("start", "cat/tcp"))

    def has_listener(self):
        """Two clients: the one that asks, and tail."""
        return self.document("status")["status"]["control_clients"] >= 2

    def test_metrics_are_text_for_prometheus(self):
        self.open_cat()
        text = self.good("metrics", "--services")
        self.assertIn("# TYPE uvinetd_", text)
        self.assertIn('"cat/tcp"', text)
        self.assertIn("# TYPE uvinetd_", self.document("metrics")["text"])


class Changes(Live):
    """The verbs that change something."""

    def test_a_pause_refuses_until_it_is_resumed(self):
        self.assertEqual(self.good("pause", "--refuse", "echo"), "")
        self.assertEqual(self.service("echo")["state"], "held")
        self.assertIn("echo", self.good("list", "--paused"))
        with sockets.connect(self.echo) as client:
            self.assertEqual(sockets.read_all(client), b"")
        self.assertTrue(self.document("resume", "echo")["done"])
        self.assertEqual(self.service("echo")["state"], "open")
        self.assertIn('did you mean "echo"?', self.bad(1, "pause", "ecco"))

    def test_a_pause_outlives_the_reactor(self):
        self.good("pause", "echo")
        reactor = self.daemon.reactor()
        os.kill(reactor, signal.SIGKILL)
        eventually(lambda: self.daemon.roles("uvi-reactor") not in ([], [reactor]),
                   what="another reactor")
        eventually(lambda: run(self.path, "status").returncode == 0, what="a daemon that answers")
        self.assertEqual(self.service("echo")["state"], "held")

    def test_a_ban_is_for_everything_until_it_is_lifted(self):
        self.good("ban", "127.0.0.1", "10min")
        self.good("ban", "2001:db8::/64")
        bans = {each["address"]: each["until"] for each in self.document("bans")["bans"]}
        self.assertEqual(set(bans), {"127.0.0.1", "2001:db8::/64"})
        self.assertRegex(bans["127.0.0.1"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        self.assertIsNone(bans["2001:db8::/64"])
        self.assertRegex(self.good("bans"), r"(?m)^2001:db8::/64 +forever$")
        with sockets.connect(self.echo) as client:
            self.assertEqual(sockets.read_all(client), b"")
        self.good("unban", "127.0.0.1")
        with sockets.connect(self.echo) as client:
            client.sendall(b"x\n")
            self.assertEqual(sockets.read_line(client), "x")
        self.bad(1, "unban", "127.0.0.1")

    def test_kill_signals_servers(self):
        client = self.open_cat()
        self.open_cat()
        self.assertEqual(self.document("kill", "cat/tcp", "CONT")["killed"]["count"], 2)
        pids = [each["pid"] for each in self.document("ps")["servers"]]
        self.assertEqual(self.good("kill", str(pids[0]), "KILL"), "signalled 1 server\n")
        eventually(lambda: not procfs.is_alive(pids[0]), what="the end of the server")
        self.good("kill", "cat/tcp")
        self.assertEqual(sockets.read_all(client), b"")
        self.bad(1, "kill", str(os.getpid()))

    def test_reload_prints_the_difference_or_the_errors(self):
        new = self.config.replace("instances = 5", "instances = 6") + (
            f'[services.new]\nlisten = "tcp4://127.0.0.1:{free_port()}"\n'
            f'user = "{me()}"\ninternal = "echo"\n')
        self.daemon.write_config(new)
        self.assertTrue(self.good("reload").endswith("kept 1, added 1, removed 0, changed 1\n"))
        self.daemon.write_config(new.replace("internal", "intrnal", 1))
        done = run(self.path, "reload")
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"(?m)^.*uvinetd\.toml:\d+:\d+: error: .*intrnal")
        done = run(self.path, "--json", "reload")
        self.assertEqual(done.returncode, 78)
        document = json.loads(done.stdout)
        self.assertEqual(document["error"]["code"], "refused")
        self.assertGreater(len(document["diagnostics"]), 0)
        self.assertEqual(len(self.document("list")["services"]), 3)

    def test_logs_are_opened_anew(self):
        self.good("reopen-logs")

    def test_stop_ends_the_daemon(self):
        self.good("stop")
        self.assertEqual(self.daemon.process.wait(seconds()), 0)
        self.assertIn("no daemon at", self.bad(69, "status"))

    def test_stop_waits_for_servers_that_are_to_be_drained(self):
        client = self.open_cat()
        self.good("stop", "--drain", "1h")
        client.sendall(b"y\n")
        self.assertEqual(sockets.read_line(client), "y")
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(self.daemon.process.wait(seconds()), 0)


class NoDaemon(unittest.TestCase):
    """Nobody answers, or not to us."""

    def test_one_that_does_not_run_is_an_exit_status_of_its_own(self):
        path = os.path.join(temporary_folder(), "control")
        done = run(path, "status")
        self.assertEqual(done.returncode, 69)
        self.assertRegex(done.stderr, r"^uvinetctl: no daemon at .*control.*start uvinetd")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.close()  # the file of one that has died is left
        done = run(path, "--json", "status")
        self.assertEqual(done.returncode, 69)
        self.assertEqual(json.loads(done.stdout)["error"]["code"], "not-running")

    def test_the_socket_is_found_by_the_environment(self):
        with FakeDaemon({"status": [{"status": {"pid": 7}}, END]}) as daemon:
            done = run(None, "status", env={**os.environ, "UVINETD_CONTROL": daemon.path})
            self.assertEqual((done.returncode, done.stdout), (0, "pid  7\n"))
        done = run(None, "status", env={**os.environ, "UVINETD_CONTROL": "/nonexistent/socket"})
        self.assertEqual(done.returncode, 69)
        if not is_root():
            env = {k: v for k, v in os.environ.items()
                   if k not in ("UVINETD_CONTROL", "XDG_RUNTIME_DIR")}
            done = run(None, "status", env=env)
            self.assertEqual(done.returncode, 69)
            self.assertIn("XDG_RUNTIME_DIR", done.stderr)

    def test_one_that_may_not_be_asked_is_another(self):
        with FakeDaemon({}) as daemon:
            os.chmod(daemon.path, 0)
            if is_root():
                requires_root("to become nobody")
                done = run(daemon.path, "status", user=65534, group=65534, extra_groups=[])
            else:
                done = run(daemon.path, "status")
            self.assertEqual(done.returncode, 77)
            self.assertIn("not allowed", done.stderr)
        with FakeDaemon({"*": [{"error": {"code": "denied", "message": "no"}}]}) as daemon:
            self.assertEqual(run(daemon.path, "reload").returncode, 77)

    def test_what_is_no_socket_is_a_failure(self):
        folder = temporary_folder()
        path = os.path.join(folder, "file")
        with open(path, "w", encoding="ascii"):
            pass
        self.assertEqual(run(path, "status").returncode, 69)  # ECONNREFUSED
        done = run("/" + "x" * 200, "status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("File name too long", done.stderr)

    def test_show_tells_that_there_is_neither_a_daemon_nor_a_file(self):
        folder = temporary_folder()
        environment = {**os.environ, "UVINETD_CONTROL": os.path.join(folder, "control")}
        done = run(None, "show", "finger/tcp", cwd=folder, env=environment)
        self.assertEqual(done.returncode, 69)
        self.assertIn("no daemon at", done.stderr)
        self.assertIn('nor is there a file "finger/tcp"', done.stderr)

    def test_show_takes_a_path_for_a_file_always(self):
        with FakeDaemon({"show": [{"service": {"id": "a"}}, END]}) as daemon:
            folder = temporary_folder()
            environment = {**os.environ, "UVINETD_CONTROL": daemon.path}
            os.mkdir(os.path.join(folder, "there"))
            with open(os.path.join(folder, "there", "file"), "w", encoding="ascii"):
                pass
            for words in (["/a"], ["./a"], ["../a"], ["--dialect", "gnu", "a"], ["there/file"]):
                run(None, "show", *words, cwd=folder, env=environment)
                self.assertEqual(daemon.requests, [], words)
            self.assertEqual(run(None, "show", "a", cwd=folder, env=environment).stdout,
                             "service  a\n")
            # Asked explicitly, it is an id though a file has its name.
            self.assertEqual(run(daemon.path, "show", "there/file", cwd=folder).stdout,
                             "service  a\n")


class Hostile(unittest.TestCase):
    """What answers does not keep to the protocol: a clear message, an exit status of 1, no hang."""

    def expect(self, answer, pattern, *arguments, greeting=b""):
        """Asks for the status."""
        with FakeDaemon({"*": answer}, greeting) as daemon:
            done = run(daemon.path, *(arguments or ("status",)))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stderr, pattern)
        self.assertLess(len(done.stderr), 1000)

    def test_silence_ends(self):
        self.expect([HANG], r"does not answer: .*--wait", "--wait", "1s", "status")
        self.expect([b'{"status":{', HANG], r"does not answer", "--wait", "1s", "status")

    def test_an_answer_that_is_cut_off_is_a_failure(self):
        self.expect([CLOSE], r"lost")
        self.expect([b'{"status":{"pid":1}}\n{"en', CLOSE], r"lost: .*middle")
        self.expect([{"service": {"id": "a"}}, CLOSE], r"lost", "list")
        self.expect([{"event": {"event": "start"}}, CLOSE], r"lost", "tail")

    def test_nonsense_is_named(self):
        for line in (b"HTTP/1.1 400 Bad Request\r\n", b"[]\n", b"{}\n", b"\xff\xfe\n", b"\0\n",
                     b"{\"a\":" + b"[" * 100_000 + b"\n"):
            self.expect([line, HANG], r"is no uvinetd that this uvinetctl understands")
        self.expect([b"junk\n", HANG], r"is no uvinetd", "tail")
        self.expect([END], r"understands|lost", greeting=b"SSH-2.0-OpenSSH\r\n")

    def test_a_line_without_end_is_given_up(self):
        self.expect([b"x" * (17 << 20), HANG], r"a line that does not end")

    def test_another_version_is_told(self):
        self.expect([{"error": {"code": "version", "message": "this daemon speaks version 2"}}],
                    r"version 2: use the uvinetctl that came with it")
        self.expect([{"error": {"code": "unknown-verb", "message": "no verb"}}], r"is older")
        self.expect([{"error": "?"}], r"does not say why")

    def test_control_characters_do_not_reach_the_terminal(self):
        evil = "\x1b]0;title\x07\x7f\x9b2J"
        with FakeDaemon({"list": [{"service": {"id": evil, "state": evil}}, END],
                         "ps": [{"server": {"id": evil, "from": evil}}, END],
                         "bans": [{"ban": {"address": evil, "until": evil}}, END],
                         "status": [{"status": {evil: evil, "a": {evil: [evil]}}}, END],
                         "match": [{"match": {"answer": evil, "rule": evil}}, END],
                         "reload": [{"diagnostic": {"file": evil, "message": evil}},
                                    {"error": {"code": evil, "message": evil}}],
                         "metrics": [{"text": evil + "x\n"}, END],
                         "tail": [{"event": {"event": evil, evil: evil, "time": evil}}, END],
                         "show": [{"service": {"id": evil, "config": {evil: evil}}}, END]}) as daemon:
            for words in (["list"], ["ps"], ["bans"], ["status"], ["match", "a", "b"], ["reload"],
                          ["tail"], ["show", "x"], ["metrics"]):
                for more in ([], ["--json"]):
                    done = run(daemon.path, *words, *more)
                    self.assertNotRegex(done.stdout + done.stderr, "[\x00-\x09\x0b-\x1f\x7f-\x9f]", words)
                    self.assertNotEqual(done.stdout + done.stderr, "", words)

    def test_what_is_not_known_is_passed_over(self):
        with FakeDaemon({"list": [{"news": [1]}, {"service": {"id": "a", "new": {"x": 1}}},
                                  {"end": True, "new": 1}]}) as daemon:
            self.assertEqual(len(run(daemon.path, "list").stdout.splitlines()), 2)

    def test_colours_are_asked_for(self):
        with FakeDaemon({"list": [{"service": {"id": "a", "state": "held"}}, END]}) as daemon:
            self.assertNotIn("\x1b", run(daemon.path, "list").stdout)
            self.assertIn("\x1b[33mheld", run(daemon.path, "list", "--color", "always").stdout)

    def test_an_output_that_is_closed_ends_it(self):
        for events in (1, 1000):  # all of it printed before; not all, perhaps
            with FakeDaemon({"tail": [{"event": {"event": "start"}}] * events + [HANG]}) as daemon:
                with subprocess.Popen([os.path.join(bin_dir(), "uvinetctl"), "--socket", daemon.path,
                                       "tail"], stdout=subprocess.PIPE) as tail, killed(tail):
                    tail.stdout.readline()
                    tail.stdout.close()
                    self.assertNotEqual(tail.wait(seconds()), 0)
