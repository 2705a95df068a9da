# SPDX-License-Identifier: ISC
"""What went wrong when real programs were forked while they ran: one test per trap."""
import os
import unittest

from harness import procfs, sockets
from harness.clients import run_client
from harness.ssh import SshKeys
from harness.surroundings import is_root, requires, temporary_folder
from harness.waiting import eventually
from harness.warm import WAYS, Service, WarmDaemon, requires_zygote, warm


def setUpModule():
    """All of this is about zygotes."""
    requires_zygote()


def script(first_line, text, name="server"):
    """An executable script; returns its path."""
    path = os.path.join(temporary_folder(), name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(first_line + "\n" + text)
    os.chmod(path, 0o755)
    return path


class Scripts(unittest.TestCase):
    """Servers of one line in, lines out; `park = "io"` has them run up to their first read."""

    def sessions(self, service, count=3, degrades=False):
        """What the first and then so many warm servers say; each ends at the end of file.

        With `degrades` one that shall be parked at its first read is parked before main() instead,
        and the log says so once.
        """
        reasons = int(degrades and service.keys["park"] == "io")
        with WarmDaemon(service) as daemon:
            first = self.session(daemon, service)
            if reasons:
                daemon.warm_up(service)  # the next client is who has it parked before main()
            daemon.wait_for_zygote(service)
            answers = []
            for _ in range(count):
                with sockets.connect(service.port) as client:
                    pid = daemon.assert_is_warm(client)
                    client.sendall(b"hello\n")
                    answers.append((pid, sockets.read_all(client).decode()))
                daemon.wait_for_log(rf"\bexit id=\S+ pid={pid} status=0\b")
                daemon.wait_for_zygote(service)
            self.assertEqual(len(daemon.reasons(service)), reasons, daemon.log())
        return first, answers

    @staticmethod
    def session(daemon, service):
        """One exchange, by whatever serves it."""
        with sockets.connect(service.port) as client:
            client.sendall(b"hello\n")
            answer = sockets.read_all(client).decode()
            pid = daemon.server_of(client)
        daemon.wait_for_log(rf"\bexit id=\S+ pid={pid} status=0\b")
        return pid, answer

    def in_every_way(self, path, **arguments):
        """(way, first answer, warm answers) for each way to be warm."""
        for way in WAYS:
            with self.subTest(way):
                first, answers = self.sessions(warm("script", [path], way), **arguments)
                yield way, first, answers

    def test_perl_ends_well_and_its_environment_is_the_connections(self):
        path = script(f"#!{requires('perl')}", 'my $line = <STDIN>;\n$ENV{MORE} = "x" x 300;\n'
                      'print "$ENV{PROTO} $line";\nexit 0;\n')
        for _, first, answers in self.in_every_way(path):
            for _, answer in [first, *answers]:
                self.assertEqual(answer, "TCP hello\n")

    def test_perls_data_is_read_from_its_start_by_each_child(self):
        path = script(f"#!{requires('perl')}", 'my $line = <STDIN>;\nprint <DATA>;\n__DATA__\n' +
                      "".join(f"line {number}\n" for number in range(3000)))
        for _, first, answers in self.in_every_way(path):
            for _, answer in answers:
                self.assertEqual(answer, first[1])

    def test_perls_rand_is_not_the_same_in_two_children(self):
        path = script(f"#!{requires('perl')}", 'my $line = <STDIN>;\nprint rand(), "\\n";\n')
        for _, first, answers in self.in_every_way(path):
            numbers = [answer for _, answer in [first, *answers]]
            self.assertEqual(len(set(numbers)), len(numbers), numbers)

    def test_python_draws_other_numbers_for_each_connection(self):
        path = script(f"#!{requires('python3')}", """\
import os, random, secrets, sys, tempfile, uuid
random.random()
line = sys.stdin.readline()
print(random.random())
print(secrets.token_hex(8))
print(os.urandom(8).hex())
print(uuid.uuid4())
print(next(tempfile._get_candidate_names()))
""")
        for _, first, answers in self.in_every_way(path):
            numbers = [word for _, answer in [first, *answers] for word in answer.split()]
            self.assertEqual(len(numbers), 20)
            self.assertEqual(len(set(numbers)), len(numbers), numbers)

    def test_python_knows_its_pid_and_its_connection(self):
        path = script(f"#!{requires('python3')}", """\
import os, socket, sys
line = sys.stdin.readline()
peer = socket.socket(fileno=os.dup(0)).getpeername()[1]
print(os.getpid(), os.environ["TCPREMOTEPORT"] == str(peer))
""")
        for _, first, answers in self.in_every_way(path):
            for pid, answer in [first, *answers]:
                self.assertEqual(answer, f"{pid} True\n")

    def test_a_python_script_by_way_of_env_is_parked_as_python(self):
        requires("python3")
        path = script("#!/usr/bin/env python3", "import sys\nsys.stdout.write("
                      "sys.stdin.readline() + sys.argv[0])\n")
        for _, first, answers in self.in_every_way(path):
            for _, answer in [first, *answers]:
                self.assertEqual(answer, f"hello\n{path}")

    def test_openssl_that_has_drawn_before_the_park_does_not_hang_and_says_nothing_twice(self):
        # Its generators are behind locks that know their owner by a thread id: forked inside one of
        # them, each child waited for ever.
        path = script(f"#!{requires('python3')}", """\
import hashlib, ssl, sys, threading
context = ssl.create_default_context()
ssl.RAND_bytes(16)
hashlib.sha3_256(b"before")
line = sys.stdin.readline()
drawn = [ssl.RAND_bytes(16).hex(), ssl.RAND_bytes(16).hex()]
ssl.RAND_add(b"more", 1.0)
thread = threading.Thread(target=lambda: drawn.append(ssl.RAND_bytes(16).hex()))
thread.start()
thread.join()
to, back = ssl.MemoryBIO(), ssl.MemoryBIO()
client = context.wrap_bio(back, to, server_hostname="localhost")
try: client.do_handshake()
except ssl.SSLWantReadError: pass
hello = to.read()
drawn += [hello[11:43].hex(), hashlib.sha3_256(hello).hexdigest()]
print(*drawn)
""")
        for way, first, answers in self.in_every_way(path):
            numbers = [word for _, answer in [first, *answers] for word in answer.split()]
            self.assertEqual(len(numbers), 20, way)
            self.assertEqual(len(set(numbers)), len(numbers), (way, numbers))

    def test_a_lock_that_is_held_while_the_client_is_heard_is_unlocked_and_taken_again(self):
        # A writer's lock has its owner's thread id in it, which is another one in a child.
        path = script(f"#!{requires('python3')}", """\
import ctypes, signal, sys
libc = ctypes.CDLL(None)
lock = ctypes.create_string_buffer(64)
libc.pthread_rwlock_wrlock(lock)
line = sys.stdin.readline()
signal.alarm(10)
print(libc.pthread_rwlock_unlock(lock), libc.pthread_rwlock_wrlock(lock), line, end="")
""")
        for way, first, answers in self.in_every_way(path, degrades=True):
            for _, answer in [first, *answers]:
                self.assertEqual(answer, "0 0 hello\n", way)

    def test_bashs_own_pid_is_that_of_the_server(self):
        path = script(f"#!{requires('bash')}", 'read line\necho "$$ $BASHPID $line"\n')
        for way, first, answers in self.in_every_way(path, degrades=True):
            for pid, answer in [first, *answers]:
                self.assertEqual(answer, f"{pid} {pid} hello\n", way)

    def test_bashs_random_numbers_differ(self):
        path = script(f"#!{requires('bash')}",
                      'read line\necho "$RANDOM$RANDOM$RANDOM$SRANDOM"\n')
        for _, first, answers in self.in_every_way(path, degrades=True):
            numbers = [answer for _, answer in [first, *answers]]
            self.assertEqual(len(set(numbers)), len(numbers), numbers)

    def test_a_shell_script_is_read_on_by_each_child_for_itself(self):
        # A shell reads its script piece by piece: two children with one offset would lose lines.
        path = script(f"#!{requires('bash')}", "read line\n" + "".join(
            f'echo "{number}"\n' for number in range(3000)))
        for _, first, answers in self.in_every_way(path, count=2, degrades=True):
            for _, answer in answers:
                self.assertEqual(answer, first[1])

    def test_two_children_at_once_read_one_script(self):
        path = script(f"#!{requires('bash')}", "read line\n" + "".join(
            f'echo "{number}"\n' for number in range(3000)))
        service = warm("script", [path], "io with spares")
        with WarmDaemon(service) as daemon:
            _, expected = self.session(daemon, service)
            daemon.warm_up(service)
            clients = [sockets.connect(service.port) for _ in range(4)]
            for client in clients:
                client.sendall(b"hello\n")
            for client in clients:
                self.assertEqual(sockets.read_all(client).decode(), expected)
                client.close()

    def test_lua(self):
        path = script(f"#!{requires('lua5.4')}",
                      'local line = io.read()\nio.write(os.getenv("PROTO"), " ", line, "\\n")\n')
        for _, first, answers in self.in_every_way(path):
            for _, answer in [first, *answers]:
                self.assertEqual(answer, "TCP hello\n")

    def test_standard_error_is_the_connection_and_nothing_is_written_twice(self):
        path = script(f"#!{requires('python3')}", """\
import sys
sys.stdout.write("before ")
line = sys.stdin.readline()
sys.stdout.write("after\\n")
sys.stdout.flush()
sys.stderr.write("error\\n")
""")
        for _, first, answers in self.in_every_way(path):
            for _, answer in [first, *answers]:
                self.assertEqual(answer, "before after\nerror\n")


class StandardError(unittest.TestCase):
    """The policies for descriptor 2."""

    def test_null_is_null_for_a_warm_server_too(self):
        path = script("#!/bin/sh", "read line\necho out\necho error >&2\n")
        services = [Service("cold", [path], stderr="null"),
                    warm("warm", [path], "main with spares", stderr="null")]
        with WarmDaemon(*services) as daemon:
            said = []
            for service in services:
                for _ in range(2):
                    said.append(sockets.fetch(service.port, request=b"x\n"))
            daemon.wait_for_zygote(services[1])
            said.append(sockets.fetch(services[1].port, request=b"x\n"))
            self.assertEqual(said, [said[0]] * 5)


class Ssh(unittest.TestCase):
    """sshd closes every descriptor that it does not know before it touches its connection."""

    @classmethod
    def setUpClass(cls):
        cls.server, *_ = requires("sshd", "ssh", "ssh-keygen")
        if is_root() and not os.path.isdir("/run/sshd"):
            os.mkdir("/run/sshd", 0o755)
        cls.keys = SshKeys()
        cls.config = cls.keys.make_all()

    def test_closefrom_before_the_park_does_not_close_the_channel(self):
        for way in WAYS:
            with self.subTest(way):
                service = warm("ssh", [self.server, "-i", "-f", self.config], way)
                with WarmDaemon(service) as daemon:
                    zygote = daemon.warm_up(service)
                    for turn in range(3):
                        done = self.keys.command(service.port, f"echo turn {turn}; echo $PPID")
                        self.assertEqual(done.stdout.split("\n")[0], f"turn {turn}")
                        eventually(lambda: len(daemon.processes(service)) <= 1 + service.spares)
                        self.assertEqual(daemon.wait_for_zygote(service), zygote)
                    daemon.assert_served_warm(service)
                    self.assertEqual(daemon.reasons(service), [])

    def test_two_connections_at_once_have_their_own_sessions(self):
        service = warm("ssh", [self.server, "-i", "-f", self.config], "io with spares")
        with WarmDaemon(service) as daemon:
            daemon.warm_up(service)
            cookies = [kexinit_cookie(service.port) for _ in range(6)]
            self.assertEqual(len(set(cookies)), len(cookies), "a key-exchange cookie came twice")


def kexinit_cookie(port):
    """The 16 random bytes with which an SSH server begins its key exchange (RFC 4253, 7.1)."""
    with sockets.connect(port) as client:
        client.sendall(b"SSH-2.0-test\r\n")
        sockets.read_line(client)
        packet = sockets.read_exactly(client, 22)
    assert packet[5] == 20, packet
    return packet[6:]


class Dropbear(unittest.TestCase):
    """It draws its random numbers before it touches the connection: never parked there."""

    def test_io_degrades_to_main_and_no_cookie_comes_twice(self):
        server, keygen = requires("dropbear", "dropbearkey")
        key = os.path.join(temporary_folder(), "key")
        run_client(keygen, "-t", "ed25519", "-f", key)
        for way in ("io", "io with spares"):
            with self.subTest(way):
                service = warm("ssh", [server, "-i", "-r", key, "-P", ""], way)
                with WarmDaemon(service) as daemon:
                    kexinit_cookie(service.port)
                    daemon.wait_for_reason(service, "")
                    daemon.warm_up(service)
                    cookies = [kexinit_cookie(service.port) for _ in range(6)]
                    daemon.assert_served_warm(service)
                    self.assertEqual(len(set(cookies)), len(cookies))
                    self.assertEqual(len(daemon.reasons(service)), 1)


def sockets_beyond_stdio(pid):
    """Descriptors of a process that are sockets and are not 0, 1 or 2."""
    return {number: target for number, target in procfs.descriptors(pid).items()
            if number > 2 and target.startswith("socket:")}


class Children(unittest.TestCase):
    """What a served child can reach of the zygote's."""

    def test_a_servers_own_children_and_threads_work(self):
        path = script(f"#!{requires('python3')}", """\
import os, subprocess, sys, threading
line = sys.stdin.readline()
said = []
threads = [threading.Thread(target=said.append, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
out = subprocess.run(["/bin/echo", "by exec"], capture_output=True, text=True).stdout
child = os.fork()
if child == 0: os._exit(5)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(sorted(said), out.strip(), status, os.system("exit 6") >> 8)
""")
        for way in WAYS:
            with self.subTest(way):
                service = warm("script", [path], way)
                with WarmDaemon(service) as daemon:
                    Scripts.session(daemon, service)
                    daemon.wait_for_zygote(service)
                    with sockets.connect(service.port) as client:
                        daemon.assert_is_warm(client)
                        client.sendall(b"go\n")
                        self.assertEqual(sockets.read_all(client),
                                         b"[0, 1, 2, 3, 4, 5, 6, 7] by exec 5 6\n")

    def test_no_other_socket_is_open_in_a_server_while_it_runs(self):
        path = script("#!/bin/sh", "read line\nread another\n")
        for way in WAYS:
            with self.subTest(way):
                service = warm("script", [path], way)
                with WarmDaemon(service) as daemon:
                    daemon.warm_up(service)
                    with sockets.connect(service.port) as client:
                        pid = daemon.assert_is_warm(client)
                        client.sendall(b"one\n")
                        eventually(lambda: not sockets_beyond_stdio(pid),  # pylint: disable=cell-var-from-loop
                                   what=lambda: f"no more than {sockets_beyond_stdio(pid)}")  # pylint: disable=cell-var-from-loop


if __name__ == "__main__":
    unittest.main()
