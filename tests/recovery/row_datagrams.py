# SPDX-License-Identifier: ISC
"""A row of the table: a UDP `wait` service whose daemon is reloaded, upgraded and loses its roles."""
import random
import socket

from harness.surroundings import is_portable
from recovery.account import Account, overlaps
from recovery.clients import Clients, load
from recovery.records import Outcome
from recovery.rows_reload import HAS_UPGRADE, untold_ends, upgrade
from recovery.rows_roles import tell_strays
from recovery.scene import Scene, lines_of

_RATE = 500  # datagrams a second


def datagrams(findings, scale):
    """Every datagram that was sent is in the file of the servers once."""
    count = scale.of(300, 30)
    chance = random.Random(1)
    # With posix_spawn a launcher that is killed leaves a server that nobody knows of now and then.
    has_certain_pids = not is_portable()
    with Scene(spawner="clone" if has_certain_pids else "") as scene:
        strikes = [scene.reload, scene.kill_reactor]
        if has_certain_pids:
            strikes.append(lambda: scene.kill_launcher(chance))
        if HAS_UPGRADE:
            strikes.append(lambda: upgrade(scene))
        with Clients(load([("127.0.0.1", scene.udp)], _RATE, kind=socket.SOCK_DGRAM)) as clients:
            clients.wait_for(50)
            for number in range(count):
                strikes[number % len(strikes)]()
                clients.wait_for(chance.randrange(5, 50))
            records = clients.finish()
        lines = lines_of(scene.served_udp)
        account = Account(records, lines)
        findings.tell(f"{len(records)} datagrams, {count} strikes: reloads, reactors "
                      f"{'and launchers ' if has_certain_pids else ''}killed"
                      f"{', upgrades' if HAS_UPGRADE else ''}")
        tell_strays(findings, account)
        findings.claim("not served", account.count(Outcome.SILENT))
        findings.claim("wait servers beside another", len(overlaps(lines)))
        findings.claim("wait servers orphaned", len(scene.uncounted_servers()))
        # A reactor may be killed between the end of a server and its line.
        untold, twice = untold_ends(scene, 1)
        findings.tell(f"ends that are not in the log: {untold}, twice: {twice}", shown=False)
