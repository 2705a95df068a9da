# SPDX-License-Identifier: ISC
"""internal = "health": a command's end as an answer, to hand-made clients and to HAProxy."""
import os
import socket
import threading
import unittest

from harness import sockets
from harness.daemon import Daemon, StartFailed
from harness.haproxy import Haproxy
from harness.surroundings import free_port, free_ports, me, temporary_folder
from harness.waiting import eventually

_LOCAL = "127.0.0.1"


def health(port, script, more=""):
    """One service whose command is a shell script."""
    return (f'[services.well]\nlisten = "tcp4://{_LOCAL}:{port}"\nuser = "{me()}"\n'
            f'internal = "health"\nstderr = "socket"\n'
            f'exec = ["/bin/sh", "-c", {script!r}]\n{more}\n')


def toml(config, *options, **more):
    """A daemon with this configuration in TOML."""
    return Daemon(config, options, file_name="uvinetd.toml", **more)


def parts(answer):
    """The status line, the header by its names in lower case, and the body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return status, dict(line.lower().split(": ", 1) for line in lines), body


class Answers(unittest.TestCase):
    """By HTTP, and to an agent check."""

    def test_what_the_command_says_to_standard_error_goes_where_it_is_to(self):
        port = free_port()
        config = health(port, "echo to the log >&2; echo well")
        with toml(config.replace('stderr = "socket"\n', "")) as daemon:
            self.assertEqual(parts(sockets.fetch(port, request=b"GET / HTTP/1.0\r\n\r\n"))[2],
                             b"well\n")
            daemon.wait_for_log(r"stderr id=well .* to the log$")
        with toml(config) as daemon:
            answer = sockets.fetch(port, request=b"GET / HTTP/1.0\r\n\r\n")
            self.assertEqual(parts(answer)[2], b"to the log\nwell\n")

    def test_a_command_that_ends_well_is_a_200_with_its_output(self):
        port = free_port()
        with toml(health(port, "echo all is well")) as daemon:
            for method in ("GET", "OPTIONS"):
                request = f"{method} / HTTP/1.0\r\n\r\n".encode()
                status, header, body = parts(sockets.fetch(port, request=request))
                self.assertEqual(status, "HTTP/1.0 200 OK")
                self.assertEqual(header, {"content-type": "text/plain", "content-length": "12",
                                          "connection": "close"})
                self.assertEqual(body, b"all is well\n")
            status, header, body = parts(sockets.fetch(port, request=b"HEAD / HTTP/1.1\r\n\r\n"))
            self.assertEqual((status, header["content-length"], body),
                             ("HTTP/1.0 200 OK", "12", b""))
            status, _, _ = parts(sockets.fetch(port, request=b"DELETE / HTTP/1.0\r\n\r\n"))
            self.assertEqual(status, "HTTP/1.0 405 Method Not Allowed")
            daemon.assert_count("start id=well", 1)

    def test_one_that_fails_is_a_503_with_its_output(self):
        port = free_port()
        with toml(health(port, "echo replication stands; exit 3")):
            status, _, body = parts(sockets.fetch(port, request=b"GET / HTTP/1.0\r\n\r\n"))
            self.assertEqual((status, body), ("HTTP/1.0 503 Service Unavailable",
                                              b"replication stands\n"))

    def test_one_that_dies_or_cannot_be_started_is_a_503(self):
        port = free_port()
        with toml(health(port, "kill -9 $$")):
            status, _, _ = parts(sockets.fetch(port, request=b"GET / HTTP/1.0\r\n\r\n"))
            self.assertEqual(status, "HTTP/1.0 503 Service Unavailable")
        program = os.path.join(temporary_folder(), "check")
        with open(program, "w", encoding="utf-8") as out:
            out.write("#!/no/such/interpreter\n")
        os.chmod(program, 0o755)
        port = free_port()
        config = health(port, "").replace("/bin/sh", program)
        with toml(config) as daemon:
            status, _, body = parts(sockets.fetch(port, request=b"GET / HTTP/1.0\r\n\r\n"))
            self.assertEqual((status, body), ("HTTP/1.0 503 Service Unavailable",
                                              b"the check could not be run\n"))
            daemon.wait_for_log(r"refuse id=well from=- reason=exec errno=ENOENT step=execve")

    def test_one_that_takes_too_long_is_a_503(self):
        port = free_port()
        with toml(health(port, "exec sleep 600", "health_timeout = 1")):
            status, _, body = parts(sockets.fetch(port, request=b"GET / HTTP/1.0\r\n\r\n"))
            self.assertEqual(status, "HTTP/1.0 503 Service Unavailable")
            self.assertEqual(body, b"the check took too long\n")

    def test_the_command_has_nothing_to_read_and_may_say_much(self):
        port = free_port()
        script = "cat; head -c 300000 /dev/zero | tr '\\0' x"
        with toml(health(port, script)):
            status, header, body = parts(sockets.fetch(port, request=b"GET / HTTP/1.0\r\n\r\n"))
            self.assertEqual((status, header["content-length"]), ("HTTP/1.0 200 OK", "65536"))
            self.assertEqual(body, b"x" * 65536)

    def test_what_a_client_still_has_to_say_does_not_cut_its_answer(self):
        port = free_port()
        with toml(health(port, "echo well")):
            request = b"GET / HTTP/1.0\r\n\r\n" + b"x" * 30000
            self.assertTrue(sockets.fetch(port, request=request).endswith(b"\r\n\r\nwell\n"))
            with sockets.connect(port) as client:
                client.shutdown(socket.SHUT_WR)  # asks for nothing
                self.assertTrue(sockets.read_all(client).endswith(b"\r\n\r\nwell\n"))

    def test_all_who_ask_meanwhile_share_one_run_and_later_ones_its_result(self):
        port = free_port()
        folder = temporary_folder()
        gate = os.path.join(folder, "gate")
        os.mkfifo(gate)
        with toml(health(port, f"read line < {gate}; echo $line", "health_cache = 3600")) as daemon:
            clients = []
            for _ in range(20):
                client = sockets.connect(port)
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                clients.append(client)
            with open(gate, "w", encoding="utf-8") as out:
                out.write("open\n")
            for client in clients:
                self.assertTrue(sockets.read_all(client).endswith(b"\r\n\r\nopen\n"))
                client.close()
            later = sockets.fetch(port, request=b"GET / HTTP/1.0\r\n\r\n")
            self.assertTrue(later.endswith(b"\r\n\r\nopen\n"))
            daemon.assert_count("start id=well", 1)

    def test_without_a_cache_each_question_is_a_run(self):
        port = free_port()
        with toml(health(port, "echo well", "health_cache = 0")) as daemon:
            for _ in range(3):
                sockets.fetch(port, request=b"GET / HTTP/1.0\r\n\r\n")
            daemon.assert_count("start id=well", 3)

    def test_an_agent_check_is_a_word(self):
        for script, answer in (("true", b"up\n"), ("false", b"down\n"), ("echo 75%", b"75%\n"),
                               ("echo up 50%", b"up 50%\n"), ("echo drain; exit 1", b"drain\n"),
                               ("echo up; exit 1", b"down\n"), ("echo some words", b"up\n")):
            port = free_port()
            with self.subTest(script), toml(health(port, script, 'health_format = "agent"')):
                with sockets.connect(port) as client:
                    client.sendall(b"ask\n")
                    self.assertEqual(sockets.read_all(client), answer)

    def test_what_cannot_be_done_is_told_at_load(self):
        port = free_port()
        for config, said in (
                (health(port, "true", 'mode = "wait"'), "a health check is a nowait stream"),
                (health(port, "true", "health_timeout = 0"), "health_timeout is 1 or more"),
                (health(port, "true").replace("exec =", "#"), "it has an exec")):
            with self.subTest(said), self.assertRaises(StartFailed) as failure:
                toml(config)
            self.assertIn(said, failure.exception.log)


class HealthOfHaproxy(unittest.TestCase):
    """HAProxy as the client: its view of a server follows the command."""

    def script(self):
        """A command that says what stands in a file, and the file."""
        path = os.path.join(temporary_folder(), "state")
        return path, f". {path}"

    def say(self, path, text):
        """What the command will do from now on."""
        with open(path + ".new", "w", encoding="utf-8") as out:
            out.write(text + "\n")
        os.rename(path + ".new", path)

    def test_httpchk(self):
        port, front, server = free_ports(3)
        path, script = self.script()
        self.say(path, "echo well")
        check = f"{_LOCAL}:{server} check port {port} inter 100ms rise 1 fall 1"
        with toml(health(port, script, "health_cache = 0")):
            with Haproxy(front, check, "option httpchk") as proxy:
                proxy.wait_for("check_code", "200")
                proxy.wait_for("status", "UP")
                self.say(path, "exit 1")
                proxy.wait_for("check_code", "503")
                proxy.wait_for("status", "DOWN")
                self.say(path, "echo well again")
                proxy.wait_for("status", "UP")

    def test_agent_check(self):
        port, front, server = free_ports(3)
        path, script = self.script()
        self.say(path, "true")
        check = (f"{_LOCAL}:{server} weight 100 check agent-check agent-port {port} "
                 f"agent-inter 100ms agent-send ask\\n")
        # Something is there to be up.
        with socket.create_server((_LOCAL, server)) as listener:
            keeper = threading.Thread(target=self.accept_all, args=(listener,), daemon=True)
            keeper.start()
            config = health(port, script, 'health_cache = 0\nhealth_format = "agent"')
            with toml(config), Haproxy(front, check) as proxy:
                proxy.wait_for("agent_status", "L7OK")
                self.say(path, "echo 25%")
                proxy.wait_for("weight", "25")
                self.say(path, "echo drain")
                proxy.wait_for("status", "DRAIN (agent)")
                self.say(path, "echo ready up 100%")
                proxy.wait_for("weight", "100")
                self.say(path, "exit 1")
                eventually(lambda: proxy.server()["status"].startswith("DOWN"),
                           what=lambda: f"a server that is down: {proxy.server()}")
            listener.shutdown(socket.SHUT_RDWR)
        keeper.join()

    def accept_all(self, listener):
        """Lets everybody connect."""
        try:
            while True:
                listener.accept()[0].close()
        except OSError:
            pass


if __name__ == "__main__":
    unittest.main()
