# SPDX-License-Identifier: ISC
"""Everything that is measured side by side, in the order of the tables.

    python3 -B -m suite.peers --build DIRECTORY [--try] [NAME...]

lists each with its version, or why it cannot run here; --try also makes one connection to each.
"""
import argparse
import socket
import struct
import sys
import tempfile
import time
from pathlib import Path

from suite import peer_inetd, peer_single, unpack
from suite.peer_process import PeerFailed, Running, Service, Superserver

__all__ = ["PeerFailed", "Running", "Service", "Superserver", "all_superservers", "bare_echo"]

_TRIAL_PORT = 24680


def all_superservers(build, unpacked):
    """One of each; `unpacked` is what unpack.unpack() returned."""
    return [
        peer_single.BareLoop(build, "posix_spawn"),
        peer_single.BareLoop(build, "fork"),
        peer_inetd.Uvinetd(build),
        peer_inetd.Uvinetd(build, spawner="clone"),
        peer_inetd.OpenbsdInetd(unpacked),
        peer_inetd.InetutilsInetd(unpacked),
        peer_inetd.Xinetd(unpacked),
        peer_inetd.Rlinetd(unpacked),
        peer_inetd.BusyboxInetd(unpacked),
        peer_single.Tcpserver(unpacked),
        peer_single.Tcpsvd(unpacked),
        peer_single.Socat(unpacked),
        peer_single.Ncat(unpacked),
        peer_single.SystemdSocketActivate(unpacked),
    ]


def bare_echo(build):
    """What the echo built-in is compared with."""
    return peer_single.BareEcho(build)


def trial(server, program, directory):
    """Starts a server, connects once, stops it; returns what happened, in words."""
    service = Service("127.0.0.1", _TRIAL_PORT, str(program))
    with server.start([service], directory) as running:
        begin = time.monotonic_ns()
        with socket.create_connection((service.address, service.port), timeout=10) as client:
            said = b"".join(iter(lambda: client.recv(4096), b""))
        told = f"{len(said)} bytes"
        if len(said) == 8:
            told = f"exec {(struct.unpack('=q', said)[0] - begin) / 1000:.0f} us after connecting"
        return (f"ready in {running.seconds_to_ready * 1000:.1f} ms, {told}, "
                f"{len(running.pids())} processes")


def _tell(server, arguments, directory):
    reason = server.why_not()
    if reason:
        return f"not here: {reason}"
    if not arguments.trial:
        return server.version()
    program = Path(arguments.build).resolve() / "bin" / "bench_probe_tiny"
    try:
        return trial(server, program if program.exists() else "/bin/true", directory)
    except (PeerFailed, OSError) as error:
        return f"FAILED: {error}"


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", required=True, help="the build directory")
    parser.add_argument("--try", dest="trial", action="store_true", help="start each one once")
    parser.add_argument("names", nargs="*", help="only these")
    arguments = parser.parse_args()
    servers = all_superservers(arguments.build, unpack.unpack(arguments.build))
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for number, server in enumerate(servers):
            if not arguments.names or server.name in arguments.names:
                told = _tell(server, arguments, Path(folder) / str(number))
                failed |= told.startswith("FAILED")
                print(f"{server.name:26} {told}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
