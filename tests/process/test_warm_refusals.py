# SPDX-License-Identifier: ISC
"""Programs that cannot be started warm: each client is served all the same, and one line says why."""
import os
import shutil
import struct
import subprocess
import unittest

from harness import procfs, sockets
from harness.clients import run_client
from harness.surroundings import probe, requires, temporary_folder
from harness.waiting import eventually
from harness.warm import WarmDaemon, requires_zygote, tool, warm


def setUpModule():
    """All of this is about zygotes."""
    requires_zygote()


def copy_of(name, mode=0o755):
    """A program for these tests at a path of its own, with its library beside it."""
    folder = temporary_folder()
    path = os.path.join(folder, "server")
    shutil.copy(tool(name), path)
    shutil.copy(tool("uvinetd_warm_library_one.so"), os.path.join(folder, "warm_library.so"))
    os.chmod(path, mode)
    return path


def has_interpreter(path):
    """True when the program is linked dynamically: one of its program headers is PT_INTERP."""
    with open(path, "rb") as file:
        data = file.read(4096)
    start, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    return any(struct.unpack_from("<I", data, start + size * number)[0] == 3
               for number in range(count))


class Refused(unittest.TestCase):
    """What the program's file, or its zygote, shows."""

    def check(self, service, pattern, clients=5):
        """Every client is served by exec, and the reason is told once."""
        with WarmDaemon(service) as daemon:
            for _ in range(clients):
                self.serve(daemon, service)
            reason = daemon.wait_for_reason(service, pattern)
            for _ in range(clients):
                self.serve(daemon, service, is_execd=True)
            self.assertEqual(daemon.reasons(service), [reason])
            self.assertEqual(daemon.zygotes(service), [])

    def serve(self, daemon, service, is_execd=False):
        """One client of a server that says something and waits for its client's end."""
        with sockets.connect(service.port) as client:
            said = sockets.read_line(client)
            self.assertTrue(said.startswith(("served", "{")), said)
            if is_execd:
                self.assertTrue(procfs.has_called_exec(daemon.server_of(client)))

    def test_a_static_program(self):
        if has_interpreter(probe()):
            self.skipTest("nothing can be linked statically here")
        for way in ("main", "io", "main with spares"):
            with self.subTest(way):
                self.check(warm("static", [probe(), "hold"], way), r"static")

    def test_a_set_user_id_program(self):
        self.check(warm("setuid", [copy_of("uvinetd_warm_early", 0o4755), "well"]), r"set-user-id")

    def test_a_set_group_id_program(self):
        self.check(warm("setgid", [copy_of("uvinetd_warm_early", 0o2755), "well"]), r"set-group-id")

    def test_a_program_with_file_capabilities(self):
        path = copy_of("uvinetd_warm_early")
        done = run_client(requires("setcap"), "cap_net_bind_service+ep", path, check=False)
        if done.returncode != 0:
            self.skipTest(f"no file capabilities here: {done.stderr}")
        self.check(warm("capable", [path, "well"]), r"capabilit")

    def test_a_program_of_another_c_library(self):
        compiler = requires("musl-gcc")
        folder = temporary_folder()
        source, path = os.path.join(folder, "server.c"), os.path.join(folder, "server")
        with open(source, "w", encoding="ascii") as file:
            file.write('#include <unistd.h>\nint main(void) { char c; write(1, "served\\n", 7);\n'
                       "  while (read(0, &c, 1) > 0) {}\n  return 0; }\n")
        run_client(compiler, "-o", path, source)
        for way in ("main", "io"):
            with self.subTest(way):
                self.check(warm("musl", [path], way), r"glibc|C library")

    def test_a_program_that_is_none(self):
        folder = temporary_folder()
        path = os.path.join(folder, "server")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/usr/bin/env -i /bin/sh\necho served\nread line\n")
        os.chmod(path, 0o755)
        service = warm("odd", [path])
        with WarmDaemon(service) as daemon:
            with sockets.connect(service.port) as client:
                daemon.wait_for_reason(service, "")
                self.assertIsNotNone(client)
            self.assertEqual(daemon.zygotes(service), [])

    def test_a_thread_of_a_constructor(self):
        self.check(warm("thread", [copy_of("uvinetd_warm_early"), "thread"]), r"thread")

    def test_an_exit_before_main(self):
        self.check(warm("exits", [copy_of("uvinetd_warm_early"), "exit"]), r"exit|ended|status")

    def test_a_crash_before_main(self):
        self.check(warm("crashes", [copy_of("uvinetd_warm_early"), "crash"]),
                   r"signal|crash|ended|status")

    def test_one_that_never_parks(self):
        service = warm("sleeps", [copy_of("uvinetd_warm_early"), "sleep"])
        with WarmDaemon(service) as daemon:
            self.serve(daemon, service)
            # Until the deadline for a park its clients are served by exec.
            self.serve(daemon, service, is_execd=True)
            eventually(lambda: daemon.reasons(service), 60,
                       what=lambda: f"the deadline in:\n{daemon.log()}")
            eventually(lambda: not daemon.processes(service), what="the end of the sleeper")
            self.serve(daemon, service, is_execd=True)
            self.assertEqual(len(daemon.reasons(service)), 1)

    def test_one_that_talks_nonsense_to_the_launcher(self):
        service = warm("nonsense", [copy_of("uvinetd_warm_early"), "nonsense"])
        other = warm("other", [copy_of("uvinetd_warm_early"), "well"])
        with WarmDaemon(service, other) as daemon:
            launchers = daemon.launchers()
            for _ in range(5):
                self.serve(daemon, service)
            daemon.wait_for_reason(service, "")
            for _ in range(5):
                self.serve(daemon, service, is_execd=True)
            self.assertEqual(len(daemon.reasons(service)), 1)
            daemon.warm_up(other)
            daemon.assert_served_warm(other)
            if launchers:
                self.assertEqual(daemon.launchers(), launchers)

    def test_a_program_that_asks_for_its_pid_is_parked_before_main(self):
        path = os.path.join(temporary_folder(), "server")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"#!{requires('bash')}\necho served\nread line\n")
        os.chmod(path, 0o755)
        service = warm("shell", [path], "io")
        with WarmDaemon(service) as daemon:
            self.serve(daemon, service)
            reason = daemon.wait_for_reason(service, "pid")
            daemon.warm_up(service)
            for _ in range(3):
                daemon.assert_served_warm(service)
            self.assertEqual(daemon.reasons(service), [reason])

    def test_what_can_be_parked_nowhere_is_told_for_each_place(self):
        service = warm("thread", [copy_of("uvinetd_warm_early"), "thread"], "io")
        with WarmDaemon(service) as daemon:
            for _ in range(5):
                self.serve(daemon, service)
            eventually(lambda: not daemon.processes(service) and daemon.reasons(service))
            for _ in range(5):
                self.serve(daemon, service)
            eventually(lambda: not daemon.processes(service))
            self.serve(daemon, service, is_execd=True)
            self.assertLessEqual(len(daemon.reasons(service)), 2)

    def test_a_program_that_is_missing_or_not_executable_is_told_as_with_exec(self):
        path = copy_of("uvinetd_warm_early", 0o644)
        for command in (["/nonexistent/server"], [path]):
            with self.subTest(command[0]):
                service = warm("missing", command)
                with WarmDaemon(service) as daemon:
                    for _ in range(3):
                        self.assertEqual(sockets.fetch(service.port), b"")
                    daemon.assert_count(r"\brefuse id=missing from=\S+ reason=exec", 3)
                    self.assertLessEqual(len(daemon.reasons(service)), 1)


class Checked(unittest.TestCase):
    """--check says beforehand what can be seen from the file."""

    def check(self, service):
        """What --check prints."""
        path = os.path.join(temporary_folder(), "uvinetd.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(service.text())
        done = subprocess.run([tool("uvinetd"), "--check", path], check=False, text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout + done.stderr

    def test_a_set_user_id_program_is_told(self):
        service = warm("setuid", [copy_of("uvinetd_warm_early", 0o4755), "well"])
        self.assertRegex(self.check(service), r"uvinetd\.toml:\d+:\d+: warning: .*set-user-id")

    def test_a_program_that_can_be_parked_is_not(self):
        service = warm("good", [copy_of("uvinetd_warm_early"), "well"])
        self.assertNotIn("zygote", self.check(service))


if __name__ == "__main__":
    unittest.main()
