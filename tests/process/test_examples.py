# SPDX-License-Identifier: ISC
"""The shipped example configurations are true: they pass the check and serve."""
import glob
import os
import subprocess
import unittest

from harness import sandbox, sockets
from harness.daemon import Daemon
from harness.surroundings import bin_dir, temporary_folder
from harness.waiting import seconds

_EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "packaging", "examples")


class Examples(unittest.TestCase):
    """As root, since they run their programs as nobody."""

    @classmethod
    def setUpClass(cls):
        sandbox.enter()

    def test_each_passes_the_check_without_a_word(self):
        paths = glob.glob(os.path.join(_EXAMPLES, "*.conf"))
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(os.path.basename(path)):
                self.check(path)

    def check(self, path):
        """There is nothing to say about the file."""
        done = subprocess.run([os.path.join(bin_dir(), "uvinetd"), "--check", path],
                              check=False, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=seconds(30))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotRegex(done.stdout + done.stderr, r":\d+:\d+: (error|warning)")

    def test_the_syslog_service_passes_it_with_the_rules_beside_it(self):
        if not os.path.exists(os.path.join(bin_dir(), "uvinetd-syslogd")):
            self.skipTest("no syslog service was built")
        sandbox.add_account("uvinetd", 10001, 10001)
        sandbox.add_group("uvinetd", 10001)
        folder = os.path.abspath(os.path.join(_EXAMPLES, "syslog"))
        with open(os.path.join(folder, "syslog.toml"), encoding="utf-8") as file:
            text = file.read()
        path = os.path.join(temporary_folder(), "syslog.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("/etc/syslog.conf", f"{folder}/syslog.conf"))
        self.check(path)

    def test_the_quick_start_serves_what_it_says(self):
        with open(os.path.join(_EXAMPLES, "quickstart.conf"), encoding="utf-8") as file:
            text = file.read()
        with Daemon(text):
            self.assertRegex(sockets.fetch(7070), rb"(?m)^REMOTE_ADDR=127\.0\.0\.1$")
            self.assertRegex(sockets.fetch(7013), rb"^\w{3} \w{3} .*\r\n$")
            with sockets.connect(7007) as client:
                client.sendall(b"hello\n")
                self.assertEqual(sockets.read_line(client), "hello")
            with sockets.datagram_client(7007) as client:
                self.assertEqual(sockets.ask(client, "hello"), "hello")
            with sockets.connect(7019) as client:
                self.assertEqual(len(sockets.read_exactly(client, 1000)), 1000)
