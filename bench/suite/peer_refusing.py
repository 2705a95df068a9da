# SPDX-License-Identifier: ISC
"""Superservers that let some clients in and others not, and the least that refusing can cost."""
import json

from suite.peer_inetd import Uvinetd, Xinetd, me
from suite.peer_single import Bare

EVERY_CLIENT = "127.0.0.0/8"


class BareRefusal(Bare):
    """bench_refuse: accepts and closes. The service's program is ignored."""

    name = "bare accept+close"
    program_name = "bench_refuse"

    def command(self, services, directory, ready_fd):
        return [self._program, services[0].address, services[0].port]


class RefusingUvinetd(Uvinetd):
    """Denies every client of the suite, by the last of so many rules."""

    kinds = ("stream",)

    def __init__(self, build, rules):
        super().__init__(build)
        self.name = f"uvinetd, {rules:,} rule{'s' * (rules > 1)}"
        self._rules = rules

    def configure(self, services, directory):
        path = directory / "uvinetd.toml"
        path.write_text("".join(self._service(one) for one in services), encoding="utf-8")
        return path

    def command(self, services, directory, ready_fd):
        config = self.configure(services, directory)
        return [self.program, "-f", "-e", "-p", directory / "inetd.pid", "--ready-fd", ready_fd,
                config]

    def _service(self, service):
        others = [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
                  for number in range(self._rules - 1)]
        return _service(service, deny=[*others, EVERY_CLIENT])


class RefusingXinetd(Xinetd):
    """Refuses in a child of its own."""

    name = "xinetd"

    @staticmethod
    def _service(service):
        whole = Xinetd._service(service)  # pylint: disable=protected-access
        return whole.replace("disable = no\n", f"disable = no\nno_access = {EVERY_CLIENT}\n")


class FloodedUvinetd(Uvinetd):
    """Three services of one program: the first for all but the flood, which is refused at the second
    by a rule, and at the third, a built-in, as soon as a source comes again."""

    name = "uvinetd"
    kinds = ("stream",)

    def __init__(self, build, flood):
        super().__init__(build)
        self._flood = flood

    def command(self, services, directory, ready_fd):
        allowed, denied, limited = services
        path = directory / "uvinetd.toml"
        path.write_text(_service(allowed, deny=[self._flood]) + _service(denied, deny=[self._flood])
                        + _builtin(limited, rate_per_source="1/h burst 1"), encoding="utf-8")
        return [self.program, "-f", "-e", "-p", directory / "inetd.pid", "--ready-fd", ready_fd,
                path]


def _service(service, **more):
    return _table(service, exec=[str(service.program), *service.words()[1:]], user=me(),
                  stderr="socket", **more)


def _builtin(service, **more):
    return _table(service, internal="daytime", **more)


def _table(service, **keys):
    # A string or a list of strings of JSON is one of TOML too.
    keys = {"listen": f"tcp://{service.address}:{service.port}", **keys}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f"[services.s{service.port}]\n{lines}\n"
