# SPDX-License-Identifier: ISC
"""Who may connect: networks, interfaces, Unix peers, files of rules, confirmed names, ident."""
import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading
import unittest

from harness import sandbox, sockets
from harness.daemon import Daemon, StartFailed
from harness.surroundings import (free_port, free_ports, is_portable, me, requires, requires_ipv6,
                                  requires_linux_build, requires_root, temporary_folder)
from harness.waiting import eventually, seconds


def service(name, port, *lines, listen=None, run="/bin/cat"):
    """A TOML service whose server says back what it is told."""
    where = listen or f"tcp4://127.0.0.1:{port}"
    return "\n".join([f"[services.{name}]", f'listen = ["{where}"]', f'exec = ["{run}"]',
                      f'user = "{me()}"', *lines, ""])


def serve(*services):
    """A daemon with these."""
    return Daemon("\n".join(services), file_name="uvinetd.toml")


def client_from(source, port, host="127.0.0.1"):
    """A connection from this address of ours."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    client = socket.socket(family, socket.SOCK_STREAM)
    client.settimeout(seconds())
    client.bind((source, 0))
    client.connect((host, port))
    return client


def answers(client):
    """Whether there is a server behind it."""
    with client:
        try:
            client.sendall(b"x")
            return client.recv(1) == b"x"
        except (BrokenPipeError, ConnectionResetError):
            return False


class Networks(unittest.TestCase):
    """Rules of addresses, in both languages that have them."""

    def test_the_most_specific_rule_decides(self):
        port = free_port()
        rules = ('allow = ["127.0.0.0/8", "127.0.1.7"]', 'deny = ["127.0.1.0/24", "127.0.0.9"]')
        with serve(service("a", port, *rules)) as daemon:
            for source, is_served in (("127.0.0.1", True), ("127.0.1.1", False),
                                      ("127.0.1.7", True), ("127.0.0.9", False)):
                self.assertEqual(answers(client_from(source, port)), is_served, source)
            daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.9:\d+ reason=access$")

    def test_an_allow_that_is_empty_lets_nobody_in_and_a_deny_alone_the_others(self):
        nobody, others, built_in = free_ports(3)
        echo = f'[services.c]\nlisten = ["tcp4://127.0.0.1:{built_in}"]\ninternal = "echo"\n'
        with serve(service("a", nobody, "allow = []"), service("b", others, 'deny = ["127.0.0.2"]'),
                   echo + 'allow = ["127.0.0.2"]'):
            self.assertFalse(answers(client_from("127.0.0.1", nobody)))
            self.assertTrue(answers(client_from("127.0.0.1", others)))
            self.assertFalse(answers(client_from("127.0.0.2", others)))
            self.assertFalse(answers(client_from("127.0.0.1", built_in)))
            self.assertTrue(answers(client_from("127.0.0.2", built_in)))

    def test_a_mapped_address_is_one_of_ipv4(self):
        requires_ipv6()
        port = free_port()
        rules = ('allow = ["127.0.0.1", "::1"]', 'deny = ["::/0", "127.0.0.2"]')
        with serve(service("a", port, *rules, listen=f"tcp://:{port}", run="/bin/cat")) as daemon:
            self.assertTrue(answers(client_from("127.0.0.1", port)))
            self.assertFalse(answers(client_from("127.0.0.2", port)))
            self.assertTrue(answers(client_from("::1", port, "::1")))
            daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.2:\d+ reason=access$")

    def test_xinetd_says_the_same_in_its_own_forms(self):
        port = free_port()
        text = (f"service a\n{{\ntype = UNLISTED\nsocket_type = stream\nprotocol = tcp\n"
                f"wait = no\nuser = {me()}\nserver = /bin/cat\nport = {port}\n"
                f"bind = 127.0.0.1\nflags = IPv4 NOLIBWRAP\nonly_from = 127.0.0.0 127.1.{{2,3}}\n"
                "no_access = 127.0.0.9\n}\n")
        with Daemon(text, file_name="xinetd.conf"):
            for source, is_served in (("127.0.0.1", True), ("127.1.2.1", True),
                                      ("127.0.0.9", False)):
                self.assertEqual(answers(client_from(source, port)), is_served, source)

    def test_rules_change_with_a_reload_and_hold_over_the_death_of_the_reactor(self):
        port = free_port()
        with serve(service("a", port, 'deny = ["127.0.0.2"]')) as daemon:
            self.assertFalse(answers(client_from("127.0.0.2", port)))
            daemon.reload(service("a", port, 'allow = ["127.0.0.2"]'))
            self.assertTrue(answers(client_from("127.0.0.2", port)))
            self.assertFalse(answers(client_from("127.0.0.1", port)))
            daemon.replace_reactor()
            self.assertTrue(answers(client_from("127.0.0.2", port)))
            self.assertFalse(answers(client_from("127.0.0.1", port)))

    def test_a_client_of_the_multiplexer_is_judged_by_the_service_that_it_names(self):
        port = free_port()
        text = (f'[services.mux]\nlisten = ["tcp4://127.0.0.1:{port}"]\ninternal = "tcpmux"\n'
                f'[services.cat]\ntcpmux = "cat"\nexec = ["/bin/cat"]\nuser = "{me()}"\n'
                'allow = ["127.0.0.2"]\n')
        with serve(text) as daemon:
            with client_from("127.0.0.2", port) as client:
                client.sendall(b"cat\r\nhello")
                self.assertEqual(sockets.read_exactly(client, 5), b"hello")
            with client_from("127.0.0.3", port) as client:
                client.sendall(b"cat\r\nhello")
                self.assertEqual(sockets.read_all(client), b"-Service not available\r\n")
            daemon.wait_for_log(r"refuse id=cat from=127\.0\.0\.3:\d+ reason=access$")


class BadRules(unittest.TestCase):
    """What is wrong with a rule is told at its place, and its service is left out."""

    def test_each_is_an_error_at_its_place(self):
        port, good = free_ports(2)
        gone = os.path.join(temporary_folder(), "gone")
        for rule, message in (
                ("10.0.0.0/33", "has a prefix of the wrong length"), ("10.0.0", "is no address"),
                ("fe80::1%lo", "has a zone"), ("interface:none0", "(there is no|does not tell the) interface"),
                ("user:nobody-here", "unknown user"), ("group:nobody-here", "unknown group"),
                (f"file:{gone}", "cannot open")):
            with self.subTest(rule), serve(service("bad", port, f'deny = ["{rule}"]'),
                                           service("good", good)) as daemon:
                daemon.wait_for_log(rf"error: .*{message}")
                daemon.wait_for_log(r"ready: 1 services, 1 sockets, 1 left out")

    def test_what_looks_odd_is_a_warning(self):
        port = free_port()
        rules = ('allow = ["127.0.0.5/8", "127.0.0.5/8", "user:0"]', 'deny = ["127.0.0.0/8"]')
        with serve(service("a", port, *rules)) as daemon:
            daemon.wait_for_log(r"toml:5:10: warning: .*bits behind its prefix.*127\.0\.0\.0/8")
            daemon.wait_for_log(r"toml:5:25: warning: .*is in this list already")
            daemon.wait_for_log(r"warning: \"user:0\" is never true")
            daemon.wait_for_log(r"toml:6:8: warning: .*it is denied")
            self.assertFalse(answers(client_from("127.0.0.1", port)))

    def test_ident_is_for_tcp(self):
        port = free_port()
        path = os.path.join(temporary_folder(), "socket")
        with self.assertRaises(StartFailed) as failed, \
                serve(service("a", port, "identify = true", listen=f"unix://{path}")):
            pass
        self.assertIn("not-enforceable-here", failed.exception.log)


class UnixPeers(unittest.TestCase):
    """Rules of users and groups, by what the kernel says of the other end."""

    def test_the_user_at_the_other_end_decides(self):
        folder = temporary_folder()
        yes, no = os.path.join(folder, "yes"), os.path.join(folder, "no")
        with serve(service("yes", 0, f'allow = ["user:{me()}"]', listen=f"unix://{yes}"),
                   service("no", 0, f'deny = ["user:{os.geteuid()}"]', listen=f"unix://{no}")):
            self.assertTrue(answers(sockets.connect_unix(yes)))
            self.assertFalse(answers(sockets.connect_unix(no)))

    def test_somebody_else_is_somebody_else_and_may_have_the_group(self):
        requires_root("other users")
        folder = temporary_folder()
        os.chmod(folder, 0o755)
        paths = {name: os.path.join(folder, name) for name in ("user", "group", "extra")}
        rules = {"user": 'allow = ["user:root"]', "group": 'allow = ["group:4711"]',
                 "extra": 'allow = ["group:4712"]'}
        with serve(*(service(name, 0, rules[name], "socket_mode = 0o666",
                             listen=f"unix://{path}") for name, path in paths.items())):
            # The portable build knows no supplementary groups of others.
            for name, is_served in (("user", False), ("group", True),
                                    ("extra", not is_portable())):
                self.assertEqual(self._is_served(paths[name]), is_served, name)
                self.assertEqual(answers(sockets.connect_unix(paths[name])), name == "user")

    @staticmethod
    def _is_served(path):
        """As an ordinary user with the groups 4711 and 4712."""
        code = ("import socket, sys; c = socket.socket(socket.AF_UNIX); c.connect(sys.argv[1]);\n"
                "try:\n  c.sendall(b'x')\nexcept OSError:\n  pass\n"
                "try:\n  print(c.recv(1).decode())\nexcept OSError:\n  print()")
        said = subprocess.run([requires("python3"), "-c", code, path], user=4710, group=4711,
                              extra_groups=[4712], check=True, capture_output=True, text=True,
                              timeout=seconds())
        return said.stdout.strip() == "x"


class Files(unittest.TestCase):
    """Files of rules, which may change without a reload."""

    def setUp(self):
        folder = temporary_folder()
        os.chmod(folder, 0o755)
        self.path = os.path.join(folder, "rules")
        self.write("# nobody yet\n")

    def write(self, text, mode=0o644):
        """Replaces the file in one step."""
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path + ".new", mode)
        os.rename(self.path + ".new", self.path)

    @staticmethod
    def becomes(source, port, is_served):
        """Waits until clients from there are served, or not."""
        eventually(lambda: answers(client_from(source, port)) == is_served,
                   what=f"{source} served: {is_served}")

    def test_a_change_counts_without_a_reload(self):
        denied, allowed = free_ports(2)
        with serve(service("a", denied, f'deny = ["file:{self.path}"]'),
                   service("b", allowed, f'allow = ["file:{self.path}", "127.0.0.1"]')) as daemon:
            self.assertTrue(answers(client_from("127.0.0.2", denied)))
            self.assertFalse(answers(client_from("127.0.0.2", allowed)))
            self.assertTrue(answers(client_from("127.0.0.1", allowed)))
            self.write("127.0.0.2  # a neighbour\n\n\t10.0.0.0/8\r\n")
            self.becomes("127.0.0.2", denied, False)
            self.becomes("127.0.0.2", allowed, True)
            os.unlink(self.path)
            daemon.wait_for_log(r"rules: cannot open: .*; its last rules stay")
            self.assertFalse(answers(client_from("127.0.0.2", denied)))
            self.write("")
            self.becomes("127.0.0.2", denied, True)

    def test_a_file_with_an_error_keeps_its_last_good_rules(self):
        port = free_port()
        self.write("127.0.0.2\n")
        with serve(service("a", port, f'deny = ["file:{self.path}"]')) as daemon:
            self.assertFalse(answers(client_from("127.0.0.2", port)))
            self.write("127.0.0.3\n  10.0.0.0/40\n")
            daemon.wait_for_log(r"rules:2:3: error: .*wrong length.*; its last rules stay")
            self.assertFalse(answers(client_from("127.0.0.2", port)))
            self.assertTrue(answers(client_from("127.0.0.3", port)))
            self.write("127.0.0.3\n")
            self.becomes("127.0.0.3", port, False)
            self.assertTrue(answers(client_from("127.0.0.2", port)))
            self.assertEqual(daemon.count("its last rules stay"), 1)

    def test_a_new_reactor_has_the_newest_rules(self):
        port = free_port()
        with serve(service("a", port, f'deny = ["file:{self.path}"]')) as daemon:
            self.write("127.0.0.2\n")
            self.becomes("127.0.0.2", port, False)
            daemon.replace_reactor()
            self.assertFalse(answers(client_from("127.0.0.2", port)))

    def test_what_may_not_stand_in_a_file_is_an_error_at_load(self):
        port, good = free_ports(2)
        for text, message in (("user:root\n", "must be a number"), ("file:/etc/x\n", "no other"),
                              ("10.0.0.1 10.0.0.2\n", "one rule"), ("\x00\n", "byte that is 0")):
            self.write(text)
            with self.subTest(text), serve(service("a", port, f'allow = ["file:{self.path}"]'),
                                           service("b", good)) as daemon:
                daemon.wait_for_log(rf"rules:1:\d+: error: .*{message}")
                daemon.wait_for_log(r"ready: 1 services, 1 sockets, 1 left out")

    def test_root_reads_no_file_that_others_may_write(self):
        requires_root("it is root that must not")
        port, good = free_ports(2)
        self.write("127.0.0.2\n", 0o666)
        with serve(service("a", port, f'deny = ["file:{self.path}"]'),
                   service("b", good)) as daemon:
            daemon.wait_for_log(r"rules: error: others than its owner can write.*unsafe-file")

    def test_very_many_rules_are_one_mapping(self):
        requires_root("to look into the reactor")
        port, other = free_ports(2)
        with open(self.path, "w", encoding="ascii") as file:
            for number in range(100_000):
                file.write(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}\n")
            file.write("127.0.0.2\n")
        rules = f'deny = ["file:{self.path}"]'
        with serve(service("a", port, rules), service("b", other, rules)) as daemon:
            for each in (port, other):
                self.assertTrue(answers(client_from("127.0.0.1", each)))
                self.assertFalse(answers(client_from("127.0.0.2", each)))
            if is_portable():
                return  # memory without a name
            with open(f"/proc/{daemon.reactor()}/maps", encoding="ascii") as maps:
                self.assertEqual(maps.read().count("uvinetd-access"), 1)


class Interfaces(unittest.TestCase):
    """By the interface that a client's first packet has come in through."""

    @classmethod
    def setUpClass(cls):
        requires_linux_build("does not know a client's interface")
        requires_root("interfaces of our own")
        sandbox.enter()
        os.makedirs("/run/netns", exist_ok=True)
        for command in ("netns add far", "link add near0 type veth peer name far0 netns far",
                        "addr add 192.0.2.1/24 dev near0",
                        "-n far addr add 192.0.2.2/24 dev far0",
                        "addr add 2001:db8::1/64 dev near0 nodad",
                        "-n far addr add 2001:db8::2/64 dev far0 nodad",
                        "link set near0 up", "-n far link set far0 up",
                        # Addresses that near0 does not have, though it is the way to them.
                        "addr add 198.51.100.1/32 dev lo", "addr add 2001:db8:1::1/128 dev lo",
                        "-n far route add 198.51.100.1 via 192.0.2.1",
                        "-n far route add 2001:db8:1::1 via 2001:db8::1"):
            sandbox.run("ip", *command.split())

    @staticmethod
    def _is_served_from_afar(host, port):
        code = ("import socket, sys; c = socket.create_connection((sys.argv[1], sys.argv[2]));\n"
                "try:\n  c.sendall(b'x'); print(c.recv(1).decode())\nexcept OSError:\n  print()")
        said = subprocess.run(["ip", "netns", "exec", "far", requires("python3"), "-c", code, host,
                               str(port)], check=True, capture_output=True, text=True,
                              timeout=seconds())
        return said.stdout.strip() == "x"

    def test_it_is_the_interface_and_not_the_address_that_counts(self):
        allowed, denied, dual = free_ports(3)
        where = "tcp://:"
        with serve(service("a", allowed, 'allow = ["interface:near0"]', listen=f"{where}{allowed}"),
                   service("d", denied, 'deny = ["interface:near0"]', listen=f"{where}{denied}"),
                   service("both", dual, 'allow = ["interface:near0"]', "v6only = false",
                           listen=f"tcp://[::]:{dual}")):
            self.assertTrue(self._is_served_from_afar("192.0.2.1", dual))
            self.assertTrue(self._is_served_from_afar("2001:db8::1", dual))
            self.assertFalse(answers(client_from("127.0.0.1", dual)))
            for host in ("192.0.2.1", "2001:db8::1", "198.51.100.1", "2001:db8:1::1"):
                self.assertTrue(self._is_served_from_afar(host, allowed), host)
                self.assertFalse(self._is_served_from_afar(host, denied), host)
            for host in ("127.0.0.1", "::1", "198.51.100.1", "2001:db8:1::1"):
                self.assertFalse(answers(client_from(host, allowed, host)), host)
                self.assertTrue(answers(client_from(host, denied, host)), host)


class NameServer:
    """A name server for the loopback's addresses; those that are not known do not exist."""

    def __init__(self, names, addresses, silent=()):
        self.names = names  # of an address: its name
        self.addresses = addresses  # of a name: its addresses
        self.silent = silent  # names and addresses that are never answered about
        self.asked = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", ("127.0.0.1", 53))
        self._thread.join(seconds())
        self._socket.close()

    def _run(self):
        while True:
            packet, client = self._socket.recvfrom(1500)
            if not packet:  # the end
                return
            answer = self._answer(packet)
            if answer:
                self._socket.sendto(answer, client)

    @staticmethod
    def _labels(name):
        return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"

    def _answer(self, packet):
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode().lower())
            at += 1 + packet[at]
        kind = struct.unpack("!H", packet[at + 1:at + 3])[0]
        question = packet[12:at + 5]
        name = ".".join(labels)
        data = []
        if name.endswith(".in-addr.arpa"):
            name = ".".join(reversed(labels[:4]))
            if kind == 12 and name in self.names:
                data = [self._labels(self.names[name])]
        elif kind == 1:
            data = [socket.inet_aton(one) for one in self.addresses.get(name, ())]
        self.asked.append(name)
        if name in self.silent:
            return None
        is_known = name in self.names or name in self.addresses
        flags = 0x8180 if is_known else 0x8183
        records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(one)) + one
                           for one in data)
        return packet[:2] + struct.pack("!HHHHH", flags, 1, len(data), 0, 0) + question + records


class ClientNames(unittest.TestCase):
    """Names count when they are confirmed; nobody else is let in."""

    @classmethod
    def setUpClass(cls):
        sandbox.enter()
        folder = temporary_folder()
        for name, text in (("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
                           ("hosts", "127.0.0.1 localhost\n127.0.0.3 Friend.Example friend\n")):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            os.chmod(path, 0o644)
            sandbox.bind(path, f"/etc/{name}")

    def test_a_confirmed_name_decides_and_is_asked_for_once(self):
        port = free_port()
        names = {"127.0.0.4": "Good.Example", "127.0.0.5": "good.example", "127.0.0.6": "a.evil.org"}
        addresses = {"good.example": ["127.0.0.4"], "a.evil.org": ["127.0.0.6"]}
        rules = ('allow = ["127.0.0.1", "friend.example", ".EXAMPLE", ".org"]',
                 'deny = [".evil.org"]')
        with NameServer(names, addresses) as server, serve(service("a", port, *rules)) as daemon:
            self.assertTrue(answers(client_from("127.0.0.1", port)))
            self.assertEqual(daemon.roles("uvi-resolver"), [])  # nobody has needed it
            self.assertTrue(answers(client_from("127.0.0.3", port)))
            self.assertTrue(answers(client_from("127.0.0.4", port)))
            self.assertTrue(answers(client_from("127.0.0.4", port)))
            self.assertEqual(server.asked.count("127.0.0.4"), 1)
            # Its name has another address.
            self.assertFalse(answers(client_from("127.0.0.5", port)))
            daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.5:\d+ reason=name$")
            self.assertFalse(answers(client_from("127.0.0.6", port)))
            daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.6:\d+ reason=access$")
            self.assertFalse(answers(client_from("127.0.0.7", port)))  # it has none
            daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.7:\d+ reason=name$")

    def test_a_name_server_that_is_silent_lets_nobody_in_and_holds_nobody_up(self):
        port = free_port()
        with NameServer({}, {}, silent=("127.0.0.4",)), \
                serve(service("a", port, 'allow = ["friend.example"]', "instances = 2")) as daemon:
            with client_from("127.0.0.4", port) as silent:
                self.assertTrue(answers(client_from("127.0.0.3", port)))
                self.assertEqual(sockets.read_all(silent), b"")
            daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.4:\d+ reason=name$")

    def test_who_waits_counts_as_an_instance(self):
        port = free_port()
        with NameServer({}, {}, silent=("127.0.0.4",)) as server, \
                serve(service("a", port, 'allow = ["friend.example"]', "instances = 1")) as daemon:
            with client_from("127.0.0.4", port) as silent:
                eventually(lambda: "127.0.0.4" in server.asked, what="a question")
                with client_from("127.0.0.3", port) as friend:
                    friend.sendall(b"x")
                    self.assertTrue(sockets.has_nothing(friend))
                    self.assertEqual(sockets.read_all(silent), b"")
                    self.assertEqual(friend.recv(1), b"x")
            daemon.assert_count(r"\bstart id=a ", 1)

    def test_a_client_that_leaves_makes_room(self):
        port = free_port()
        with NameServer({}, {}, silent=("127.0.0.4",)) as server, \
                serve(service("a", port, 'allow = ["friend.example"]', "instances = 1")) as daemon:
            leaving = client_from("127.0.0.4", port)
            eventually(lambda: "127.0.0.4" in server.asked, what="a question")
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            leaving.close()
            daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.4:\d+ reason=gone$")
            self.assertTrue(answers(client_from("127.0.0.3", port)))

    def test_a_reload_without_the_service_and_the_end_refuse_who_waits(self):
        port, other = free_ports(2)
        rules = 'allow = ["friend.example"]'
        with NameServer({}, {}, silent=("127.0.0.4", "127.0.0.5")) as server, \
                contextlib.ExitStack() as clients:
            with serve(service("a", port, rules), service("b", other, rules)) as daemon:
                one = clients.enter_context(client_from("127.0.0.4", port))
                two = clients.enter_context(client_from("127.0.0.5", other))
                eventually(lambda: {"127.0.0.4", "127.0.0.5"} <= set(server.asked),
                           what="both questions")
                daemon.reload(service("b", other, rules))
                daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.4:\d+ reason=stopping$")
                self.assertEqual(sockets.read_all(one), b"")
            self.assertEqual(sockets.read_all(two), b"")
            self.assertRegex(daemon.log(), r"refuse id=b from=127\.0\.0\.5:\d+ reason=stopping")

    def test_so_many_of_one_address_may_wait(self):
        port = free_port()
        with NameServer({}, {}, silent=("127.0.0.4",)), \
                serve(service("a", port, 'allow = ["friend.example"]')) as daemon, \
                contextlib.ExitStack() as clients:
            for _ in range(64):
                clients.enter_context(client_from("127.0.0.4", port))
            self.assertFalse(answers(client_from("127.0.0.4", port)))
            daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.4:\d+ reason=waiting$")
            self.assertTrue(answers(client_from("127.0.0.3", port)))

    def test_a_killed_reactor_loses_who_waits_and_counts_anew(self):
        port = free_port()
        with NameServer({}, {}, silent=("127.0.0.4",)) as server, \
                serve(service("a", port, 'allow = ["friend.example"]', "instances = 1")) as daemon:
            with client_from("127.0.0.4", port) as silent:
                eventually(lambda: "127.0.0.4" in server.asked, what="a question")
                daemon.replace_reactor()
                self.assertEqual(sockets.read_all(silent), b"")
                self.assertTrue(answers(client_from("127.0.0.3", port)))

    def test_a_resolver_that_dies_is_replaced_and_who_waits_is_asked_about_again(self):
        port = free_port()
        names, addresses = {"127.0.0.4": "good.example"}, {"good.example": ["127.0.0.4"]}
        with NameServer(names, addresses, silent=("127.0.0.4",)) as server, \
                serve(service("a", port, 'allow = ["good.example"]')) as daemon:
            with client_from("127.0.0.4", port) as client:
                eventually(lambda: "127.0.0.4" in server.asked, what="a question")
                server.silent = ()
                for pid in daemon.roles("uvi-resolver"):
                    os.kill(pid, signal.SIGKILL)
                self.assertTrue(answers(client))

    def test_the_resolver_is_no_better_than_the_reactor(self):
        port = free_port()
        with serve(service("a", port, 'allow = ["friend.example"]')) as daemon:
            self.assertTrue(answers(client_from("127.0.0.3", port)))
            resolver, reactor = daemon.roles("uvi-resolver")[0], daemon.reactor()
            for name in ("Uid", "Gid", "Groups", "CapEff", "CapPrm"):
                self.assertEqual(_status(resolver, name), _status(reactor, name), name)
            self.assertNotEqual(_status(resolver, "Uid").split()[0], "0")

    def test_xinetd_names_are_confirmed_too(self):
        port = free_port()
        text = (f"service a\n{{\ntype = UNLISTED\nsocket_type = stream\nprotocol = tcp\n"
                f"wait = no\nuser = {me()}\nserver = /bin/cat\nport = {port}\n"
                "bind = 127.0.0.1\nflags = IPv4 NOLIBWRAP\nonly_from = .example\n}\n")
        with NameServer({"127.0.0.4": "a.example"}, {"a.example": ["127.0.0.9"]}), \
                Daemon(text, file_name="xinetd.conf"):
            self.assertTrue(answers(client_from("127.0.0.3", port)))
            self.assertFalse(answers(client_from("127.0.0.4", port)))


def _status(pid, name):
    """A line of /proc/PID/status."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(line.split(":", 1)[1].strip() for line in file if line.startswith(name + ":"))


class IdentServer:
    """Answers as `answer` says, which gets the question; None: not at all."""

    def __init__(self, answer):
        self._answer = answer
        self.clients = []
        self._held = []
        self._socket = socket.create_server(("127.0.0.4", 113))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(seconds())
        self._socket.close()
        for held in self._held:
            held.close()

    def _run(self):
        while True:
            try:
                client, peer = self._socket.accept()
            except OSError:
                return
            self.clients.append(peer[0])
            client.settimeout(seconds())
            answer = self._answer(sockets.read_line(client).strip())
            if answer is None:
                self._held.append(client)
                continue
            with client, contextlib.suppress(OSError):
                client.sendall(answer.encode())


class Ident(unittest.TestCase):
    """Services that ask the client's host who it is (RFC 1413)."""

    @classmethod
    def setUpClass(cls):
        sandbox.enter()

    def _is_served(self, answer, pattern):
        port = free_port()
        with IdentServer(answer) as server, serve(service("a", port, "identify = true")) as daemon:
            is_served = answers(client_from("127.0.0.4", port))
            daemon.wait_for_log(pattern)
            self.assertEqual(server.clients, ["127.0.0.1"])  # where the client had connected to
        return is_served

    def test_a_user_is_served_and_its_name_is_logged(self):
        self.assertTrue(self._is_served(
            lambda question: f"{question} : USERID : UNIX : al\x1bice\r\n",
            r"ident id=a from=127\.0\.0\.4:\d+ user=\"?al.*ice"))

    def test_anything_else_is_refused(self):
        refused = r"refuse id=a from=127\.0\.0\.4:\d+ reason=ident$"
        for answer in (lambda question: f"{question} : ERROR : NO-USER\r\n",
                       lambda question: "1, 2 : USERID : UNIX : alice\r\n",
                       lambda question: f"{question} : USERID : UNIX : \r\n",
                       lambda question: "x" * 5000, lambda question: ""):
            self.assertFalse(self._is_served(answer, refused))

    def test_no_answer_is_refused_after_a_while(self):
        self.assertFalse(self._is_served(lambda question: None,
                                         r"refuse id=a from=127\.0\.0\.4:\d+ reason=ident$"))

    def test_a_host_without_an_ident_server_is_refused(self):
        port = free_port()
        with serve(service("a", port, "identify = true")) as daemon:
            self.assertFalse(answers(client_from("127.0.0.5", port)))
            daemon.wait_for_log(r"refuse id=a from=127\.0\.0\.5:\d+ reason=ident$")

    def test_xinetd_asks_for_it_by_a_flag(self):
        port = free_port()
        text = (f"service a\n{{\ntype = UNLISTED\nsocket_type = stream\nprotocol = tcp\n"
                f"wait = no\nuser = {me()}\nserver = /bin/cat\nport = {port}\n"
                "bind = 127.0.0.1\nflags = IPv4 NOLIBWRAP IDONLY\n}\n")
        with IdentServer(lambda question: f"{question} : USERID : UNIX : alice\r\n"), \
                Daemon(text, file_name="xinetd.conf"):
            self.assertTrue(answers(client_from("127.0.0.4", port)))
            self.assertFalse(answers(client_from("127.0.0.5", port)))

    def test_built_ins_and_the_multiplexer_wait_for_it_too(self):
        port, mux = free_ports(2)
        text = (f'[services.echo]\nlisten = ["tcp4://127.0.0.1:{port}"]\ninternal = "echo"\n'
                "identify = true\n"
                f'[services.mux]\nlisten = ["tcp4://127.0.0.1:{mux}"]\ninternal = "tcpmux"\n'
                f'[services.cat]\ntcpmux = "+cat"\nexec = ["/bin/cat"]\nuser = "{me()}"\n'
                "identify = true\n")
        with IdentServer(lambda question: f"{question} : USERID : UNIX : alice\r\n"), serve(text):
            self.assertTrue(answers(client_from("127.0.0.4", port)))
            self.assertFalse(answers(client_from("127.0.0.5", port)))
            with client_from("127.0.0.4", mux) as client:
                client.sendall(b"cat\r\nhello")
                self.assertEqual(sockets.read_exactly(client, 10), b"+Go\r\nhello")
            with client_from("127.0.0.5", mux) as client:
                client.sendall(b"cat\r\nhello")
                self.assertEqual(sockets.read_all(client), b"-Service not available\r\n")


if __name__ == "__main__":
    unittest.main()
