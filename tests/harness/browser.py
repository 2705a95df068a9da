# SPDX-License-Identifier: ISC
"""A real Chromium without a window: what a page becomes in it."""
import http.client
import http.server
import os
import subprocess
import threading

from harness.surroundings import requires, temporary_folder
from harness.waiting import seconds


def dom(url, budget=3000):
    """The page as the browser has it after `budget` milliseconds of the browser's own time.

    Timers of the page run ahead of the real time; answers of servers are waited for.
    """
    program = requires("chromium")
    environment = dict(os.environ, HOME=temporary_folder(), LC_ALL="C.UTF-8")
    done = subprocess.run(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--user-data-dir={temporary_folder()}", f"--virtual-time-budget={budget}",
         "--window-size=1280,800", "--dump-dom", url],
        check=False, capture_output=True, text=True, errors="replace", env=environment,
        timeout=seconds(60))
    assert "</html>" in done.stdout, f"no page: {done.returncode}\n{done.stderr}"
    return done.stdout


class Between:
    """Passes requests on to a port of the daemon, and changes the page on its way.

    `policy` takes the place of its Content-Security-Policy, `script` goes to its end. Before a
    request is passed on, `on_request` is called with its path.
    """

    def __init__(self, port, policy="", script="", on_request=lambda path: None):
        between = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def do_GET(self):  # pylint: disable=invalid-name
                """Passes it on."""
                between.paths.append(self.path)
                on_request(self.path)
                client = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds())
                client.request("GET", self.path)
                answer = client.getresponse()
                body = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type"))
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                if answer.getheader("Content-Type").startswith("text/html"):
                    body += f"<script>{script}</script>".encode() if script else b""
                self.wfile.write(body)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                """Says nothing."""

        self.paths = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join(seconds())
        self.server.server_close()
