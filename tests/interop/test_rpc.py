# SPDX-License-Identifier: ISC
"""SunRPC services with a real rpcbind, real servers and their clients."""
import os
import re
import subprocess
import unittest

from harness import sandbox
from harness.clients import run_client
from harness.daemon import Daemon
from harness.surroundings import me, probe, requires
from harness.waiting import eventually, seconds

_RSTATD = 100001
_RUSERSD = 100002


def setUpModule():  # pylint: disable=invalid-name
    """A network and a /run of our own."""
    sandbox.enter()


class Rpcbind:
    """A running rpcbind; see its manual page for the socket that it answers on."""

    def __init__(self):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [requires("rpcbind"), "-f"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        eventually(lambda: os.path.exists("/run/rpcbind.sock") and registered() is not None,
                   what="rpcbind")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends it; what it knew is gone."""
        self.process.kill()
        self.process.wait(seconds())
        if os.path.exists("/run/rpcbind.sock"):
            os.unlink("/run/rpcbind.sock")


def registered():
    """{(program, version, netid): address} as rpcbind tells it; None when it does not answer."""
    done = run_client(requires("rpcinfo"), check=False)
    if done.returncode != 0:
        return None
    rows = re.findall(r"^\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)", done.stdout, re.MULTILINE)
    return {(int(row[0]), int(row[1]), row[2]): row[3] for row in rows}


def ours(*programs):
    """What is registered of these programs."""
    return {key: address for key, address in (registered() or {}).items() if key[0] in programs}


class Rpc(unittest.TestCase):
    """Programs that rpcbind is told about."""

    def test_rusers_asks_rusersd(self):
        server = requires("rpc.rusersd")
        client = requires("rusers")
        line = f"rusersd/2-3 dgram rpc/udp wait root {server} rpc.rusersd"
        with Rpcbind(), Daemon([line]) as daemon:
            eventually(lambda: (_RUSERSD, 3, "udp") in ours(_RUSERSD))
            self.assertEqual(daemon.count(r"\bstart id="), 0)
            run_client(client, "-a", "127.0.0.1")
            daemon.wait_for_log(r"\bstart id=rusersd/rpc/udp ")

    def test_rup_asks_rstatd(self):
        server = requires("rpc.rstatd")
        client = requires("rup")
        line = f"rstatd/1-5 dgram rpc/udp wait root {server} rpc.rstatd"
        with Rpcbind(), Daemon([line]) as daemon:
            eventually(lambda: (_RSTATD, 5, "udp") in ours(_RSTATD))
            self.assertRegex(run_client(client, "127.0.0.1").stdout, r"\bup\b.*\bload\b")
            daemon.wait_for_log(r"\bstart id=rstatd/rpc/udp ")

    def test_every_version_and_family_is_known_and_withdrawn_at_the_end(self):
        line = f"200100100/1-3 dgram rpc/udp wait {me()} {probe()} probe hold"
        stream = f"200100100/1 stream rpc/tcp4 nowait {me()} {probe()} probe report"
        with Rpcbind():
            with Daemon([line, stream]):
                wanted = {(200100100, version, "udp") for version in (1, 2, 3)}
                wanted.add((200100100, 1, "tcp"))
                eventually(lambda: wanted <= set(ours(200100100)), what=lambda: ours(200100100))
            eventually(lambda: ours(200100100) == {}, what=lambda: ours(200100100))

    def test_a_reload_keeps_the_port_and_withdraws_what_is_gone(self):
        first = f"200100100/1 dgram rpc/udp4 wait {me()} {probe()} probe hold"
        second = f"200100101/1 dgram rpc/udp4 wait {me()} {probe()} probe hold"
        with Rpcbind(), Daemon([first, second]) as daemon:
            before = eventually(lambda: len(ours(200100100, 200100101)) == 2
                                and ours(200100100, 200100101))
            self.assertEqual(len(set(before.values())), 2)
            daemon.reload([first.replace("/1 ", "/1-2 ")])
            after = eventually(lambda: len(ours(200100100)) == 2 and not ours(200100101)
                               and ours(200100100))
            self.assertEqual(set(after.values()), {before[(200100100, 1, "udp")]})

    def test_a_reload_tells_a_new_rpcbind_everything(self):
        line = f"200100100/1 dgram rpc/udp4 wait {me()} {probe()} probe hold"
        with Rpcbind() as rpcbind, Daemon([line]) as daemon:
            eventually(lambda: ours(200100100))
            rpcbind.stop()
            with Rpcbind():
                self.assertEqual(ours(200100100), {})
                daemon.reload()
                eventually(lambda: ours(200100100))


class RpcWithoutRpcbind(unittest.TestCase):
    """An rpcbind that comes late hinders nobody."""

    def test_the_others_are_served_and_it_is_told_when_it_comes(self):
        lines = [f"200100100/1 dgram rpc/udp4 wait {me()} {probe()} probe hold",
                 f"echo stream tcp4 nowait {me()} internal"]
        with Daemon(lines) as daemon:
            daemon.wait_for_log("rpcbind does not take the registration; retrying")
            with Rpcbind():
                eventually(lambda: ours(200100100), 90)
                daemon.wait_for_log("registered at last")
            self.assertEqual(daemon.count("rpcbind does not take"), 1)


if __name__ == "__main__":
    unittest.main()
