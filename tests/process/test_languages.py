# SPDX-License-Identifier: ISC
"""Services of TOML and xinetd files, and of all languages together, in the real daemon."""
import os
import socket
import subprocess
import textwrap
import unittest

from harness import sockets
from harness.daemon import Daemon, StartFailed
from harness.surroundings import (bin_dir, free_port, free_ports, me, probe, requires_root,
                                  shared_folder)


def text(lines):
    """A file from an indented literal."""
    return textwrap.dedent(lines)


def environment_of(report):
    """The environment in a report of the probe server, as a dictionary."""
    return dict(word.split("=", 1) for word in report["environment"])


def uvinetd(*arguments, environment=None):
    """Runs the program to its end."""
    return subprocess.run([os.path.join(bin_dir(), "uvinetd"), *arguments], text=True, timeout=60,
                          capture_output=True, check=False, env=environment)


class Toml(unittest.TestCase):
    """The native language."""

    def test_the_process_is_as_the_file_says(self):
        port, plain = free_ports(2)
        folder = shared_folder()
        config = text(f"""\
            [defaults]
            user = "{me()}"
            stderr = "socket"
            [services.set]
            listen = "tcp://127.0.0.1:{port}"
            exec = ["{probe()}", "report"]
            argv0 = "another name"
            umask = "0077"
            working_directory = "{folder}"
            env = {{ GREETING = "good day", USER = "somebody" }}
            pass_env = ["OF_THE_DAEMON", "NOT_THERE"]
            [services.plain]
            listen = "tcp://127.0.0.1:{plain}"
            exec = ["{probe()}", "report"]
            """)
        with Daemon(config, file_name="uvinetd.toml",
                    environment=dict(os.environ, OF_THE_DAEMON="yes")):
            found, other = sockets.fetch_report(port), sockets.fetch_report(plain)
            variables = environment_of(found)
            self.assertEqual(found["argv"], ["another name", "report"])
            self.assertEqual(found["umask"], 0o077)
            self.assertEqual(os.path.realpath(found["cwd"]), os.path.realpath(folder))
            self.assertEqual(variables["GREETING"], "good day")
            self.assertEqual(variables["USER"], "somebody")
            self.assertEqual(variables["OF_THE_DAEMON"], "yes")
            self.assertNotIn("NOT_THERE", variables)
            self.assertEqual((other["umask"], other["cwd"]), (0o022, "/"))
            self.assertNotIn("OF_THE_DAEMON", environment_of(other))

    def test_groups_are_the_users_own_none_or_a_list(self):
        requires_root("takes another user's groups")
        own, none, listed = free_ports(3)
        config = text(f"""\
            [defaults]
            user = "games"
            group = "daemon"
            stderr = "socket"
            [services.own]
            listen = "tcp4://127.0.0.1:{own}"
            [services.none]
            listen = "tcp4://127.0.0.1:{none}"
            groups = false
            [services.listed]
            listen = "tcp4://127.0.0.1:{listed}"
            groups = ["bin", "4242"]
            """).replace("listen", f'exec = ["{probe()}", "report"]\nlisten')
        with Daemon(config, file_name="uvinetd.toml"):
            self.assertEqual(sorted(sockets.fetch_report(none)["groups"]), [1])
            self.assertEqual(sorted(sockets.fetch_report(listed)["groups"]), [1, 2, 4242])
            self.assertIn(1, sockets.fetch_report(own)["groups"])

    def test_a_range_of_ports_is_one_service(self):
        first = free_port()
        config = text(f"""\
            [services.many]
            listen = "tcp4://127.0.0.1:{first}-{first}"
            internal = "daytime"
            """)
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            self.assertTrue(sockets.fetch(first))
            daemon.wait_for_log(r"ready: 1 services, 1 sockets")

    def test_a_unix_socket_has_its_mode(self):
        path = os.path.join(shared_folder(), "daytime")
        config = text(f"""\
            [services.day]
            listen = "unix://{path}"
            internal = "daytime"
            socket_mode = "0600"
            [services.open]
            listen = "unix://{path}-open"
            internal = "daytime"
            """)
        with Daemon(config, file_name="uvinetd.toml"):
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            self.assertEqual(os.stat(path + "-open").st_mode & 0o777, 0o666)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                self.assertTrue(client.recv(100))

    def test_a_typo_is_told_at_its_place_and_the_rest_is_served(self):
        port = free_port()
        config = text(f"""\
            [services.good]
            listen = "tcp4://127.0.0.1:{port}"
            internal = "daytime"
            [services.bad]
            lisen = "tcp4://127.0.0.1:{port}"
            internal = "daytime"
            """)
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            self.assertTrue(sockets.fetch(port))
            self.assertRegex(daemon.log(), r'uvinetd\.toml:5:1: error: .*"lisen".*"listen"')
            daemon.wait_for_log(r"ready: 1 services, 1 sockets, 1 left out")

    def test_reload_to_a_broken_file_changes_nothing(self):
        port = free_port()
        config = text(f"""\
            [services.day]
            listen = "tcp4://127.0.0.1:{port}"
            internal = "daytime"
            """)
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            self.assertRegex(daemon.reload(config + "[services.day"), "reload refused")
            self.assertTrue(sockets.fetch(port))
            self.assertRegex(daemon.reload(config), "kept=1 added=0 removed=0 changed=0")

    def test_what_changes_in_daemon_waits_for_the_next_start(self):
        port = free_port()
        config = text(f"""\
            [daemon]
            spawner = "posix_spawn"
            [services.day]
            listen = "tcp4://127.0.0.1:{port}"
            internal = "daytime"
            """)
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            daemon.reload(config.replace("[daemon]", '[daemon]\nuser = "daemon"'))
            daemon.wait_for_log(r"\[daemon\] comes into force at the next start")

    def test_a_warning_is_a_reason_to_fail_when_strict(self):
        port = free_port()
        config = text(f"""\
            [services.a]
            listen = "tcp4://127.0.0.1:{port}"
            exec = ["{probe()}", "report"]
            user = "{me()}"
            """)
        with Daemon(config, ["--strict"], file_name="uvinetd.toml"):
            self.assertTrue(sockets.fetch_report(port))
        with self.assertRaises(StartFailed) as failure:
            with Daemon(config + 'socket_mode = "0600"\n', ["--strict"], file_name="uvinetd.toml"):
                pass
        self.assertEqual(failure.exception.status, 78)

    def test_access_rules_are_enforced(self):
        port = free_port()
        config = text(f"""\
            [services.day]
            listen = "tcp4://127.0.0.1:{port}"
            internal = "daytime"
            allow = ["10.0.0.0/8"]
            """)
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            self.assertEqual(sockets.fetch(port), b"")
            daemon.wait_for_log(r"refuse id=day from=127\.0\.0\.1:\d+ reason=access$")


class Xinetd(unittest.TestCase):
    """xinetd.conf with its folder."""

    def setUp(self):
        self.folder = shared_folder()
        os.chmod(self.folder, 0o755)
        os.mkdir(os.path.join(self.folder, "xinetd.d"))

    def write(self, name, lines):
        """A file in xinetd.d."""
        path = os.path.join(self.folder, "xinetd.d", name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text(lines))

    def test_its_files_are_served_as_they_are(self):
        day, probing, off = free_ports(3)
        self.write("daytime", f"""\
            service daytime
            {{
                type = INTERNAL UNLISTED
                socket_type = stream
                protocol = tcp
                wait = no
                port = {day}
            }}
            """)
        self.write("probe", f"""\
            service probing
            {{
                type        = UNLISTED
                port        = {probing}
                socket_type = stream
                wait        = no
                user        = {me()}
                server      = {probe()}
                server_args = report
                env         = GREETING=hello
                umask       = 027
                flags       = REUSE IPv4
            }}
            """)
        self.write("off", f"""\
            service off
            {{
                disable = yes
                type = UNLISTED
                port = {off}
                socket_type = stream
                wait = no
                user = {me()}
                server = {probe()}
            }}
            """)
        self.write("daytime.dpkg-old", "service broken\n{\n")
        config = text(f"""\
            defaults
            {{
                log_type = SYSLOG daemon info
            }}
            includedir {self.folder}/xinetd.d
            """)
        with Daemon(config, file_name="xinetd.conf",
                    environment=dict(os.environ, OF_THE_DAEMON="passed",
                                     NOTIFY_SOCKET="")) as daemon:
            self.assertTrue(sockets.fetch(day))
            found = sockets.fetch_report(probing)
            variables = environment_of(found)
            self.assertEqual(found["argv"], [os.path.basename(probe()), "report"])
            self.assertEqual(found["umask"], 0o027)
            self.assertEqual(variables["GREETING"], "hello")
            self.assertEqual(variables["OF_THE_DAEMON"], "passed")
            daemon.wait_for_log(r"ready: 2 services")
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", off), 5).close()

    def test_a_service_that_restricts_access_keeps_clients_out(self):
        limited, open_port = free_ports(2)
        for name, port, extra in (("limited", limited, "only_from = 10.0.0.0"),
                                  ("open", open_port, "")):
            self.write(name, f"""\
                service {name}
                {{
                    type = UNLISTED INTERNAL
                    id = daytime-{name}
                    port = {port}
                    socket_type = stream
                    wait = no
                    {extra}
                }}
                """.replace(f"service {name}", "service daytime"))
        with Daemon(f"includedir {self.folder}/xinetd.d\n", file_name="xinetd.conf") as daemon:
            self.assertTrue(sockets.fetch(open_port))
            self.assertEqual(sockets.fetch(limited), b"")
            daemon.wait_for_log(r"refuse id=daytime-limited .* reason=access$")


class Together(unittest.TestCase):
    """Files of all languages for one daemon."""

    def test_a_native_file_includes_the_others(self):
        one, two, three = free_ports(3)
        folder = shared_folder()
        files = {
            "inetd.conf": f"127.0.0.1:{one} stream tcp nowait {me()} internal daytime\n",
            "xinetd.conf": text(f"""\
                service daytime
                {{
                    type = INTERNAL UNLISTED
                    socket_type = stream
                    wait = no
                    bind = 127.0.0.1
                    port = {two}
                }}
                """),
        }
        for name, content in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(content)
        config = text(f"""\
            include = ["{folder}/inetd.conf", "{folder}/xinetd.conf", "-{folder}/nowhere"]
            [services.three]
            listen = "tcp://127.0.0.1:{three}"
            internal = "daytime"
            """)
        with Daemon(config, file_name="uvinetd.toml") as daemon:
            for port in (one, two, three):
                self.assertTrue(sockets.fetch(port))
            daemon.wait_for_log(r"ready: 3 services, 3 sockets")

    def test_a_socket_named_twice_is_told_with_both_places(self):
        port = free_port()
        folder = shared_folder()
        path = os.path.join(folder, "inetd.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"127.0.0.1:{port} stream tcp nowait {me()} internal daytime\n")
        native = os.path.join(folder, "uvinetd.toml")
        with open(native, "w", encoding="utf-8") as file:
            file.write(text(f"""\
                [services.again]
                listen = "tcp://127.0.0.1:{port}"
                internal = "daytime"
                """))
        done = uvinetd("--check", path, native)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, rf"uvinetd\.toml:1:\d+: error: .*{path}:1 \[duplicate\]")


if __name__ == "__main__":
    unittest.main()
