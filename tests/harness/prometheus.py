# SPDX-License-Identifier: ISC
"""A real Prometheus that scrapes one port, as an operator's does."""
import http.client
import json
import os
import urllib.parse

from harness.real_server import RealServer
from harness.surroundings import free_port, requires, temporary_folder
from harness.waiting import eventually, seconds


class Prometheus(RealServer):
    """Scrapes 127.0.0.1:`port` each second, and answers questions."""

    def __init__(self, port):
        program = requires("prometheus")
        folder = temporary_folder()
        config = os.path.join(folder, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as out:
            out.write("global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
                      "scrape_configs:\n- job_name: uvinetd\n  static_configs:\n"
                      f"  - targets: ['127.0.0.1:{port}']\n")
        self.port = free_port()
        super().__init__(folder, program, f"--config.file={config}",
                         f"--storage.tsdb.path={folder}/data",
                         f"--web.listen-address=127.0.0.1:{self.port}")

    def ask(self, path, **query):
        """The data of an answer of its HTTP interface; None: there is none yet."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds())
        try:
            client.request("GET", f"/api/v1/{path}?{urllib.parse.urlencode(query)}")
            answer = client.getresponse()
            return json.load(answer)["data"] if answer.status == 200 else None
        except OSError:
            return None
        finally:
            client.close()

    def target(self):
        """What it thinks of the port once it has asked there, by its own names."""
        def scraped():
            targets = (self.ask("targets") or {}).get("activeTargets", [])
            return [each for each in targets if each["health"] != "unknown"]
        return eventually(scraped, what=lambda: f"a scrape: {self.log()}")[0]

    def value(self, metric):
        """The number that it has of a metric without labels of ours, waiting for it."""
        def found():
            return (self.ask("query", query=metric) or {}).get("result")
        return float(eventually(found, what=lambda: f"{metric}: {self.log()}")[0]["value"][1])
