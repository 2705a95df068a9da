# SPDX-License-Identifier: ISC
"""Real servers that are started warm say what they say when they are exec'd.

Each has a session by exec twice, then by a zygote in every way. Where exec says the same bytes
twice, a warm server must say them too; a real client must come to the same outcome.
"""
import os
import re
import shutil
import socket
import subprocess
import unittest

from harness import sandbox, sockets
from harness.account import ID, PASSWORD, USER, log_in, make_account
from harness.clients import Terminal, run_client
from harness.ssh import SshKeys
from harness.surroundings import is_root, requires, temporary_folder
from harness.warm import WAYS, Service, WarmDaemon, requires_zygote, warm
from interop.test_trees import differences, fill

_TIMES = re.compile(rb"\d\d:\d\d(:\d\d)?")


def setUpModule():
    """All of this is about zygotes."""
    requires_zygote()


class Sessions(unittest.TestCase):
    """What is common to all servers."""

    maxDiff = None

    def compare(self, command, session, degrades=False, **keys):
        """Compares session(port) over exec and over every way to be warm.

        With `degrades`, one that shall be parked at its first touch of the connection may be
        parked before main() instead, with one reason.
        """
        cold = Service("cold", command, **keys)
        with WarmDaemon(cold):
            first, second = session(cold.port), session(cold.port)
        for way in WAYS:
            with self.subTest(way):
                service = warm("warm", command, way, **keys)
                with WarmDaemon(service) as daemon:
                    zygote = daemon.warm_up(service)
                    daemon.assert_served_warm(service)
                    for _ in range(2):
                        self.assertEqual(daemon.wait_for_zygote(service), zygote)
                        found = session(service.port)
                        if first == second:
                            self.assertEqual(found, first)
                    self.assertEqual(daemon.wait_for_zygote(service), zygote)
                    most = int(degrades and service.keys["park"] == "io")
                    self.assertLessEqual(len(daemon.reasons(service)), most, daemon.log())

    def says(self, port, *exchange):
        """Sends each text when the pattern before it was answered; returns all bytes.

        The exchange is PATTERN, TEXT, PATTERN, TEXT ...; times of day and ports are left out.
        """
        said = b""
        with sockets.connect(port) as client:
            own = str(client.getsockname()[1]).encode()
            for pattern, text in zip(exchange[::2], exchange[1::2]):
                mark = len(said)
                while not re.search(pattern, said[mark:]):
                    piece = client.recv(4096)
                    self.assertTrue(piece, f"the server ended after {said!r}")
                    said += piece
                client.sendall(text)
            said += sockets.read_all(client)
        return _TIMES.sub(b"TIME", said).replace(own, b"PORT").replace(str(port).encode(), b"PORT")


class Small(Sessions):
    """Servers that need no account."""

    def test_fingerd(self):
        self.compare([requires("in.fingerd")], lambda port: self.says(port, b"", b"root\r\n"))

    def test_nullidentd(self):
        def session(port):
            with sockets.connect(port) as client:
                client.sendall(b"6191, 23\r\n")
                reply = sockets.read_line(client)
            self.assertRegex(reply, "USERID")
            return reply

        user = {"user": "nobody"} if is_root() else {}  # it does not serve as root
        self.compare([requires("nullidentd")], session, **user)

    def test_micro_httpd(self):
        folder = temporary_folder()
        with open(os.path.join(folder, "page.html"), "w", encoding="ascii") as file:
            file.write("<p>" + "a page " * 5000)

        def session(port):
            page = self.says(port, b"", b"GET /page.html HTTP/1.0\r\n\r\n")
            self.assertIn(b"a page a page", page)
            return page

        self.compare([requires("micro-httpd"), folder], session)

    def test_rsync(self):
        program = requires("rsync")
        source, module = temporary_folder(), temporary_folder()
        fill(source, 150)
        config = os.path.join(module + "-conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"use chroot = no\n[tree]\npath = {module}\nread only = no\n")
            file.write("uid = root\ngid = root\n" if os.geteuid() == 0 else "")
        self.addCleanup(os.unlink, config)

        def session(port):
            back = temporary_folder()
            url = f"rsync://127.0.0.1:{port}/tree/"
            run_client(program, "-a", "--delete", source + "/", url, duration=120)
            run_client(program, "-a", url, back + "/", duration=120)
            return differences(source, module) + differences(source, back)

        self.compare([program, "--daemon", f"--config={config}"], session)

    def test_git_daemon(self):
        program, base, home = requires("git"), temporary_folder(), temporary_folder()
        environment = dict(os.environ, HOME=home, GIT_CONFIG_NOSYSTEM="1")
        for name in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{name}_NAME": "A", f"GIT_{name}_EMAIL": "a@example.org"}

        def git(*arguments):
            return run_client(program, *arguments, environment=environment).stdout

        work = os.path.join(home, "work")
        git("init", "-q", "-b", "main", work)
        fill(work, 60)
        git("-C", work, "add", ".")
        git("-C", work, "commit", "-q", "-m", "files")
        git("clone", "-q", "--bare", work, os.path.join(base, "project.git"))

        def session(port):
            clone = os.path.join(temporary_folder(), "clone")
            git("clone", "-q", f"git://127.0.0.1:{port}/project.git", clone)
            return git("-C", clone, "rev-parse", "HEAD") + git("-C", clone, "status", "--porcelain")

        self.compare([program, "daemon", "--inetd", "--export-all", f"--base-path={base}"],
                     session)


    def test_svnserve(self):
        server, client, admin = requires("svnserve", "svn", "svnadmin")
        base, settings = temporary_folder(), temporary_folder()
        repository = os.path.join(base, "project")
        run_client(admin, "create", repository)
        with open(os.path.join(repository, "conf", "svnserve.conf"), "w", encoding="ascii") as file:
            file.write("[general]\nanon-access = read\n")
        source = temporary_folder()
        fill(source, 60)
        options = ["-q", "--non-interactive", "--config-dir", settings]
        run_client(client, "import", *options, "-m", "files", source, f"file://{repository}")

        def session(port):
            back = os.path.join(temporary_folder(), "back")
            url = f"svn://127.0.0.1:{port}/project"
            run_client(client, "export", *options, url, back, duration=60)
            return differences(source, back)

        self.compare([server, "-i", "-r", base], session, degrades=True)


class Scripts(Sessions):
    """An exchange of lines with an interpreter's server."""

    TEXT = {
        "python3": "import os, sys\nprint('ready', flush=True)\nfor line in sys.stdin:\n"
                   "    print(os.environ['PROTO'], line.upper().strip(), flush=True)\n",
        "perl": '$| = 1;\nprint "ready\\n";\nwhile (my $line = <STDIN>) '
                '{ print "$ENV{PROTO} ", uc($line); }\n',
        "bash": 'echo ready\nwhile read -r line; do echo "$PROTO ${line^^}"; done\n',
        "lua5.4": 'io.stdout:setvbuf("line")\nprint("ready")\nfor line in io.lines() do\n'
                  '  print(os.getenv("PROTO") .. " " .. line:upper())\nend\n',
    }

    def check(self, interpreter, degrades=False):
        """Three lines there and back."""
        program = requires(interpreter)
        path = os.path.join(temporary_folder(), "server")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"#!{program}\n{self.TEXT[interpreter]}")
        os.chmod(path, 0o755)

        def session(port):
            with sockets.connect(port) as client:
                said = [sockets.read_line(client)]
                for line in ("one", "two", "three"):
                    client.sendall(line.encode() + b"\n")
                    said.append(sockets.read_line(client))
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(sockets.read_all(client), b"")
            self.assertEqual(said, ["ready", "TCP ONE", "TCP TWO", "TCP THREE"])
            return said

        self.compare([path], session, degrades)

    def test_python(self):
        self.check("python3")

    def test_perl(self):
        self.check("perl")

    def test_bash(self):
        self.check("bash", degrades=True)

    def test_lua(self):
        self.check("lua5.4")


class WithAccount(Sessions):
    """Servers for a user that only these tests see."""

    @classmethod
    def setUpClass(cls):
        sandbox.enter()
        cls.home = make_account()

    def login(self, port, *words):
        """USER, PASS, these words, QUIT."""
        exchange = [rb"(220|\+OK).*\r\n", f"USER {USER}\r\n".encode(), rb"(331|\+OK).*\r\n",
                    f"PASS {PASSWORD}\r\n".encode()]
        for word in (*words, b"QUIT"):
            exchange += [rb"(?m)^(\d{3} |\+OK|\d{3} End).*\r\n", word + b"\r\n"]
        return self.says(port, *exchange)


def unpacked_vsftpd():
    """vsftpd, taken from its package: it cannot be installed beside another FTP server."""
    folder = temporary_folder()
    commands = (["apt-get", "-q", "-o", "Acquire::http::Timeout=20", "download", "vsftpd"],
                ["sh", "-c", "dpkg-deb -x vsftpd_*.deb ."])
    for command in commands:
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError):
            return ""
    return os.path.join(folder, "usr/sbin/vsftpd")


class Ftp(WithAccount):
    """Two servers of one protocol."""

    @classmethod
    def setUpClass(cls):
        cls.vsftpd = shutil.which("vsftpd") or unpacked_vsftpd()  # before there is no network
        super().setUpClass()

    def session(self, port):
        """A login and a few questions; a file by curl."""
        with open(os.path.join(self.home, "served"), "wb") as file:
            file.write(b"served " * 1000)
        said = self.login(port, b"PWD", b"TYPE I", b"SYST")
        self.assertIn(b"230", said)
        done = run_client(requires("curl"), "-sS", "--user", f"{USER}:{PASSWORD}",
                          f"ftp://127.0.0.1:{port}/served")
        self.assertEqual(done.stdout, "served " * 1000)
        return said

    def test_inetutils_ftpd(self):
        self.compare([requires("ftpd"), "-l"], self.session, degrades=True, user="root")

    def test_vsftpd(self):
        if not self.vsftpd:
            self.skipTest("vsftpd is not installed and its package cannot be had")
        os.makedirs("/run/vsftpd/empty", exist_ok=True)
        config = os.path.join(temporary_folder(), "vsftpd.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write("listen=NO\nlisten_ipv6=NO\nanonymous_enable=NO\nlocal_enable=YES\n"
                       "secure_chroot_dir=/run/vsftpd/empty\npam_service_name=vsftpd\n"
                       "xferlog_enable=NO\n")
        self.compare([self.vsftpd, config], self.session, degrades=True, user="root")


class Mail(WithAccount):
    """POP3."""

    def test_popa3d(self):
        server = requires("popa3d")
        os.makedirs("/var/mail", exist_ok=True)

        def session(port):
            said = self.login(port, b"STAT")
            self.assertIn(b"+OK", said)
            return said

        self.compare([server], session, degrades=True, user="root")


class Telnet(WithAccount):
    """A login at a terminal."""

    def test_telnetd(self):
        server, client, _ = requires("telnetd", "inetutils-telnet", "login")

        def session(port):
            with Terminal(client, "127.0.0.1", str(port)) as terminal:
                log_in(terminal)
                terminal.type("echo answer $((6 * 7)); tty")
                terminal.expect("answer 42")
                terminal.expect("/dev/pts/")
                terminal.type("exit")
                terminal.expect("closed by foreign host")

        self.compare([server], session, degrades=True, user="root")


class Ssh(WithAccount):
    """Two servers of one protocol, with keys made for the test."""

    def setUp(self):
        self.keys = SshKeys(USER)
        self.keys.make("user")
        os.makedirs(os.path.join(self.home, ".ssh"), 0o700, exist_ok=True)
        authorized = os.path.join(self.home, ".ssh", "authorized_keys")
        os.replace(self.keys.path("user.pub"), authorized)
        os.chmod(authorized, 0o644)
        for path in (os.path.dirname(authorized), authorized):
            os.chown(path, ID, ID)

    def session(self, port):
        """A command that reads and writes."""
        done = self.keys.command(
            port, "cat; id -u; echo $SSH_CONNECTION | cut -d' ' -f1,3", text="from the client\n")
        self.assertEqual(done.stdout, f"from the client\n{ID}\n127.0.0.1 127.0.0.1\n")
        return done.stdout

    def test_sshd(self):
        server = requires("sshd")
        os.makedirs("/run/sshd", 0o755, exist_ok=True)
        self.keys.make("host")
        with open(self.keys.path("config"), "w", encoding="ascii") as file:
            file.write(f"HostKey {self.keys.path('host')}\nUsePAM no\nStrictModes no\nPidFile none\n")
        self.compare([server, "-i", "-f", self.keys.path("config")], self.session, user="root")

    def test_dropbear(self):
        server, keygen = requires("dropbear", "dropbearkey")
        run_client(keygen, "-t", "ed25519", "-f", self.keys.path("host"))
        self.compare([server, "-i", "-r", self.keys.path("host"), "-P", ""], self.session,
                     degrades=True, user="root")


if __name__ == "__main__":
    unittest.main()
