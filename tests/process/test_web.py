# SPDX-License-Identifier: ISC
"""The built-ins that speak HTTP: internal = "metrics" and "status"."""
import http.client
import json
import re
import socket
import unittest

from harness import sockets
from harness.browser import Between, dom
from harness.clients import run_client
from harness.daemon import Daemon
from harness.prometheus import Prometheus
from harness.surroundings import free_port, free_ports, me, requires, requires_ipv6
from harness.waiting import eventually, seconds

_LOCAL = "127.0.0.1"


def web(internal, port, more="", host=_LOCAL):
    """One such service."""
    return (f'[services.{internal}]\nlisten = "tcp://{host}:{port}"\ninternal = "{internal}"\n'
            f'{more}\n')


def sleeper(port, name="sleeper"):
    """A program that stays."""
    return (f'[services.{name}]\nlisten = "tcp4://{_LOCAL}:{port}"\n'
            f'exec = ["/bin/sleep", "600"]\nuser = "{me()}"\n')


def toml(config, *options):
    """A daemon with this configuration."""
    return Daemon(config, options, file_name="uvinetd.toml")


def ask(port, path="/", method="GET", **header):
    """The status, the header by its names in lower case, and the body."""
    client = http.client.HTTPConnection(_LOCAL, port, timeout=seconds())
    try:
        client.request(method, path, headers=header)
        answer = client.getresponse()
        body = answer.read()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body.decode()
    finally:
        client.close()


def raw(port, request):
    """All that is answered to these bytes."""
    return sockets.fetch(port, request=request)


class Answers(unittest.TestCase):
    """To clients that say what they should."""

    def test_metrics_are_prometheus_text(self):
        port = free_port()
        with toml(web("metrics", port)):
            for path in ("/metrics", "/", "/metrics?services"):
                status, header, body = ask(port, path)
                self.assertEqual(status, 200)
                self.assertTrue(header["content-type"].startswith("text/plain; version=0.0.4"))
                self.assertEqual(header["transfer-encoding"], "chunked")
                self.assertIn("# TYPE uvinetd_", body)
            old = raw(port, b"GET /metrics HTTP/1.0\r\n\r\n")
            self.assertNotIn(b"chunked", old)
            self.assertIn(b"\r\n\r\n# HELP", old)

    def test_the_status_is_a_page_and_json_and_both_know_the_services(self):
        port, other = free_ports(2)
        with toml(web("status", port) + sleeper(other)) as daemon:
            _, header, page = ask(port)
            self.assertEqual(header["content-type"], "text/html; charset=utf-8")
            self.assertIn('<th scope="row">sleeper<', page)
            self.assertIn(f"tcp://{_LOCAL}:{other}", page)
            with sockets.connect(other):
                daemon.wait_for_log("start id=sleeper ")
                def seen():
                    status = json.loads(ask(port, "/status.json")[2])
                    return status if status["servers"] else None
                status = eventually(seen, what="a running server")
                services = {each["id"]: each for each in status["services"]}
                self.assertEqual(services["sleeper"]["running"], 1)
                self.assertEqual(services["sleeper"]["addresses"], [f"tcp://{_LOCAL}:{other}"])
                self.assertEqual(status["running"], 1)
                server = status["servers"][0]
                self.assertEqual(server["service"], "sleeper")
                self.assertEqual(server["pid"], daemon.servers()[0])
                self.assertIn(f"<td class=\"number\">{server['pid']}</td>", ask(port)[2])

    def test_head_is_told_no_body_and_others_nothing(self):
        port = free_port()
        with toml(web("metrics", port)):
            status, header, body = ask(port, "/metrics", "HEAD")
            self.assertEqual((status, body), (200, ""))
            self.assertIn("content-type", header)
            status, header, _ = ask(port, "/metrics", "DELETE")
            self.assertEqual((status, header["allow"]), (405, "GET, HEAD"))
            self.assertEqual(ask(port, "/status.json")[0], 404)
            self.assertEqual(ask(port, "/metrics", "HEAD")[0], 200)

    def test_nobody_else_may_read_or_frame_it(self):
        port = free_port()
        with toml(web("status", port)):
            for path in ("/", "/status.json", "/nothing"):
                _, header, _ = ask(port, path, Origin="http://evil.example")
                self.assertNotIn("access-control-allow-origin", header)
                self.assertEqual(header["cache-control"], "no-store")
                self.assertEqual(header["x-content-type-options"], "nosniff")
                self.assertIn("default-src 'none'", header["content-security-policy"])
                self.assertIn("frame-ancestors 'none'", header["content-security-policy"])

    def test_only_names_that_this_host_has_are_answered(self):
        port = free_port()
        with toml(web("metrics", port)):
            for host in (f"{_LOCAL}:{port}", f"localhost:{port}", socket.gethostname(), "[::1]"):
                self.assertEqual(ask(port, "/metrics", Host=host)[0], 200, host)
            for host in ("evil.example", f"{_LOCAL}.evil.example:{port}"):
                self.assertEqual(ask(port, "/metrics", Host=host)[0], 421, host)

    def test_curl_gets_them_over_ipv6(self):
        curl = requires("curl")
        requires_ipv6()
        port = free_port()
        with toml(web("metrics", port, host="[::1]").replace("tcp:", "tcp6:")):
            done = run_client(curl, "-sSf", f"http://[::1]:{port}/metrics")
            self.assertIn("uvinetd_", done.stdout)

    def test_an_inetd_conf_has_them_by_name(self):
        first, second = free_ports(2)
        with Daemon([f"{_LOCAL}:{first} stream tcp4 nowait {me()} internal metrics",
                     f"{_LOCAL}:{second} stream tcp4 nowait {me()} internal status"]):
            self.assertIn("uvinetd_", ask(first, "/metrics")[2])
            self.assertIn("<!DOCTYPE html>", ask(second)[2])

    def test_rules_hold_as_for_every_service(self):
        port = free_port()
        with toml(web("status", port, 'deny = ["127.0.0.0/8"]')) as daemon:
            with self.assertRaises((ConnectionError, http.client.HTTPException)):
                ask(port)
            daemon.wait_for_log("refuse id=status .*reason=access")


class Hostile(unittest.TestCase):
    """Clients that do not."""

    def test_what_is_no_request_is_told_so(self):
        port = free_port()
        with toml(web("status", port)):
            for request, status in ((b"\x16\x03\x01\x00\xa5\x01\x00\x00\n", b"400"),
                                    (b"GET / HTTP/1.1\r\n\r\n", b"400"),
                                    (b"GET / HTTP/2.0\r\n\r\n", b"505"),
                                    (b"GET / HTTP/1.1\r\nA: " + b"x" * 40_000, b"431"),
                                    (b"A" * 10_000, b"431")):
                answer = raw(port, request)
                self.assertTrue(answer.startswith(b"HTTP/1.1 " + status), (request[:20], answer))

    def test_one_that_does_not_end_is_cut_off(self):
        port = free_port()
        with toml(web("status", port)), sockets.connect(port) as client:
            client.sendall(b"GET / HTTP/1.1\r\nA: ")
            with self.assertRaises(ConnectionError):
                while True:
                    client.sendall(b"x" * 100_000)
            self.assertEqual(ask(port)[0], 200)

    def test_garbage_behind_a_request_does_not_cut_the_answer(self):
        port = free_port()
        with toml(web("status", port)):
            request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
            answer = raw(port, request + request + b"\0" * 40_000)
            self.assertEqual(answer.count(b"HTTP/1.1 200"), 1)
            self.assertTrue(answer.endswith(b"0\r\n\r\n"), answer[-40:])

    def test_one_that_asks_slowly_is_let_go_and_nobody_waits_for_it(self):
        port = free_port()
        with toml(web("status", port)):
            with sockets.connect(port) as slow, sockets.connect(port) as half_open:
                slow.sendall(b"GET / HTTP/1.1\r\nHo")
                self.assertEqual(ask(port)[0], 200)
                self.assertEqual(sockets.read_all(slow), b"")
                self.assertEqual(sockets.read_all(half_open), b"")

    def test_only_so_many_are_answered_at_once(self):
        port = free_port()
        with toml(web("status", port)):
            waiting = [sockets.connect(port) for _ in range(32)]
            behind = sockets.connect(port)
            behind.sendall(b"GET /status.json HTTP/1.0\r\n\r\n")
            for client in waiting:
                client.close()
            self.assertIn(b"HTTP/1.1 200", sockets.read_all(behind))
            behind.close()

    def test_ten_thousand_services_are_told_in_pieces(self):
        port, first = free_port(), free_port()
        lines = web("status", port) + "".join(
            f'[services.service-{i}]\nlisten = "unix://@uvinetd-test-{first}-{i}"\n'
            f'internal = "discard"\n' for i in range(10_000))
        with toml(lines):
            status, header, body = ask(port, "/status.json")
            self.assertEqual((status, header["transfer-encoding"]), (200, "chunked"))
            self.assertEqual(len(json.loads(body)["services"]), 10_001)
            self.assertLess(len(body), 1_500_000)
            page = ask(port)[2]
            self.assertIn("200 of 10\u202f001 services", page)
            self.assertLess(len(page), 200_000)
            with sockets.connect(port) as client:  # takes nothing, and holds nobody up
                client.sendall(b"GET /?all HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertEqual(ask(port, "/?all")[2].count("class=\"badge"), 10_001)


class Checked(unittest.TestCase):
    """What is said of such a service before it is served."""

    def test_one_that_everybody_reaches_is_warned_of(self):
        port = free_port()
        with toml(web("status", port, host="0.0.0.0")) as daemon:
            daemon.wait_for_log(r"warning: .*\"status\" tells every host.*\[exposed\]")
        with toml(web("status", port, 'allow = ["127.0.0.1"]', host="0.0.0.0")) as daemon:
            daemon.assert_count("exposed", 0)
            self.assertEqual(ask(port)[0], 200)


class InChromium(unittest.TestCase):
    """The page in a real browser."""

    def setUp(self):
        requires("chromium")

    def test_runs_its_script_and_shows_the_services(self):
        port, other = free_ports(2)
        with toml(web("status", port) + sleeper(other)):
            page = dom(f"http://{_LOCAL}:{port}/")  # with its own policy
            self.assertRegex(page, r'<html[^>]* class="live"')
            self.assertRegex(page, r'id="state" class="state good">live<')
            self.assertRegex(page, r'<th scope="row">sleeper<')
            self.assertRegex(page, r'id="t-running">0<')

    def test_what_comes_after_it_was_loaded_is_shown_too(self):
        port, other = free_ports(2)
        clients = []
        with toml(web("status", port) + sleeper(other)) as daemon:
            def come(path):
                """When the page looks for the second time."""
                if path == "/status.json" and between.paths.count(path) == 2:
                    clients.append(sockets.connect(other))
                    daemon.wait_for_log("start id=sleeper ")
            with Between(port, on_request=come) as between:
                page = dom(between.url, budget=9000)
            clients[0].close()
            self.assertRegex(page, r'id="t-running">1<')

    def test_sorts_and_filters_what_it_shows(self):
        port, other, another = free_ports(3)
        config = web("status", port) + sleeper(other, "a") + sleeper(another, "z")
        with toml(config):
            # Twice by name: from z to a.
            script = """
              const button = document.querySelector('#services th button');
              button.click(); button.click();
              const input = document.querySelector('#filter input');
              input.value = 'TCP'; input.dispatchEvent(new Event('input'));"""
            with Between(port, script=script) as between:
                page = dom(between.url)
            self.assertRegex(page, 'data-key="id" aria-sort="descending"')
            rows = re.findall(r'<th scope="row">([^<]*)<span', page)
            self.assertEqual(rows, ["z", "status", "a"])
            script = script.replace("'TCP'", "'nothing'")
            with Between(port, script=script) as between:
                self.assertIn("0 of 3 services", dom(between.url))

    def test_is_complete_without_scripts(self):
        port, other = free_ports(2)
        with toml(web("status", port) + sleeper(other)) as daemon, sockets.connect(other):
            daemon.wait_for_log("start id=sleeper ")
            eventually(lambda: json.loads(ask(port, "/status.json")[2])["running"] == 1,
                       what="a running server")
            with Between(port, policy="sandbox") as between:
                page = dom(between.url, budget=1000)
                self.assertNotIn("/status.json", between.paths)
            self.assertNotRegex(page, r'<html[^>]* class="live"')
            self.assertRegex(page, r'<th scope="row"[^>]*>sleeper<')
            self.assertRegex(page, r'id="t-running">1<')


class ScrapedByPrometheus(unittest.TestCase):
    """The metrics, by who they are for."""

    def test_the_scrape_is_good_and_its_numbers_are_there(self):
        requires("prometheus")
        port = free_port()
        with toml(web("metrics", port)), Prometheus(port) as prometheus:
            target = prometheus.target()
            self.assertEqual((target["health"], target["lastError"]), ("up", ""))
            self.assertEqual(prometheus.value("uvinetd_services"), 1)


if __name__ == "__main__":
    unittest.main()
