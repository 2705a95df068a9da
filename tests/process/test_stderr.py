# SPDX-License-Identifier: ISC
"""Where the standard error of servers goes: the log, a file, nowhere, the client."""
import json
import os
import re
import signal
import socket
import stat
import textwrap
import unittest

from harness.daemon import Daemon
from harness.surroundings import free_port, me, requires, requires_linux_build
from harness.waiting import eventually, seconds

DEADLINE = 60  # of one exchange


def daemon(services):
    """A daemon with services of shell or perl: name, program words, further lines of the file."""
    lines = [f'[defaults]\nuser = "{me()}"']
    for name, port, words, more in services:
        lines.append(f'[services.{name}]\nlisten = "tcp://127.0.0.1:{port}"\n'
                     f"exec = {json.dumps(words)}\n{more}")
    return Daemon("\n".join(lines) + "\n", file_name="uvinetd.toml")


def connect(port):
    """A connection with a deadline."""
    return socket.create_connection(("127.0.0.1", port), timeout=seconds(DEADLINE))


def exchange(port, request=b""):
    """Everything that the server says."""
    with connect(port) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return client.makefile("rb").read()


def shell(script):
    """The words of a server that is a line of shell."""
    return ["/bin/sh", "-c", script]


def requires_writers():
    """Skips where the kernel does not tell who wrote a line."""
    requires_linux_build("does not learn which process wrote a line")


class ToTheLog(unittest.TestCase):
    """stderr = "log", the default of TOML files."""

    def setUp(self):
        self.port = free_port()

    def serve(self, words, more=""):
        """A daemon with one service, `talk`."""
        return daemon([("talk", self.port, words, more)])

    def test_a_line_names_service_server_and_client(self):
        requires_writers()
        with self.serve(shell("echo to the client; echo to the log >&2; read line")) as served:
            with connect(self.port) as client:
                self.assertEqual(client.recv(100), b"to the client\n")
                found = served.wait_for_log(r"stderr id=talk pid=(\d+) from=(\S+) to the log$")
                begun = served.wait_for_log(r"start id=talk pid=(\d+) from=(\S+)$")
                self.assertEqual(found.groups(), begun.groups())
                self.assertEqual(begun[2], f"127.0.0.1:{client.getsockname()[1]}")

    def test_a_child_of_the_server_is_the_server(self):
        requires_writers()
        script = "sh -c 'echo deep down >&2; read line'; :"
        with self.serve(shell(script)) as served, connect(self.port):
            found = served.wait_for_log(r"stderr id=talk pid=(\d+) from=\S+ deep down$")
            begun = served.wait_for_log(r"start id=talk pid=(\d+) ")
            self.assertEqual(found[1], begun[1])

    def test_a_child_that_has_ended_is_of_the_only_service_that_runs(self):
        script = "sh -c 'echo short lived >&2'; echo said; read line"
        with self.serve(shell(script)) as served, connect(self.port) as client:
            self.assertEqual(client.recv(100), b"said\n")
            served.wait_for_log(r"stderr id=talk pid=\S+ from=\S+ short lived$")

    def test_the_last_words_of_a_server_that_has_ended_are_its_own(self):
        with self.serve(shell("printf 'first\\nunfinished' >&2")) as served:
            self.assertEqual(exchange(self.port), b"")
            served.wait_for_log(r"stderr id=talk pid=\S+ from=\S+ first$")
            served.wait_for_log(r"stderr id=talk pid=\S+ from=\S+ unfinished$")

    def test_control_bytes_are_escaped(self):
        with self.serve(shell("printf 'bell \\007 \\033[31mred \\377 \\000 end\\n' >&2")) as served:
            exchange(self.port)
            served.wait_for_log(r"stderr id=talk .* bell \\x07 \\x1b\[31mred \\xff \\x00 end$")

    def test_a_long_line_is_cut(self):
        with self.serve(shell("printf '%05000d\\nnext\\n' 0 >&2")) as served:
            exchange(self.port)
            served.wait_for_log(r"stderr id=talk pid=\S+ from=\S+ 0{1000}\.\.\.$")
            served.wait_for_log(r"stderr id=talk pid=\S+ from=\S+ next$")
            self.assertEqual(served.count(r"from=\S+ 0+"), 1)

    def test_a_flood_holds_nobody_up_and_is_dropped(self):
        script = 'print STDERR "noise $_\\n" for 1 .. 700000; print "done"'
        with self.serve([requires("perl"), "-e", script]) as served:
            self.assertEqual(exchange(self.port), b"done")
            served.wait_for_log(r"stderr id=talk pid=- from=- \d+ lines were dropped$")
            self.assertLess(served.count(" noise "), 100000)

    def test_one_write_that_is_larger_than_all_room_holds_nobody_up(self):
        script = 'syswrite STDERR, "x" x 10_000_000; print "done"'
        with self.serve([requires("perl"), "-e", script]) as served:
            self.assertEqual(exchange(self.port), b"done")
            served.wait_for_log(r"stderr id=talk pid=\S+ from=\S+ x{1000}\.\.\.$")

    def test_a_program_that_dies_says_why(self):
        with self.serve([requires("perl"), "-e", 'die "no such thing"']) as served:
            self.assertEqual(exchange(self.port), b"")
            served.wait_for_log(r"stderr id=talk .* no such thing at -e line 1\.$")

    def test_datagram_servers_write_there_too(self):
        script = "echo one datagram >&2; dd bs=100 count=1 of=/dev/null 2>/dev/null"
        for mode in ("wait", "nowait"):
            with self.subTest(mode):
                config = textwrap.dedent(f"""\
                    [services.talk]
                    listen = "udp://127.0.0.1:{self.port}"
                    mode = "{mode}"
                    user = "{me()}"
                    exec = {json.dumps(shell(script))}
                    """)
                with Daemon(config, file_name="uvinetd.toml") as served, \
                        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                    client.sendto(b"hello", ("127.0.0.1", self.port))
                    served.wait_for_log(r"stderr id=talk pid=\S+ from=- one datagram$")

    def test_warm_servers_are_told_apart(self):
        requires_writers()
        script = '$| = 1; print STDERR "pid $$\\n"; print "pid $$\\n"'
        for park in ("main", "io"):
            with self.subTest(park), self.serve([requires("perl"), "-e", script],
                                                f'start = "zygote"\npark = "{park}"\n') as served:
                for _ in range(10):
                    pid = exchange(self.port).decode().split()[1]
                    served.wait_for_log(rf"stderr id=talk pid={pid} from=127\S+ pid {pid}$")
                self.assertEqual(served.count("left a socket open"), 0)


class WithoutReactor(unittest.TestCase):
    """What is written while there is none that reads."""

    def test_lines_survive_a_killed_reactor(self):
        port = free_port()
        script = 'while read line; do echo "heard $line" >&2; echo ok; done'
        with daemon([("talk", port, shell(script), "")]) as served, connect(port) as client:
            answers = client.makefile("rb")
            client.sendall(b"zero\n")
            self.assertEqual(answers.readline(), b"ok\n")
            served.wait_for_log(r"stderr id=talk .* heard zero$")
            reactor = served.reactor()
            os.kill(reactor, signal.SIGSTOP)
            client.sendall(b"one\n")
            self.assertEqual(answers.readline(), b"ok\n")
            os.kill(reactor, signal.SIGKILL)
            client.sendall(b"two\n")
            self.assertEqual(answers.readline(), b"ok\n")
            for word in ("one", "two"):
                served.wait_for_log(rf"stderr id=talk pid=\S+ from=\S+ heard {word}$")

    def test_lines_survive_a_killed_launcher(self):
        port = free_port()
        script = 'while read line; do echo "heard $line" >&2; echo ok; done'
        with daemon([("talk", port, shell(script), "")]) as served, connect(port) as client:
            answers = client.makefile("rb")
            client.sendall(b"zero\n")
            self.assertEqual(answers.readline(), b"ok\n")
            # Before that nobody knows whether there is a server (spawn/README.md).
            served.wait_for_log("start id=talk ")
            os.kill(served.launchers()[0], signal.SIGKILL)
            served.wait_for_log("launcher for .* ended")
            os.kill(served.reactor(), signal.SIGKILL)
            served.wait_for_log("reactor ended")
            client.sendall(b"one\n")
            self.assertEqual(answers.readline(), b"ok\n")
            served.wait_for_log(r"stderr id=talk pid=\S+ from=\S+ heard one$")

    def test_a_server_is_not_held_up(self):
        port = free_port()
        script = '<STDIN>; print STDERR "noise $_\\n" for 1 .. 300000; print "done"'
        with daemon([("talk", port, [requires("perl"), "-e", script], "")]) as served, \
                connect(port) as client:
            served.wait_for_log("start id=talk ")
            reactor = served.reactor()
            os.kill(reactor, signal.SIGSTOP)
            client.sendall(b"go\n")
            self.assertEqual(client.makefile("rb").read(), b"done")
            os.kill(reactor, signal.SIGCONT)
            # Where the system does not tell who writes, a server that has ended is not known.
            served.wait_for_log(r"stderr (id=talk|user=\S+) .* noise 1$")


class Elsewhere(unittest.TestCase):
    """stderr = "file:/path", "null" and "socket"."""

    def setUp(self):
        self.port = free_port()
        self.script = shell("echo out; echo err >&2")

    def test_null_is_nowhere(self):
        with daemon([("talk", self.port, self.script, 'stderr = "null"')]) as served:
            self.assertEqual(exchange(self.port), b"out\n")
            served.wait_for_log("exit id=talk .*status=0")
            self.assertEqual(served.count("stderr id="), 0)

    def test_the_socket_is_the_client(self):
        with daemon([("talk", self.port, self.script, 'stderr = "socket"')]):
            self.assertEqual(exchange(self.port), b"out\nerr\n")

    def test_a_file_is_added_to_and_opened_anew_at_reload(self):
        with daemon([("talk", self.port, self.script, "")]) as served:
            path = os.path.join(served.folder, "errors")
            with open(served.config, "a", encoding="utf-8") as config:
                config.write(f'stderr = "file:{path}"\n')
            served.reload()
            self.assertEqual([exchange(self.port) for _ in range(3)], [b"out\n"] * 3)
            self.assertEqual(_content(path), "err\n" * 3)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & ~0o640, 0)
            os.rename(path, path + ".1")
            served.reload()
            exchange(self.port)
            self.assertEqual(_content(path), "err\n")
            self.assertEqual(_content(path + ".1"), "err\n" * 3)

    def test_without_its_file_a_service_starts_no_server_until_it_can_be_opened(self):
        with daemon([("talk", self.port, self.script, "")]) as served:
            path = os.path.join(served.folder, "later", "errors")
            with open(served.config, "a", encoding="utf-8") as config:
                config.write(f'stderr = "file:{path}"\n')
            served.reload()
            served.wait_for_log(rf'stderr = "file:{re.escape(path)}": .*start no server')
            self.assertEqual(exchange(self.port), b"")
            served.wait_for_log("refuse id=talk .*reason=exec errno=ENOENT step=stderr")
            os.mkdir(os.path.dirname(path))
            eventually(lambda: exchange(self.port) == b"out\n", DEADLINE, what="a server")
            self.assertEqual(_content(path), "err\n")

    def test_what_is_no_file_of_its_own_is_not_written_to(self):
        for kind in ("link", "fifo", "name"):
            with self.subTest(kind), \
                    daemon([("talk", self.port, self.script, "")]) as served:
                path, other = (os.path.join(served.folder, name) for name in ("errors", "other"))
                with open(other, "w", encoding="utf-8"):
                    pass
                {"link": lambda: os.symlink(other, path), "fifo": lambda: os.mkfifo(path),
                 "name": lambda: os.link(other, path)}[kind]()
                with open(served.config, "a", encoding="utf-8") as config:
                    config.write(f'stderr = "file:{path}"\n')
                served.reload()
                self.assertEqual(exchange(self.port), b"")
                served.wait_for_log("refuse id=talk .*step=stderr")
                self.assertEqual(_content(other), "")


def _content(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


if __name__ == "__main__":
    unittest.main()
