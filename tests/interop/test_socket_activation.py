# SPDX-License-Identifier: ISC
"""Real daemons that were made for systemd's socket activation, started by their first client."""
import json
import os
import signal
import unittest

from harness import sandbox, sockets
from harness.clients import run_client
from harness.daemon import Daemon
from harness.surroundings import me, requires, shared_folder
from harness.waiting import eventually


def setUpModule():  # pylint: disable=invalid-name
    """A network and a /run of our own."""
    sandbox.enter()


class Activated(unittest.TestCase):
    """Each is started twice: by its first client, and by the next one after its end."""

    def setUp(self):
        self.folder = shared_folder()

    def write(self, name, text):
        """A file for the server."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path

    def activate(self, listen, command, *asks):
        """`asks` are clients that fail when they are not served."""
        config = (f"[services.server]\nlisten = {json.dumps(listen)}\nmode = \"wait\"\n"
                  f"listen_fds = true\nexec = {json.dumps(command)}\nuser = \"{me()}\"\n"
                  "stderr = \"null\"\n")
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            self.assertEqual(daemon.servers(), [])
            for turn in (1, 2):
                for ask in asks:
                    ask()
                daemon.assert_count(r"\bstart id=server", turn)
                for pid in daemon.servers():
                    os.kill(pid, signal.SIGTERM)
                eventually(lambda: daemon.count(r"\bexit id=server") == turn,
                           what=lambda: f"its end in:\n{daemon.log()}")

    def test_gunicorn_serves_over_tcp_and_a_unix_socket(self):
        gunicorn, curl = requires("gunicorn"), requires("curl")
        self.write("hello.py", "def app(environ, start):\n"
                               "    start('200 OK', [('Content-Length', '6')])\n"
                               "    return [b'served']\n")
        path = os.path.join(self.folder, "web")

        def ask(*address):
            self.assertEqual(run_client(curl, "-s", *address).stdout, "served")
        self.activate([f"unix://{path}", "tcp4://127.0.0.1:8000"],
                      [gunicorn, "--chdir", self.folder, "--worker-tmp-dir", self.folder,
                       "hello:app"],
                      lambda: ask("http://127.0.0.1:8000/"),
                      lambda: ask("--unix-socket", path, "http://localhost/"))

    def test_rpcbind_answers_on_all_its_sockets(self):
        rpcbind, rpcinfo = requires("rpcbind"), requires("rpcinfo")
        os.makedirs("/run/rpcbind", exist_ok=True)

        def ask(*arguments):
            self.assertRegex(run_client(rpcinfo, *arguments).stdout, r"(?m)portmapper|100000")
        self.activate(["unix:///run/rpcbind.sock", "tcp4://:111", "udp4://:111"],
                      [rpcbind, "-f", "-w"], ask, lambda: ask("-p", "127.0.0.1"),
                      lambda: ask("-T", "udp", "127.0.0.1", "100000"))

    def test_mpd_speaks_its_protocol(self):
        mpd = requires("mpd")
        config = self.write("mpd.conf", f'music_directory "{self.folder}"\n'
                                        f'log_file "{self.folder}/log"\n'
                                        'audio_output {\n  type "null"\n  name "none"\n}\n')

        def ask():
            with sockets.connect(6600) as client:
                self.assertRegex(sockets.read_line(client), r"^OK MPD ")
                client.sendall(b"ping\n")
                self.assertEqual(sockets.read_line(client), "OK")
        self.activate(["tcp4://127.0.0.1:6600"], [mpd, "--no-daemon", config], ask)


if __name__ == "__main__":
    unittest.main()
