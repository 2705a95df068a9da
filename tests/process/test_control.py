# SPDX-License-Identifier: ISC
"""The control socket itself: where it stands, who may ask what there, and clients that behave badly.
What each verb does is tested with uvinetctl (test_ctl_live)."""
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import unittest

from harness import sockets
from harness.control import ControlClient, line
from harness.daemon import Daemon
from harness.surroundings import free_port, free_ports, me, requires_linux_build, requires_root
from harness.waiting import eventually, seconds

STATUS = {"verb": "status"}
RELOAD = {"verb": "reload"}
# Asks as another user. Arguments: user, group, supplementary group, path, request.
_ASK = """
import os, socket, sys
user, group, more = map(int, sys.argv[1:4])
os.setgroups([more] if more else [])
os.setgid(group)
os.setuid(user)
with socket.socket(socket.AF_UNIX) as client:
    client.connect(sys.argv[4])
    try:
        client.sendall((sys.argv[5] + "\\n").encode())
    except BrokenPipeError:
        pass  # turned away: it has said why
    with client.makefile() as replies:
        for line in replies:
            print(line, end="", flush=True)
            if '"end"' in line or '"error"' in line:
                break
"""
_STRANGER = 12345
_MEMBER_GROUP = 23456


def ask_as(path, request, user=_STRANGER, group=_STRANGER, more=0):
    """What another user is answered: replies, or the error that connecting gave."""
    ended = subprocess.run(
        [sys.executable, "-c", _ASK, str(user), str(group), str(more), path, line(request)],
        check=False, capture_output=True, text=True, timeout=seconds(60))
    if ended.returncode != 0:
        return ended.stderr.strip().splitlines()[-1]
    return [json.loads(text) for text in ended.stdout.splitlines()]


def config(port, daemon=""):
    """One built-in, and a [daemon]."""
    return (f"[daemon]\n{daemon}\n[services.echo]\nlisten = \"tcp4://127.0.0.1:{port}\"\n"
            f"internal = \"echo\"\nuser = \"{me()}\"\n")


def echoed(port):
    """What the built-in gives back for one byte."""
    with sockets.connect(port) as client:
        client.sendall(b"x")
        return sockets.read_exactly(client, 1)


class Rights(unittest.TestCase):
    """Who may ask what."""

    def setUp(self):
        requires_root("other users have to ask")

    def daemon(self, keys):
        """One with these keys of [daemon]; its folder can be searched."""
        served = Daemon(config(free_port(), keys), file_name="uvinetd.toml")
        self.addCleanup(served.__exit__, None, None, None)
        os.chmod(served.folder, 0o755)
        return served.control

    def test_nobody_else_may_connect(self):
        self.assertIn("PermissionError", ask_as(self.daemon(""), STATUS))

    def test_all_may_look_where_that_is_wanted_and_change_nothing(self):
        path = self.daemon('control_read = "all"')
        self.assertIn("status", ask_as(path, STATUS)[0])
        self.assertEqual(ask_as(path, RELOAD)[0]["error"]["code"], "denied")
        for request in ({"verb": "stop"}, {"verb": "pause", "id": "echo"},
                        {"verb": "kill", "pid": 1}, {"verb": "reopen-logs"},
                        {"verb": "show", "id": "echo"},
                        {"verb": "ban", "address": "192.0.2.1"}):
            self.assertEqual(ask_as(path, request)[0]["error"]["code"], "denied", request)
        self.assertIn("end", ask_as(path, {"verb": "list"})[-1])

    def test_members_of_the_group_may_do_all(self):
        path = self.daemon(f"control_group = {_MEMBER_GROUP}")
        self.assertIn("reload", ask_as(path, RELOAD, group=_MEMBER_GROUP)[0])
        self.assertIn("PermissionError", ask_as(path, STATUS))

    def test_a_supplementary_group_is_as_good(self):
        requires_linux_build("knows the first group of a peer only")
        path = self.daemon(f"control_group = {_MEMBER_GROUP}")
        self.assertIn("reload", ask_as(path, RELOAD, more=_MEMBER_GROUP)[0])

    def test_members_may_and_others_look(self):
        path = self.daemon(f'control_group = {_MEMBER_GROUP}\ncontrol_read = "all"')
        self.assertIn("reload", ask_as(path, RELOAD, group=_MEMBER_GROUP)[0])
        self.assertEqual(ask_as(path, RELOAD)[0]["error"]["code"], "denied")

    def test_an_unknown_group_is_told_and_nobody_is_let_in(self):
        with Daemon(config(free_port(), 'control_group = "no-such-group"'),
                    file_name="uvinetd.toml") as served:
            served.wait_for_log(r"control: control group no-such-group: Invalid argument")
            self.assertFalse(os.path.exists(served.control))


class Place(unittest.TestCase):
    """Where the socket stands."""

    def test_it_goes_with_the_daemon(self):
        with Daemon(config(free_port()), file_name="uvinetd.toml") as served:
            path = served.control
            with ControlClient(path) as client:
                self.assertEqual(client.ask(STATUS)[0]["status"]["pid"], served.pid)
            served.stop()
            self.assertFalse(os.path.exists(path))

    def test_there_need_be_none(self):
        port = free_port()
        with Daemon(config(port), file_name="uvinetd.toml", options=["--control", "none"]) as served:
            self.assertFalse(os.path.exists(served.control))
            self.assertEqual(echoed(port), b"x")

    def test_a_second_daemon_leaves_the_first_ones_alone(self):
        with Daemon(config(free_port()), file_name="uvinetd.toml") as first:
            path = first.control
            port = free_port()
            with Daemon(config(port), file_name="uvinetd.toml", options=["--control", path]) as second:
                second.wait_for_log(r"control: bind \S+: Address already in use; "
                                    r"uvinetctl cannot reach this daemon")
                self.assertEqual(echoed(port), b"x")
            with ControlClient(path) as client:
                self.assertEqual(client.ask(STATUS)[0]["status"]["pid"], first.pid)

    def test_what_a_dead_daemon_left_is_replaced(self):
        with Daemon(config(free_port()), file_name="uvinetd.toml") as served:
            path = os.path.join(served.folder, "left")
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(path)
            with Daemon(config(free_port()), file_name="uvinetd.toml",
                        options=["--control", path]) as second, ControlClient(path) as client:
                self.assertEqual(client.ask(STATUS)[0]["status"]["pid"], second.pid)

    def test_a_new_reactor_serves_the_same_socket(self):
        with Daemon(config(free_port()), file_name="uvinetd.toml") as served:
            path = served.control
            before = served.reactor()
            served.replace_reactor()
            with ControlClient(path) as client:
                status = client.ask(STATUS)[0]["status"]
            self.assertNotEqual(status["reactor"]["pid"], before)
            self.assertEqual(status["reactor_restarts"], 1)


class Events(unittest.TestCase):
    """What a listener hears."""

    def test_what_the_monitor_does_is_heard_too(self):
        port = free_port()
        with Daemon(config(port), file_name="uvinetd.toml") as served:
            path = served.control
            with ControlClient(path) as listener, ControlClient(path) as client:
                listener.listen()
                # Answered in turn: the listener listens when this has come.
                eventually(lambda: client.ask(STATUS)[0]["status"]["control_clients"] == 2,
                           what="both are clients")
                self.assertIn("reload", client.ask(RELOAD)[0])
                client.ask({"verb": "ban", "address": "192.0.2.1"})
                client.ask({"verb": "pause", "id": "echo"})
                heard = [listener.told() for _ in range(3)]
            self.assertEqual([event["event"] for event in heard], ["reload", "ban", "pause"])
            self.assertEqual(heard[0]["kept"], 1)
            self.assertEqual(heard[1]["address"], "192.0.2.1")
            self.assertEqual((heard[2]["id"], heard[2]["reason"]), ("echo", "operator"))


class Kept(unittest.TestCase):
    """What operators have decided."""

    def setUp(self):
        self.port = free_port()
        self.daemon = Daemon(config(self.port), file_name="uvinetd.toml")
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def test_a_pause_can_be_lifted_when_its_service_is_gone(self):
        with ControlClient(self.daemon.control) as client:
            self.assertIn("end", client.ask({"verb": "pause", "id": "echo"})[0])
            self.daemon.write_config(config(self.port).replace("services.echo", "services.other"))
            self.assertEqual(client.ask(RELOAD)[0]["reload"]["removed_ids"], ["echo"])
            self.assertIn("end", client.ask({"verb": "resume", "id": "echo"})[0])
            error = client.ask({"verb": "resume", "id": "echo"})[0]["error"]
            self.assertEqual(error["code"], "not-found")
            self.assertEqual(client.ask({"verb": "pause", "id": "echo"})[0]["error"]["code"],
                             "not-found")

    def test_a_pause_is_told_once_however_often_the_reactor_is_replaced(self):
        with ControlClient(self.daemon.control) as client:
            client.ask({"verb": "pause", "id": "echo", "refuse": True})
        self.daemon.wait_for_log("pause id=echo reason=operator")
        self.daemon.replace_reactor()
        with ControlClient(self.daemon.control) as client:
            self.assertEqual(client.service("echo")["hold"], "refuse")
        self.daemon.assert_count("pause id=echo reason=operator", 1)

    def test_a_ban_that_there_is_not_cannot_be_lifted(self):
        with ControlClient(self.daemon.control) as client:
            request = {"verb": "unban", "address": "192.0.2.1"}
            self.assertEqual(client.ask(request)[0]["error"]["code"], "not-found")
            client.ask({"verb": "ban", "address": "192.0.2.1"})
            self.assertIn("end", client.ask(request)[0])
            self.assertEqual(client.ask(request)[0]["error"]["code"], "not-found")
            self.assertEqual(client.ask({"verb": "bans"}), [{"end": True}])


class Box(unittest.TestCase):
    """What the reactor, which serves the socket, could do more than that."""

    def test_no_folder_is_open_in_it(self):
        requires_root("its root is an empty one")
        with Daemon(config(free_port()), file_name="uvinetd.toml") as served:
            folder = f"/proc/{served.reactor()}/fd"
            kinds = {name: os.stat(os.path.join(folder, name)).st_mode for name in os.listdir(folder)}
            self.assertGreater(len(kinds), 5)
            self.assertEqual([name for name, mode in kinds.items() if stat.S_ISDIR(mode)], [])


class Hostile(unittest.TestCase):
    """Clients of the socket that would hold up a lesser daemon."""

    def setUp(self):
        self.port = free_port()
        self.daemon = Daemon(config(self.port), file_name="uvinetd.toml")
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.path = self.daemon.control
        self.open = contextlib.ExitStack()
        self.addCleanup(self.open.close)

    def client(self):
        """One more."""
        return self.open.enter_context(ControlClient(self.path))

    def assert_well(self):
        """Everybody else is served."""
        self.assertEqual(echoed(self.port), b"x")
        self.assertIn("status", self.client().ask(STATUS)[0])

    def test_nonsense_is_answered_and_ends(self):
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\0\n", b"{}}\n", b"[" * 60000 + b"\n",
                     b"\xff\xfe\n", b'{"uvinetd":1,"verb":"pause","id":"' + b"\\ud800" + b'"}\n'):
            client = self.client()
            client.send(data)
            self.assertEqual(client.hear()[-1]["error"]["code"], "malformed", data[:40])
            self.assertEqual(client.hear(), [])
        self.assert_well()

    def test_a_request_without_end_is_cut_off(self):
        client = self.client()
        with contextlib.suppress(OSError):
            for _ in range(1000):
                client.send(b"x" * 4096)
        with contextlib.suppress(OSError):
            self.assertEqual(client.hear()[-1]["error"]["code"], "malformed")
        self.assert_well()

    def test_halves_of_requests_and_silence_hold_nobody_up(self):
        for _ in range(20):
            self.client().send(b'{"uvinetd":1,"ver')
            self.client()
        self.assert_well()

    def test_those_who_do_not_read_hold_nobody_up(self):
        request = (line({"verb": "metrics", "services": True}) + "\n").encode()
        for _ in range(10):
            client = self.client()
            client.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                for _ in range(1000):
                    client.send(request)
        self.assert_well()

    def test_more_than_there_is_room_for_are_told_so(self):
        clients = [self.client() for _ in range(64)]
        eventually(lambda: self.client().ask(STATUS)[-1].get("error", {}).get("code") == "busy",
                   what="there is no room")
        self.assertEqual(echoed(self.port), b"x")
        for client in clients:
            client.socket.close()
            client.replies.close()
        self.open.pop_all()
        eventually(lambda: "status" in self.client().ask(STATUS)[0], what="there is room again")

    def test_those_who_leave_in_the_middle_leave_nothing(self):
        for _ in range(200):
            with ControlClient(self.path) as client:
                client.send((line({"verb": "list"}) + "\n" + line(STATUS)).encode())
        with ControlClient(self.path) as client:
            eventually(lambda: client.ask(STATUS)[0]["status"]["control_clients"] == 1,
                       what="only one client is left")


class Many(unittest.TestCase):
    """A host with thousands of services."""

    def test_all_of_them_are_listed_and_measured(self):
        count = 2000
        ports = free_ports(2)
        services = "".join(
            f"[services.s{i:05}]\nlisten = \"unix://@uvitest-{ports[0]}-{i}\"\n"
            f"exec = \"/bin/true\"\nuser = \"{me()}\"\n" for i in range(count))
        with Daemon(config(ports[1]) + services, file_name="uvinetd.toml") as served, \
                ControlClient(served.control) as client:
            listed = client.ask({"verb": "list"})
            ids = [reply["service"]["id"] for reply in listed[:-1]]
            self.assertEqual(ids, sorted(ids))
            self.assertEqual(len(set(ids)), count + 1)
            text = "".join(reply["text"] for reply in client.ask({"verb": "metrics"})[:-1])
            told = [name for name in ids if f'uvinetd_service_running{{id="{name}"}} 0' in text]
            self.assertEqual(told, ids)


if __name__ == "__main__":
    unittest.main()
