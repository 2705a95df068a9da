# SPDX-License-Identifier: ISC
"""How a zygote's life ends, and that no client loses by it."""
import os
import resource
import shutil
import signal
import unittest

from harness import procfs, sockets
from harness.control import ControlClient
from harness.load import Load, strike_under_load, write_server
from harness.surroundings import shared_folder, temporary_folder
from harness.waiting import eventually
from harness.warm import WAYS, Service, WarmDaemon, is_forked, requires_zygote, tool, warm


def setUpModule():
    """All of this is about zygotes."""
    requires_zygote()


def kill(pid):
    """SIGKILL, as the kernel does it when memory is short."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def well(name="warm", way="main", **keys):
    """A warm service whose servers wait for their client's end."""
    return warm(name, [tool("uvinetd_warm_early"), "well"], way, **keys)


class Replaced(unittest.TestCase):
    """Files that a package upgrade replaces under a parked zygote."""

    def setUp(self):
        self.folder = temporary_folder()
        self.install("uvinetd_warm_version_one", "server")
        self.install("uvinetd_warm_library_one.so", "warm_library.so")

    def install(self, source, name):
        """Puts a file into its place as packages do: by a rename."""
        path = os.path.join(self.folder, name)
        shutil.copy(tool(source), path + ".new")
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)

    def check(self, source, name, before, after):
        """Connections after the replacement are served by the new file, and soon warm."""
        for way in WAYS:
            with self.subTest(way):
                self.setUp()
                service = warm("version", [os.path.join(self.folder, "server")], way)
                with WarmDaemon(service) as daemon:
                    daemon.warm_up(service)
                    self.assertEqual(self.ask(daemon, service), (True, before))
                    daemon.wait_for_zygote(service)
                    self.install(source, name)
                    if name == "server":
                        self.assertEqual(self.ask(daemon, service)[1], after)
                    # Libraries are looked at once a second.
                    eventually(lambda: self.ask(daemon, service) == (True, after))  # pylint: disable=cell-var-from-loop

    @staticmethod
    def ask(daemon, service):
        """Whether the server was forked, and what it says."""
        with sockets.connect(service.port) as client:
            pid = daemon.server_of(client)
            forked = is_forked(pid)
            client.sendall(b"which\n")
            return forked, sockets.read_all(client).decode().strip()

    def test_the_executable(self):
        self.check("uvinetd_warm_version_two", "server", "program one library one",
                   "program two library one")

    def test_a_library(self):
        self.check("uvinetd_warm_library_two.so", "warm_library.so", "program one library one",
                   "program one library two")

    def test_a_program_that_is_removed_is_refused_as_with_exec(self):
        service = warm("version", [os.path.join(self.folder, "server")], "main with spares")
        with WarmDaemon(service) as daemon:
            daemon.warm_up(service)
            os.unlink(os.path.join(self.folder, "server"))
            self.assertEqual(sockets.fetch(service.port), b"")
            daemon.wait_for_log(r"\brefuse id=version from=\S+ reason=exec errno=ENOENT")


class Retired(unittest.TestCase):
    """Limits of use and of age, and reloads."""

    def test_a_zygote_is_started_anew_after_its_uses(self):
        for way in ("main", "main with spares"):
            with self.subTest(way):
                service = well(way=way, park_uses=3)
                with WarmDaemon(service) as daemon:
                    zygotes = set()
                    for _ in range(12):
                        with sockets.connect(service.port) as client:
                            self.assertTrue(sockets.read_line(client).startswith("served well"))
                        zygotes.add(daemon.wait_for_zygote(service))
                    self.assertGreaterEqual(len(zygotes), 3)
                    self.assertEqual(daemon.reasons(service), [])

    def test_a_zygote_is_started_anew_at_its_age(self):
        service = well(park_age="1s")
        with WarmDaemon(service) as daemon:
            first = daemon.warm_up(service)
            # The age is looked at when it is reached or when somebody asks: both are right.
            eventually(lambda: self.served_by_another(daemon, service, first),
                       what="another zygote")
            self.assertFalse(procfs.is_alive(first))

    @staticmethod
    def served_by_another(daemon, service, first):
        """After one more client: whether the zygote is another one."""
        with sockets.connect(service.port) as client:
            daemon.server_of(client)
        return first not in daemon.zygotes(service) and daemon.zygotes(service)

    def test_a_reload_that_changes_the_service(self):
        service = warm("warm", [tool("uvinetd_warm_early"), "well"], "main with spares")
        changed = warm("warm", [tool("uvinetd_warm_early"), "else"], "main with spares")
        changed.keys["listen"], changed.port = service.keys["listen"], service.port
        with WarmDaemon(service) as daemon:
            zygote = daemon.warm_up(service)
            with sockets.connect(service.port) as running:
                pid = daemon.assert_is_warm(running)
                self.assertIn("changed=1", daemon.reload_services(changed))
                with sockets.connect(service.port) as client:
                    self.assertTrue(sockets.read_line(client).startswith("served else"))
                self.assertTrue(procfs.is_alive(pid))
            eventually(lambda: not daemon.processes(service), what="the end of the old family")
            self.assertFalse(procfs.is_alive(zygote))
            daemon.wait_for_zygote(changed)
            daemon.assert_served_warm(changed)

    def test_a_reload_that_changes_the_environment(self):
        path = shutil.copy("/usr/bin/env", os.path.join(temporary_folder(), "env"))
        service = warm("warm", [path], env={"WHICH": "first"})
        changed = warm("warm", [path], env={"WHICH": "second"})
        changed.keys["listen"], changed.port = service.keys["listen"], service.port
        with WarmDaemon(service) as daemon:
            for _ in range(2):
                self.assertIn(b"WHICH=first\n", sockets.fetch(service.port))
                daemon.wait_for_zygote(service)
            self.assertIn("changed=1", daemon.reload_services(changed))
            self.assertIn(b"WHICH=second\n", sockets.fetch(service.port))

    def test_a_reload_that_removes_the_service_or_its_zygote(self):
        other = Service("other", ["/bin/true"])
        for successor in ("none", "exec"):
            with self.subTest(successor):
                service = well(way="main with spares")
                cold = Service("warm", service.command)
                cold.keys["listen"], cold.port = service.keys["listen"], service.port
                with WarmDaemon(service, other) as daemon:
                    daemon.warm_up(service)
                    with sockets.connect(service.port) as running:
                        pid = daemon.assert_is_warm(running)
                        daemon.reload_services(other, *([cold] if successor == "exec" else []))
                        eventually(lambda: daemon.processes(service) == [pid],  # pylint: disable=cell-var-from-loop
                                   what=lambda: f"only {pid} left of {daemon.describe(service)}")  # pylint: disable=cell-var-from-loop
                    daemon.wait_for_log(rf"\bexit id=warm pid={pid} status=0")

    def test_a_reload_that_changes_nothing_keeps_the_zygote(self):
        service = well()
        with WarmDaemon(service) as daemon:
            zygote = daemon.warm_up(service)
            self.assertIn("kept=1", daemon.reload_services(service))
            self.assertEqual(daemon.wait_for_zygote(service), zygote)
            daemon.assert_served_warm(service)

    def test_the_daemons_end_is_the_zygotes_end(self):
        service = well(way="main with spares")
        with WarmDaemon(service) as daemon:
            zygote = daemon.warm_up(service)
            family = daemon.processes(service)
            self.assertIn(zygote, family)
            daemon.stop()
            eventually(lambda: not any(procfs.is_alive(pid) for pid in family),
                       what="the end of the zygote and its spares")
            daemon.kill()


class Killed(unittest.TestCase):
    """SIGKILL to each member of the family."""

    def test_another_zygote_takes_the_place_of_a_killed_one(self):
        for way in ("main", "main with spares", "io with spares"):
            with self.subTest(way):
                service = well(way=way)
                with WarmDaemon(service) as daemon:
                    for _ in range(3):
                        zygote = daemon.warm_up(service)
                        kill(zygote)
                        for _ in range(3):
                            with sockets.connect(service.port) as client:
                                self.assertTrue(sockets.read_line(client).startswith("served"))
                        self.assertNotEqual(daemon.warm_up(service), zygote)

    def test_a_killed_spare_loses_no_client(self):
        service = well(way="main with spares")
        with WarmDaemon(service) as daemon:
            daemon.warm_up(service)
            for _ in range(10):
                daemon.wait_for_zygote(service)  # all of them have said that they are there
                spares = daemon.spares(service)
                for pid in spares:
                    kill(pid)
                eventually(lambda: not any(procfs.is_alive(pid) for pid in spares))  # pylint: disable=cell-var-from-loop
                with sockets.connect(service.port) as client:
                    self.assertTrue(sockets.read_line(client).startswith("served"), daemon.log())
            daemon.wait_for_zygote(service)

    def test_a_zygote_killed_with_requests_queued_loses_none(self):
        for way in ("main", "main with spares", "io"):
            with self.subTest(way):
                service = well(way=way)
                with WarmDaemon(service) as daemon:
                    zygote = daemon.warm_up(service)
                    os.kill(zygote, signal.SIGSTOP)
                    eventually(lambda: procfs.state(zygote) == "T", what="the zygote to stop")  # pylint: disable=cell-var-from-loop
                    clients = [sockets.connect(service.port) for _ in range(20)]
                    kill(zygote)
                    said = {sockets.read_line(client) for client in clients}
                    self.assertEqual(len(said), 20, said)
                    for client in clients:
                        client.close()
                    daemon.assert_count(r"\bstart id=warm ", 21)

    def test_a_stopped_zygote_does_not_keep_a_client_waiting(self):
        service = well()
        with WarmDaemon(service) as daemon:
            zygote = daemon.warm_up(service)
            os.kill(zygote, signal.SIGSTOP)
            eventually(lambda: procfs.state(zygote) == "T", what="the zygote to stop")
            with sockets.connect(service.port) as client:
                client.settimeout(None)
                said = sockets.read_line(client)
            self.assertTrue(said.startswith("served"))
            kill(zygote)


class UnderLoad(unittest.TestCase):
    """Four clients go on asking while members of the family are killed."""

    def setUp(self):
        self.folder = shared_folder()
        self.file = os.path.join(self.folder, "served")
        self.server = write_server(self.folder)

    def kill_under_load(self, way, victims, times, most_lost):
        """Kills what victims(daemon, service) gives; asserts what the clients saw.

        `most_lost`: how many clients may go unanswered, or a function of the daemon.
        """
        service = warm("warm", [self.server, self.file], way)
        if os.path.exists(self.file):
            os.unlink(self.file)  # of another way
        with WarmDaemon(service, log_connections=False) as daemon:
            load = strike_under_load(
                self, service.port, self.file,
                lambda: kill(eventually(lambda: victims(daemon, service), what="a victim")[0]),
                times, 20)
            most = most_lost(daemon) if callable(most_lost) else most_lost
            self.assertLessEqual(len(load.lost), most, f"lost {load.lost}\n{daemon.log()}")
            print(f"{way}: {times} kills, {len(load.answered)} answered, {len(load.lost)} lost")
            sockets.fetch(service.port, request=b"0\n")

    def test_zygotes(self):
        for way in WAYS:  # few times: each that is killed is missed for longer before the next
            with self.subTest(way):
                self.kill_under_load(way, lambda daemon, service: daemon.zygotes(service), 4, 0)

    def test_the_launcher(self):
        for way in WAYS:  # a launch that is with a zygote is lost with the launcher, and told of
            with self.subTest(way):
                self.kill_under_load(way, lambda daemon, _: daemon.launchers(), 20,
                                     self.refused_for_launchers)

    def refused_for_launchers(self, daemon):
        """How many clients the daemon has told of: a run of refusals is few lines in the log."""
        with ControlClient(daemon.control) as client:
            count = client.service("warm")["refused"].get("launcher", 0)
        # Four clients at a time, and each may meet two launchers that are on their way out.
        self.assertLessEqual(count, 20 * 4 * 2, daemon.log())
        return count

    def test_the_reactor(self):
        self.kill_under_load("main with spares",
                             lambda daemon, _: daemon.roles("uvi-reactor"), 20, 20)

    def test_reloads(self):
        service = warm("warm", [self.server, self.file], "main with spares")
        with WarmDaemon(service, log_connections=False) as daemon:
            load = Load(service.port)
            try:
                for turn in range(20):
                    service.keys["env"] = {"TURN": str(turn)}
                    self.assertIn("changed=1", daemon.reload_services(service))
                    load.wait_for(10)
            finally:
                load.end()
            self.assertEqual((load.refused, load.lost), (0, []), daemon.log())


class Many(unittest.TestCase):
    """Many services of which nobody asks for most."""

    def test_ten_thousand_unused_services_start_nothing(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 12000:
            self.skipTest(f"the limit of open descriptors is {hard}")
        path = tool("uvinetd_warm_early")
        folder = temporary_folder()
        used = warm("used", [path, "used"], "main with spares")
        text = "\n".join([WarmDaemon.text([used]), *(
            f'[services.unused{number}]\nlisten = "unix://{folder}/{number}"\n'
            f'exec = ["{path}", "well"]\nuser = "{used.keys["user"]}"\nstart = "zygote"\n'
            "spares = 4\n" for number in range(10000))])
        with WarmDaemon(used) as daemon:
            daemon.reload(text)
            zygote = daemon.warm_up(used)
            eventually(lambda: len(daemon.servers()) == 3, what="a zygote and two spares, alone")
            self.assertIn(zygote, daemon.servers())
            daemon.assert_served_warm(used)
            with sockets.connect_unix(f"{folder}/77") as client:
                self.assertTrue(sockets.read_line(client).startswith("served well"))


if __name__ == "__main__":
    unittest.main()
