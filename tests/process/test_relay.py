# SPDX-License-Identifier: ISC
"""Redirects, and clients that come through a proxy."""
import hashlib
import json
import os
import resource
import socket
import struct
import threading
import unittest

from harness import procfs, sockets
from harness.daemon import Daemon, StartFailed
from harness.haproxy import Haproxy
from harness.surroundings import free_port, free_ports, me, probe, requires_ipv6
from harness.waiting import eventually, seconds
from harness.warm import WarmDaemon, is_forked, requires_zygote, tool, warm

_LOCAL = "127.0.0.1"
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def redirect(port, target, more=""):
    """One redirected service on `port`."""
    return (f'[services.relay]\nlisten = "tcp4://{_LOCAL}:{port}"\n'
            f'redirect = "{target}"\n{more}\n')


def proxied(port, server, trusted=f'["{_LOCAL}"]', more=""):
    """One service whose clients come through a proxy."""
    return (f'[services.behind]\nlisten = "tcp4://{_LOCAL}:{port}"\nuser = "{me()}"\n'
            f'stderr = "socket"\nproxy_protocol = true\nproxy_from = {trusted}\n'
            f'{server}\n{more}\n')


def report():
    """The probe that tells its environment."""
    return f'exec = ["{probe()}", "report"]'


def toml(config, *options, **more):
    """A daemon with this configuration in TOML."""
    return Daemon(config, options, file_name="uvinetd.toml", **more)


def exchange(port, request):
    """All that comes back when the client has said this, and its end."""
    with sockets.connect(port) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return sockets.read_all(client)


class Target:
    """A server of one behaviour for each client, in a thread."""

    def __init__(self, serve, host=_LOCAL, port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port or free_port(), *((0, 0) if ":" in host else ())))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        self._serve = serve
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.settimeout(seconds(60))
            threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client):
        with client:
            try:
                self._serve(client)
            except OSError:
                pass


def echo_after_the_end(client):
    """Says what it has heard when all has been said: takes half-close to work."""
    heard = sockets.read_all(client)
    client.sendall(heard)


def echo(client):
    """Says each piece back at once."""
    while piece := client.recv(65536):
        client.sendall(piece)


class Redirect(unittest.TestCase):
    """Clients that are passed on."""

    def test_both_directions_end_by_themselves(self):
        port = free_port()
        with Target(echo_after_the_end) as target, toml(redirect(port, f"{_LOCAL}:{target.port}")):
            self.assertEqual(exchange(port, b"all of it"), b"all of it")
            # The other way round: the target says all at first, and hears the client after that.
        heard = []

        def speak_first(client):
            client.sendall(b"greeting")
            client.shutdown(socket.SHUT_WR)
            heard.append(sockets.read_all(client))

        port = free_port()
        with Target(speak_first) as target, toml(redirect(port, f"{_LOCAL}:{target.port}")):
            with sockets.connect(port) as client:
                self.assertEqual(sockets.read_all(client), b"greeting")
                client.sendall(b"after your end")
                client.shutdown(socket.SHUT_WR)
                eventually(lambda: heard == [b"after your end"], what="what the target heard")

    def test_a_hundred_megabytes_come_through_both_ways_at_once(self):
        port = free_port()
        size = 100 << 20
        with Target(echo) as target, toml(redirect(port, f"{_LOCAL}:{target.port}")) as daemon:
            block = os.urandom(1 << 20)
            said = hashlib.sha256()
            for _ in range(size // len(block)):
                said.update(block)
            with sockets.connect(port) as client:
                client.settimeout(seconds(120))

                def speak():
                    for _ in range(size // len(block)):
                        client.sendall(block)
                    client.shutdown(socket.SHUT_WR)

                speaker = threading.Thread(target=speak)
                speaker.start()
                heard = hashlib.sha256()
                count = 0
                while piece := client.recv(1 << 18):
                    heard.update(piece)
                    count += len(piece)
                speaker.join(seconds(60))
            self.assertEqual(count, size)
            self.assertEqual(heard.hexdigest(), said.hexdigest())
            daemon.wait_for_log(rf"exit id=relay pid=- status=0 ms=\d+ received={size} sent={size}")

    def test_redirects_leave_descriptors_for_the_others(self):
        port, other = free_ports(2)
        day = f'[services.day]\nlisten = "tcp4://{_LOCAL}:{other}"\ninternal = "daytime"\n'
        few = (resource.RLIMIT_NOFILE, (40, 40))
        with Target(echo) as target, \
                toml(redirect(port, f"{_LOCAL}:{target.port}") + day,
                     preexec=lambda: resource.setrlimit(*few)) as daemon:
            clients = [sockets.connect(port) for _ in range(60)]
            clients[0].sendall(b"x")
            self.assertEqual(clients[0].recv(1), b"x")
            for client in clients:  # each that leaves makes room for one that waits
                client.sendall(b"y")
                self.assertEqual(client.recv(1), b"y")
                client.close()
            self.assertTrue(sockets.fetch(other))
            self.assertEqual(daemon.count(r"reason=descriptors"), 0)

    def test_who_does_not_read_stops_the_other_side_and_nobody_else(self):
        port = free_port()
        with Target(echo) as target, toml(redirect(port, f"{_LOCAL}:{target.port}")):
            with sockets.connect(port) as client:
                client.setblocking(False)
                sent = 0
                try:
                    while sent < 256 << 20:
                        sent += client.send(b"x" * 65536)
                except BlockingIOError:
                    pass
                self.assertLess(sent, 256 << 20, "the daemon took everything: no bound")
                self.assertEqual(exchange(port, b"other"), b"other")
                client.settimeout(seconds(60))
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(len(sockets.read_all(client)), sent)

    def test_a_reset_of_one_side_is_one_for_the_other(self):
        port = free_port()
        went = threading.Event()

        def leave(client):
            client.recv(1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        def stay(client):
            client.sendall(b"x")
            try:
                client.recv(1)
            except ConnectionResetError:
                went.set()

        with Target(leave) as target, toml(redirect(port, f"{_LOCAL}:{target.port}")):
            with sockets.connect(port) as client, self.assertRaises(ConnectionResetError):
                client.sendall(b"x")
                client.recv(1)
        port = free_port()
        with Target(stay) as target, toml(redirect(port, f"{_LOCAL}:{target.port}")):
            client = sockets.connect(port)
            self.assertEqual(client.recv(1), b"x")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            self.assertTrue(went.wait(seconds()), "the target has heard of no reset")

    def test_a_target_that_is_not_there_is_told_and_resets_the_client(self):
        port, nobody = free_ports(2)
        with toml(redirect(port, f"{_LOCAL}:{nobody}")) as daemon:
            # The reset may come before connect() is done.
            with self.assertRaises(ConnectionResetError), sockets.connect(port) as client:
                client.recv(1)
            daemon.wait_for_log(r"refuse id=relay from=127\.0\.0\.1:\d+ "
                                r"reason=redirect errno=ECONNREFUSED")

    def test_the_addresses_of_a_name_are_tried_in_order(self):
        requires_ipv6()
        port = free_port()
        with Target(echo) as target:
            with toml(redirect(port, f"localhost:{target.port}")):
                self.assertEqual(exchange(port, b"found"), b"found")

    def test_a_thousand_at_once_are_all_served_and_nothing_is_kept_of_them(self):
        port = free_port()
        with Target(echo) as target, toml(redirect(port, f"{_LOCAL}:{target.port}")) as daemon:
            self.assertEqual(exchange(port, b"first"), b"first")
            before = procfs.descriptors(daemon.reactor())
            clients = [sockets.connect(port) for _ in range(1000)]
            for number, client in enumerate(clients):
                client.sendall(b"%04d" % number)
            for number, client in enumerate(clients):
                self.assertEqual(sockets.read_exactly(client, 4), b"%04d" % number)
            for client in clients:
                client.close()
            # Pipes that wait for the next bytes are kept, a few.
            eventually(lambda: len(procfs.descriptors(daemon.reactor())) <= len(before) + 64,
                       what="descriptors to be given back")
            self.assertEqual(exchange(port, b"last"), b"last")

    def test_the_limit_of_instances_holds(self):
        port = free_port()
        with Target(echo) as target:
            with toml(redirect(port, f"{_LOCAL}:{target.port}", "instances = 1")):
                first = sockets.connect(port)
                first.sendall(b"a")
                self.assertEqual(sockets.read_exactly(first, 1), b"a")
                second = sockets.connect(port)
                second.sendall(b"b")
                self.assertTrue(sockets.has_nothing(second))
                first.close()
                self.assertEqual(sockets.read_exactly(second, 1), b"b")
                second.close()

    def test_silence_has_a_limit_where_one_is_written(self):
        port = free_port()
        with Target(echo) as target:
            config = redirect(port, f"{_LOCAL}:{target.port}", "idle_timeout = 1")
            with toml(config), sockets.connect(port) as client:
                client.sendall(b"a")
                self.assertEqual(sockets.read_exactly(client, 1), b"a")
                with self.assertRaises(ConnectionResetError):
                    client.recv(1)

    def test_it_goes_out_from_the_address_that_is_written(self):
        port = free_port()
        with Target(lambda client: client.sendall(client.getpeername()[0].encode())) as target:
            config = redirect(port, f"{_LOCAL}:{target.port}", 'redirect_from = "127.0.0.9"')
            with toml(config):
                self.assertEqual(sockets.fetch(port), b"127.0.0.9")

    def test_the_target_is_told_who_the_client_is(self):
        port = free_port()
        heads = []

        def listen(client):
            heads.append(sockets.read_all(client))

        for form in ("v1", "v2"):
            with Target(listen) as target:
                config = redirect(port, f"{_LOCAL}:{target.port}", f'redirect_proxy = "{form}"')
                with toml(config), sockets.connect(port) as client:
                    source = client.getsockname()[1]
                    client.sendall(b"hello")
                    client.shutdown(socket.SHUT_WR)
                    self.assertEqual(sockets.read_all(client), b"")
        ports = struct.pack("!HH", source, port)
        line = rb"PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ %d\r\nhello" % port
        self.assertRegex(heads[0], rb"\A" + line + rb"\Z")
        self.assertEqual(heads[1], _SIGNATURE + b"\x21\x11\x00\x0c" + b"\x7f\0\0\1" * 2 + ports
                         + b"hello")

    def test_an_xinetd_file_may_ask_for_it(self):
        port = free_port()
        with Target(echo_after_the_end) as target:
            lines = [f"service relay\n{{\n type = UNLISTED\n socket_type = stream\n wait = no\n"
                     f" port = {port}\n redirect = 127.0.0.1 {target.port}\n}}"]
            with Daemon(lines, file_name="xinetd.conf"):
                self.assertEqual(exchange(port, b"through"), b"through")

    def test_what_cannot_be_done_is_told_at_load(self):
        port = free_port()
        for more, said in (('mode = "wait"', "only nowait stream services are redirected"),
                           ('redirect_from = "here"', 'redirect_from is an address, not "here"'),
                           ('redirect_from = "::1"', "no address of the family of redirect_from")):
            with self.subTest(more), self.assertRaises(StartFailed) as failure:
                toml(redirect(port, "127.0.0.1:79", more))
            self.assertIn(said, failure.exception.log)
            self.assertIn("[redirect]", failure.exception.log)
            self.assertEqual(failure.exception.status, 78)


class Proxied(unittest.TestCase):
    """The PROXY protocol, by hand."""

    def seen(self, port, header, host=_LOCAL):
        """The environment of the server that a client with this header gets."""
        with sockets.connect(port, host) as client:
            client.sendall(header)
            variables = json.loads(sockets.read_all(client))["environment"]
            return dict(each.split("=", 1) for each in variables)

    def test_the_server_sees_whom_the_proxy_names(self):
        port = free_port()
        v6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7")
        binary = (_SIGNATURE + b"\x21\x21" + struct.pack("!H", 36 + 4) + v6 + v6
                  + struct.pack("!HH", 4000, 443) + b"\x04\x00\x01x")
        with toml(proxied(port, report())) as daemon:
            seen = self.seen(port, b"PROXY TCP4 192.0.2.1 198.51.100.2 4000 443\r\n")
            names = ("PROTO", "TCPREMOTEIP", "TCPREMOTEPORT", "REMOTE_HOST", "REMOTE_ADDR",
                     "REMOTE_PORT", "TCPLOCALIP", "TCPLOCALPORT")
            self.assertEqual([seen[name] for name in names],
                             ["TCP", "192.0.2.1", "4000", "192.0.2.1", "192.0.2.1", "4000",
                              "198.51.100.2", "443"])
            seen = self.seen(port, binary)
            self.assertEqual(seen["TCPREMOTEIP"], "2001:db8::7")
            self.assertEqual(seen["TCPREMOTEPORT"], "4000")
            for own in (b"PROXY UNKNOWN\r\n", _SIGNATURE + b"\x20\0\0\0"):
                self.assertEqual(self.seen(port, own)["TCPREMOTEIP"], _LOCAL)
            daemon.wait_for_log(r"start id=behind pid=\d+ from=192\.0\.2\.1:4000")
            daemon.wait_for_log(r"start id=behind pid=\d+ from=\[2001:db8::7\]:4000")

    def test_not_a_byte_of_what_follows_is_lost(self):
        port = free_port()
        with toml(proxied(port, 'exec = ["/bin/cat"]')):
            for pieces in ([b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nhello"],
                           [bytes([byte]) for byte in b"PROXY UNKNOWN\r\nhello"],
                           [_SIGNATURE + b"\x21", b"\x11\0\x0c" + b"\x01" * 7,
                            b"\x02" * 5 + b"hello"]):
                with sockets.connect(port) as client:
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    for piece in pieces:
                        client.sendall(piece)
                    client.shutdown(socket.SHUT_WR)
                    self.assertEqual(sockets.read_all(client), b"hello")

    def test_who_is_not_trusted_is_refused(self):
        port = free_port()
        with toml(proxied(port, report(), '["192.0.2.0/24", "unix"]')) as daemon:
            with sockets.connect(port) as client:
                self.assertEqual(sockets.read_all(client), b"")
            daemon.wait_for_log(r"refuse id=behind from=127\.0\.0\.1:\d+ reason=proxy")
            daemon.assert_count(r"start id=behind", 0)

    def test_a_header_that_is_none_is_refused(self):
        port = free_port()
        with toml(proxied(port, report())) as daemon:
            for header in (b"GET / HTTP/1.0\r\n\r\n", b"PROXY TCP4 1 2 3 4\r\n",
                           b"PROXY UNK" + b"x" * 200, _SIGNATURE + b"\x21\x11\xff\xff",
                           _SIGNATURE + b"\x31\x11\0\0"):
                with sockets.connect(port) as client:
                    client.sendall(header)
                    self.assertEqual(sockets.read_all(client), b"")
            with sockets.connect(port) as client:  # nothing at all
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(sockets.read_all(client), b"")
            daemon.wait_for_log(r"refuse id=behind from=127\.0\.0\.1:\d+ reason=proxy")
            daemon.assert_count(r"start id=behind", 0)
            self.assertEqual(self.seen(port, b"PROXY UNKNOWN\r\n")["TCPREMOTEIP"], _LOCAL)

    def test_one_that_says_nothing_is_let_go(self):
        port = free_port()
        with toml(proxied(port, report())) as daemon:
            with sockets.connect(port) as client:
                client.sendall(b"PROXY TCP4 192")
                self.assertEqual(sockets.read_all(client), b"")
            daemon.wait_for_log(r"refuse id=behind from=127\.0\.0\.1:\d+ reason=proxy")

    def test_limits_of_a_source_are_those_of_the_client(self):
        port = free_port()
        config = proxied(port, f'exec = ["{probe()}", "hold"]', more="instances_per_source = 1")
        with toml(config) as daemon:
            clients = []
            for last in (1, 2, 3):
                client = sockets.connect(port)
                client.sendall(b"PROXY TCP4 192.0.2.%d 192.0.2.9 7 8\r\n" % last)
                self.assertIn("pid", sockets.read_line(client))
                clients.append(client)
            with sockets.connect(port) as client:
                client.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.9 7 8\r\n")
                self.assertEqual(sockets.read_all(client), b"")
            daemon.wait_for_log(r"refuse id=behind from=192\.0\.2\.1:7 reason=source-instances")
            # The ledgers know whose they are: a new reactor counts them as the old one did.
            daemon.replace_reactor()
            with sockets.connect(port) as client:
                client.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.9 7 8\r\n")
                self.assertEqual(sockets.read_all(client), b"")
            for client in clients:
                client.close()

    def test_built_ins_and_redirects_have_such_clients_too(self):
        port = free_port()
        with toml(proxied(port, 'internal = "echo"')):
            self.assertEqual(exchange(port, b"PROXY UNKNOWN\r\nhello"), b"hello")
        with Target(echo_after_the_end) as target:
            config = proxied(port, f'redirect = "{_LOCAL}:{target.port}"\nredirect_proxy = "v1"')
            with toml(config.replace(f'user = "{me()}"\nstderr = "socket"\n', "")) as daemon:
                line = b"PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n"
                self.assertEqual(exchange(port, line + b"x"), line + b"x")
                daemon.wait_for_log(rf"exit id=behind .* received=1 sent={len(line) + 1}")

    def test_what_cannot_be_done_is_told_at_load(self):
        port = free_port()
        for config, said in (
                (proxied(port, report(), "[]"), "proxy_protocol without proxy_from"),
                (proxied(port, report(), '["10.0.0.0/33"]'), 'not "10.0.0.0/33"'),
                (proxied(port, report(), '["proxy.example.org"]'), "addresses and networks"),
                (proxied(port, report(), more='mode = "wait"'), "for nowait stream services"),
                (proxied(port, report()).replace("tcp4:", "udp4:"), "for nowait stream services")):
            with self.subTest(said), self.assertRaises(StartFailed) as failure:
                toml(config)
            self.assertIn(said, failure.exception.log)
            self.assertIn("[proxy]", failure.exception.log)


class ProxiedWarm(unittest.TestCase):
    """Servers that are forked from a parked process."""

    def test_they_see_whom_the_proxy_names(self):
        requires_zygote()
        service = warm("behind", [tool("uvinetd_dynamic_probe"), "hold"], proxy_protocol=True,
                       proxy_from=[_LOCAL])
        with WarmDaemon(service) as daemon:

            def server_of(address):
                with sockets.connect(service.port) as client:
                    client.sendall(f"PROXY TCP4 {address} 192.0.2.2 7 8\r\n".encode())
                    pid = json.loads(sockets.read_line(client))["pid"]
                    with open(f"/proc/{pid}/environ", "rb") as file:
                        return is_forked(pid), file.read().decode().split("\0")

            server_of("192.0.2.1")
            daemon.wait_for_zygote(service)
            forked, variables = server_of("192.0.2.77")
            self.assertTrue(forked, "it was not started warm")
            self.assertIn("TCPREMOTEIP=192.0.2.77", variables)
            self.assertIn("TCPLOCALPORT=8", variables)


class ProxiedByHaproxy(unittest.TestCase):
    """HAProxy as the proxy, both versions, in front of a real server."""

    def test_the_server_sees_the_client_of_haproxy(self):
        for option in ("send-proxy", "send-proxy-v2"):
            with self.subTest(option):
                port, front = free_ports(2)
                with toml(proxied(port, report())) as daemon:
                    with Haproxy(front, f"{_LOCAL}:{port} {option}"):
                        with sockets.connect(front) as client:
                            own = client.getsockname()[1]
                            variables = json.loads(sockets.read_all(client))["environment"]
                    seen = dict(each.split("=", 1) for each in variables)
                    self.assertEqual((seen["TCPREMOTEIP"], seen["TCPREMOTEPORT"]),
                                     (_LOCAL, str(own)))
                    self.assertEqual(seen["TCPLOCALPORT"], str(front))
                    daemon.wait_for_log(rf"start id=behind pid=\d+ from=127\.0\.0\.1:{own}\b")

    def test_its_health_checks_are_its_own(self):
        port, front = free_ports(2)
        with toml(proxied(port, 'internal = "daytime"')) as daemon:
            server = f"{_LOCAL}:{port} send-proxy-v2 check inter 100ms"
            with Haproxy(front, server) as proxy:
                proxy.wait_for("check_status", "L4OK")
                with sockets.connect(front) as client:
                    self.assertRegex(sockets.read_all(client), rb"\d\d:\d\d:\d\d")
            daemon.assert_count("reason=proxy", 0)

    def test_a_redirect_may_speak_it_to_haproxy(self):
        port, front, behind = free_ports(3)
        with toml(proxied(behind, report())) as daemon:
            with Haproxy(front, f"{_LOCAL}:{behind} send-proxy", bind="accept-proxy"):
                for form in ("v1", "v2"):
                    config = redirect(port, f"{_LOCAL}:{front}", f'redirect_proxy = "{form}"')
                    with toml(config), sockets.connect(port) as client:
                        own = client.getsockname()[1]
                        variables = json.loads(sockets.read_all(client))["environment"]
                    self.assertIn(f"TCPREMOTEPORT={own}", variables)
                    self.assertIn(f"TCPLOCALPORT={port}", variables)
            daemon.assert_log_is_sane()


if __name__ == "__main__":
    unittest.main()
