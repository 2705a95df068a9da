# SPDX-License-Identifier: ISC
"""File transfer by real servers and clients: ftpd with curl and ftp, in.tftpd with curl and tftp."""
import contextlib
import os
import subprocess
import unittest

from harness import procfs, sandbox
from harness.account import ID, PASSWORD, USER, make_account
from harness.clients import run_client
from harness.daemon import Daemon
from harness.surroundings import requires, temporary_folder
from harness.waiting import seconds



def setUpModule():
    """Real ports and an account that only these tests see."""
    sandbox.enter()


def write(path, data):
    """A file with these bytes that everybody can read."""
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o644)
    return path


def read(path):
    """All bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


class Ftp(unittest.TestCase):
    """Login, LIST, RETR, STOR; active and passive."""

    @classmethod
    def setUpClass(cls):
        server = requires("ftpd")
        cls.curl = requires("curl")
        cls.home = make_account()
        cls.data = os.urandom(300000)
        write(os.path.join(cls.home, "served"), cls.data)
        cls.daemon = Daemon([f"ftp stream tcp nowait root {server} ftpd -l"])

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def by_curl(self, *arguments, path=""):
        """One exchange by curl, as bytes."""
        done = subprocess.run(
            [self.curl, "-sS", "--user", f"{USER}:{PASSWORD}", *arguments,
             f"ftp://127.0.0.1/{path}"],
            check=False, capture_output=True, timeout=seconds(60), stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def exchange(self, *arguments):
        """LIST, RETR and STOR with these options of curl."""
        self.assertIn(b"served", self.by_curl(*arguments))
        self.assertEqual(self.by_curl(*arguments, path="served"), self.data)
        upload = write(os.path.join(temporary_folder(), "upload"), os.urandom(200000))
        self.by_curl(*arguments, "-T", upload, path="stored")
        stored = os.path.join(self.home, "stored")
        self.assertEqual(read(stored), read(upload))
        self.assertEqual(os.stat(stored).st_uid, ID)
        os.unlink(stored)

    def test_curl_lists_gets_and_puts_passively(self):
        self.exchange()

    def test_curl_lists_gets_and_puts_actively(self):
        self.exchange("--ftp-port", "-")

    def test_a_wrong_password_is_refused_by_the_server(self):
        done = run_client(self.curl, "-sS", "--user", f"{USER}:wrong", "ftp://127.0.0.1/",
                          check=False)
        self.assertEqual(done.returncode, 67, done.stderr)  # login denied

    def by_ftp(self, mode):
        """The classic client, told what to do through its input."""
        client = requires("inetutils-ftp")
        folder = temporary_folder()
        upload = os.urandom(50000)
        write(os.path.join(folder, "upload"), upload)
        commands = [f"user {USER} {PASSWORD}", "binary", *mode, "ls", "get served",
                    "put upload stored", "bye"]
        done = run_client(client, "-n", "-v", "127.0.0.1", text="\n".join(commands) + "\n",
                          folder=folder)
        self.assertIn("served", done.stdout)
        self.assertEqual(read(os.path.join(folder, "served")), self.data, done.stdout)
        self.assertEqual(read(os.path.join(self.home, "stored")), upload, done.stdout)

    def test_ftp_lists_gets_and_puts_actively(self):
        self.by_ftp(["passive off"])

    def test_ftp_lists_gets_and_puts_passively(self):
        self.by_ftp(["passive on"])


class Tftp(unittest.TestCase):
    """A wait server that answers from sockets of its own and stays for the next client."""

    @classmethod
    def setUpClass(cls):
        server = requires("in.tftpd")
        cls.folder = temporary_folder()
        os.chmod(cls.folder, 0o777)
        cls.data = os.urandom(100000)
        write(os.path.join(cls.folder, "served"), cls.data)
        cls.daemon = Daemon(
            [f"tftp dgram udp4 wait root {server} in.tftpd -c -p -s {cls.folder}"])

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def client(self, kind, out):
        """A client that fetches the served file, started but not waited for."""
        if kind == "curl":
            command = [requires("curl"), "-sS", "-o", out, "tftp://127.0.0.1/served"]
        else:
            command = [requires("tftp"), "127.0.0.1", "-m", "binary", "-c", "get", "served", out]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def test_two_clients_at_once_get_the_same_file(self):
        folder = temporary_folder()
        jobs = [(self.client(kind, os.path.join(folder, f"{kind}{turn}")),
                 os.path.join(folder, f"{kind}{turn}"))
                for turn in range(3) for kind in ("curl", "tftp")]
        for job, path in jobs:
            self.assertEqual(job.wait(seconds(60)), 0)
            self.assertEqual(read(path), self.data)
        ended = self.daemon.count(r"\bexit id=tftp/udp")
        self.daemon.assert_count(r"\bstart id=tftp/udp", ended + 1)

    def test_a_file_is_put_by_each_client(self):
        upload = write(os.path.join(temporary_folder(), "upload"), os.urandom(70000))
        run_client(requires("curl"), "-sS", "-T", upload, "tftp://127.0.0.1/by-curl")
        run_client(requires("tftp"), "127.0.0.1", "-m", "binary", "-c", "put", upload, "by-tftp")
        for name in ("by-curl", "by-tftp"):
            self.assertEqual(read(os.path.join(self.folder, name)), read(upload))

    def test_a_killed_server_is_replaced_for_the_next_client(self):
        out = os.path.join(temporary_folder(), "out")
        self.assertEqual(self.client("tftp", out).wait(seconds(60)), 0)
        before = self.daemon.count(r"\bexit id=tftp/udp") + 1
        for pid in self.daemon.servers():
            with contextlib.suppress(ProcessLookupError):  # a transfer's own process may have ended
                os.kill(pid, 9)
        self.daemon.wait_for_log(r"\bexit id=tftp/udp\S* pid=\d+ status=\S*(9|KILL)")
        self.assertEqual(self.client("tftp", out).wait(seconds(60)), 0)
        self.assertEqual(read(out), self.data)
        self.daemon.assert_count(r"\bstart id=tftp/udp", before + 1)
        self.assertTrue(procfs.is_alive(self.daemon.pid))
