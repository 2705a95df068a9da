# SPDX-License-Identifier: ISC
"""What clients are told at either end of a connection, and where the lines about them go."""
import json
import os
import socket
import textwrap
import unittest

from harness import sockets
from harness.daemon import Daemon, StartFailed
from harness.surroundings import free_port, free_ports
from harness.surroundings import me, temporary_folder
from harness.waiting import eventually, seconds

ANSWER = b"HTTP/1.0 413 Too Large\r\n\r\n" + b"x" * 4000


def read_all(connection):
    """What comes until the end; a reset is an error."""
    parts = []
    while piece := connection.recv(65536):
        parts.append(piece)
    return b"".join(parts)


def connect(port):
    """A connection to a port of this host."""
    return socket.create_connection(("127.0.0.1", port), seconds(20))


class Folder(unittest.TestCase):
    """With files of its own."""

    def setUp(self):
        self.folder = temporary_folder()

    def path(self, name):
        """Of a file in the folder."""
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """Makes a file; returns its path."""
        with open(self.path(name), "wb") as file:
            file.write(text)
        os.chmod(self.path(name), 0o644)
        return self.path(name)

    def read(self, name):
        """The text of a file."""
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def service(self, name, port, body):
        """One service of a TOML file."""
        return textwrap.dedent(f"""\
            [services.{name}]
            listen = "tcp4://127.0.0.1:{port}"
            user = "{me()}"
            """) + textwrap.dedent(body) + "\n"

    def daemon(self, *services, **arguments):
        """A daemon with these services."""
        return Daemon("".join(services), file_name="uvinetd.toml", **arguments)


class Banners(Folder):
    """banner, banner_success, banner_fail."""

    def banners(self):
        """Keys for three of them."""
        return "".join(f"{key} = {json.dumps(self.write(key, text))}\n" for key, text in (
            ("banner", b"hello\n"), ("banner_success", b"come in\n"), ("banner_fail", b"no\n")))

    def test_those_who_are_let_in_and_those_who_are_not(self):
        port = free_port()
        with self.daemon(self.service("one", port, self.banners() + textwrap.dedent("""\
                exec = ["/bin/sh", "-c", "echo server; read line"]
                instances = 1
                at_limit = "refuse"
                """))) as daemon:
            with connect(port) as first, first.makefile("rb") as lines:
                self.assertEqual([lines.readline() for _ in range(3)],
                                 [b"hello\n", b"come in\n", b"server\n"])
                with connect(port) as second:
                    self.assertEqual(read_all(second), b"hello\nno\n")
                daemon.wait_for_log(r"refuse id=one.* reason=instances")
                first.sendall(b"\n")

    def test_a_builtin_has_banners_too(self):
        port = free_port()
        with self.daemon(self.service("one", port, self.banners() + 'internal = "daytime"\n')):
            self.assertTrue(sockets.fetch(port).startswith(b"hello\ncome in\n"))

    def test_the_largest_one_arrives_whole(self):
        port = free_port()
        large = os.urandom(65536)
        with self.daemon(self.service("one", port, f"""\
                banner = {json.dumps(self.write("large", large))}
                exec = ["/bin/sh", "-c", "printf end"]
                """)):
            with connect(port) as client:
                self.assertEqual(read_all(client), large + b"end")

    def test_one_that_does_not_fit_is_a_refusal(self):
        port = free_port()
        with self.daemon(self.service("one", port, f"""\
                banner = {json.dumps(self.write("large", bytes(65536)))}
                send_buffer = 4096
                exec = ["/bin/sh", "-c", "printf end"]
                """)) as daemon:
            with connect(port) as client:
                self.assertLess(len(read_all(client)), 65536)
            daemon.wait_for_log(r"refuse id=one .*reason=banner")

    def test_a_reload_reads_them_again(self):
        port = free_port()
        path = self.write("text", b"old\n")
        config = self.service("one", port, f"""\
            banner = {json.dumps(path)}
            exec = ["/bin/true"]
            """)
        with self.daemon(config) as daemon:
            self.assertEqual(sockets.fetch(port), b"old\n")
            self.write("text", b"new\n")
            self.assertIn("changed=1", daemon.reload())
            self.assertEqual(sockets.fetch(port), b"new\n")

    def test_what_cannot_be_sent_is_an_error_at_its_line(self):
        os.mkfifo(self.path("pipe"))
        self.write("large", bytes(65537))
        for name, what in (("none", "No such file"), ("pipe", "not a regular file"),
                           ("large", "larger than 64 KiB"), (".", "not a regular file")):
            with self.subTest(name), self.assertRaises(StartFailed) as failed:
                with self.daemon(self.service("one", free_port(), f"""\
                        exec = ["/bin/true"]
                        banner = {json.dumps(self.path(name))}
                        """)):
                    pass
            self.assertRegex(failed.exception.log, rf"toml:5:\d+: error: .*{what}.* \[banner\]")


class Lingering(Folder):
    """lingering_close."""

    def test_a_client_that_is_not_listened_to_reads_the_whole_answer(self):
        # Without the key 300 of 300 have ECONNRESET behind the answer, or before it: the kernel resets
        # a connection that is closed with unread data in it.
        self.write("answer", ANSWER)
        port = free_port()
        with self.daemon(self.service("one", port, f"""\
                exec = ["/bin/cat", {json.dumps(self.path("answer"))}]
                lingering_close = true
                """), log_connections=False):
            for _ in range(300):
                with connect(port) as client:
                    client.sendall(bytes(200_000))
                    self.assertEqual(read_all(client), ANSWER)

    def test_a_refused_client_reads_why(self):
        port = free_port()
        fail = self.write("fail", b"busy, come later\n")
        with self.daemon(self.service("one", port, f"""\
                exec = ["/bin/sh", "-c", "read line"]
                instances = 1
                at_limit = "refuse"
                banner_fail = {json.dumps(fail)}
                lingering_close = true
                """)) as daemon:
            with connect(port) as first:
                daemon.wait_for_log(r"start id=one ")
                for _ in range(50):
                    with connect(port) as client:
                        client.sendall(bytes(100_000))
                        self.assertEqual(read_all(client), b"busy, come later\n")
                first.sendall(b"\n")

    def test_a_process_that_the_server_leaves_keeps_the_connection(self):
        port = free_port()
        with self.daemon(self.service("one", port, """\
                exec = ["/bin/sh", "-c", "exec 3<&0; (read line <&3; echo late $line) & exit 0"]
                lingering_close = true
                """)) as daemon:
            with connect(port) as client:
                daemon.wait_for_log(r"exit id=one ")
                client.sendall(b"word\n")
                # By way of 3: what sh(1) starts in the background reads /dev/null.
                self.assertEqual(read_all(client), b"late word\n")


class ServiceLogs(Folder):
    """log_connections, log_on_success, log_on_failure, log_type."""

    def test_the_words_decide_about_the_lines(self):
        quiet, loud, some = free_ports(3)
        program = 'exec = ["/bin/true"]\n'
        with self.daemon(self.service("quiet", quiet, program + "log_connections = false"),
                         self.service("loud", loud, program),
                         self.service("some", some, program + 'log_on_success = ["HOST", "EXIT"]'),
                         ) as daemon:
            for port in (quiet, loud, some):
                sockets.fetch(port)
            daemon.wait_for_log(r"start id=loud pid=\d+ from=127.0.0.1:\d+$")
            daemon.wait_for_log(r"exit id=loud pid=\d+ status=0 ms=\d+ cpu=\d+$")
            daemon.wait_for_log(r"start id=some from=127.0.0.1:\d+$")
            daemon.wait_for_log(r"exit id=some status=0$")
            self.assertNotIn("id=quiet", daemon.log())

    def test_words_are_a_wish_for_lines(self):
        port = free_port()
        with self.daemon(self.service("one", port, """\
                exec = ["/bin/sh", "-c", "read line"]
                log_on_success = ["PID"]
                log_on_failure = ["ATTEMPT"]
                instances = 1
                at_limit = "refuse"
                """), log_connections=False) as daemon:
            with connect(port) as first:
                daemon.wait_for_log(r"start id=one pid=\d+$")
                with connect(port) as second:
                    self.assertEqual(read_all(second), b"")
                daemon.wait_for_log(r"refuse id=one reason=instances$")
                first.sendall(b"\n")
            self.assertNotIn("exit id=one", daemon.log())

    def test_a_file_of_its_own_has_its_lines_and_no_others_have(self):
        port = free_port()
        with self.daemon(self.service("one", port, f"""\
                exec = ["/bin/true"]
                log_type = "FILE {self.path("own")}"
                """)) as daemon:
            sockets.fetch(port)
            eventually(lambda: "exit id=one" in self.read("own"), what="the line of its end")
            self.assertRegex(self.read("own"), r"uvinetd\[\d+\]: start id=one pid=\d+ from=127")
            self.assertNotIn("start id=one", daemon.log())
            os.rename(self.path("own"), self.path("old"))
            daemon.reload()
            sockets.fetch(port)
            eventually(lambda: "exit id=one" in self.read("own"), what="the new file")
            self.assertEqual(self.read("old").count("exit id=one"), 1)

    def test_a_new_reactor_writes_to_the_same_file(self):
        port = free_port()
        with self.daemon(self.service("one", port, f"""\
                exec = ["/bin/true"]
                log_type = "FILE {self.path("own")}"
                """)) as daemon:
            daemon.replace_reactor()
            sockets.fetch(port)
            eventually(lambda: "exit id=one" in self.read("own"), what="the line of its end")

    def test_a_full_file_is_not_written_to(self):
        port = free_port()
        with self.daemon(self.service("one", port, f"""\
                exec = ["/bin/true"]
                log_type = "FILE {self.path("own")} 100 200"
                """)) as daemon:
            for _ in range(8):
                sockets.fetch(port)
            daemon.wait_for_log(r"log file=\S+own is full")
            size = os.path.getsize(self.path("own"))
            sockets.fetch(port)
            self.assertEqual(os.path.getsize(self.path("own")), size)
            self.assertLess(size, 400)
            self.assertEqual(daemon.count(r"own is larger than 100 bytes"), 1)

    def test_a_file_that_cannot_be_opened_is_told_and_nothing_is_lost(self):
        port = free_port()
        os.symlink("/dev/null", self.path("link"))
        with self.daemon(self.service("one", port, f"""\
                exec = ["/bin/true"]
                log_type = "FILE {self.path("link")}"
                """)) as daemon:
            daemon.wait_for_log(r"link.* go to the log of the daemon")
            sockets.fetch(port)
            daemon.wait_for_log(r"start id=one ")

    def test_mistakes_are_errors_at_their_line(self):
        for line, what in (('log_type = "SYSLOG demon"', "unknown facility"),
                           ('log_type = "FILE /x 2M 1M"', "below the one of the warning"),
                           ('log_type = "FILE /x 0"', "bad size"),
                           ('log_type = "FILE x"', "absolute path"),
                           ('log_type = "PIPE x"', "expected SYSLOG or FILE"),
                           ('log_on_success = ["NAME"]', "unknown word"),
                           ('log_on_failure = ["EXIT"]', "unknown word")):
            with self.subTest(line), self.assertRaises(StartFailed) as failed:
                with self.daemon(self.service("one", free_port(), f"""\
                        exec = ["/bin/true"]
                        {line}
                        """)):
                    pass
            self.assertRegex(failed.exception.log, rf"toml:5:\d+: error: .*{what}.* \[log\]")

    def test_xinetd_has_the_same(self):
        port = free_port()
        self.write("banner", b"welcome\n")
        config = textwrap.dedent(f"""\
            defaults
            {{
                log_type = FILE {self.path("own")}
                log_on_success = PID HOST DURATION EXIT
                log_on_failure = HOST
            }}
            service one
            {{
                type = UNLISTED
                port = {port}
                socket_type = stream
                wait = no
                user = {me()}
                server = /bin/true
                banner = {self.path("banner")}
            }}
            """)
        with Daemon(config, file_name="xinetd.conf", log_connections=False) as daemon:
            self.assertEqual(sockets.fetch(port), b"welcome\n")
            eventually(lambda: "exit id=one" in self.read("own"), what="the line of its end")
            self.assertNotIn("warning", daemon.log())


class DaemonLog(Folder):
    """[daemon] log = "file:..."."""

    def test_a_file_is_opened_anew_at_a_reload(self):
        port = free_port()
        config = (f'[daemon]\nlog = "file:{self.path("log")}"\n' +
                  self.service("one", port, 'exec = ["/bin/true"]\n'))
        daemon = Daemon(config, file_name="uvinetd.toml", to_stderr=False)
        with daemon:
            sockets.fetch(port)
            eventually(lambda: "exit id=one" in self.read("log"), what="the line of its end")
            self.assertIn("ready: 1 services", self.read("log"))
            os.rename(self.path("log"), self.path("old"))
            daemon.process.send_signal(1)
            eventually(lambda: os.path.exists(self.path("log")) and
                       "reload kept=1" in self.read("log"), what="the new file")


if __name__ == "__main__":
    unittest.main()
