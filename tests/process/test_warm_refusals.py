# SPDX-License-Identifier: ISC
"""Programs that cannot be started warm: each client is served all the same, and one line says why."""
import os
import re
import shutil
import struct
import subprocess
import unittest
from unittest import mock

from harness import procfs, sockets
from harness.clients import run_client
from harness.surroundings import probe, requires, temporary_folder
from harness.waiting import eventually
from harness.warm import WAYS, WarmDaemon, requires_zygote, tool, warm


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


def musl_server():
    """A server that is linked dynamically with another C library, or the test is skipped."""
    compiler = requires("musl-gcc")
    folder = temporary_folder()
    source, path = os.path.join(folder, "server.c"), os.path.join(folder, "server")
    with open(source, "w", encoding="ascii") as file:
        file.write('#include <unistd.h>\nint main(void) { char c; write(1, "served\\n", 7);\n'
                   "  while (read(0, &c, 1) > 0) {}\n  return 0; }\n")
    run_client(compiler, "-o", path, source)
    return path


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

    def check_each(self, commands, pattern):
        """Each command in each way; before or behind the script that it may be the interpreter of."""
        for way in WAYS:
            for command in commands:
                with self.subTest(way=way, command=command):
                    self.check(warm("refused", command, way), pattern, clients=2)

    @staticmethod
    def and_its_script(path):
        """The program, and a script that is run by it."""
        script = os.path.join(temporary_folder(), "script")
        with open(script, "w", encoding="ascii") as file:
            file.write(f"#!{path}\n")
        os.chmod(script, 0o755)
        return [path, "well"], [script]

    def test_a_set_user_id_program_or_interpreter(self):
        path = copy_of("uvinetd_warm_early", 0o4755)
        self.check_each(self.and_its_script(path), r"set-user-id")

    def test_a_set_group_id_program_or_interpreter(self):
        path = copy_of("uvinetd_warm_early", 0o2755)
        self.check_each(self.and_its_script(path), r"set-group-id")

    def test_a_program_or_interpreter_with_file_capabilities(self):
        path = copy_of("uvinetd_warm_early")
        done = run_client(requires("setcap"), "cap_net_bind_service+ep", path, check=False)
        if done.returncode != 0:
            self.skipTest(f"no file capabilities here: {done.stderr}")
        self.check_each(self.and_its_script(path), r"capabilit")

    def test_a_program_of_another_c_library(self):
        path = musl_server()
        for way in WAYS:
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

    def test_a_kernel_that_cannot_copy_a_thread(self):
        for way in ("main", "main with spares"):
            with self.subTest(way):
                self.check(warm("copy", [copy_of("uvinetd_warm_early"), "no-thread-copy"], way),
                           "cannot copy a thread")

    def test_a_kernel_that_does_not_show_a_first_touch(self):
        for way in ("io", "io with spares"):
            with self.subTest(way):
                service = warm("blind", [copy_of("uvinetd_warm_early"), "no-dispatch"], way)
                with WarmDaemon(service) as daemon:
                    daemon.warm_up(service)
                    for _ in range(3):
                        daemon.assert_served_warm(service)
                    reason = daemon.wait_for_reason(service, r"cannot be seen.*before main\(\)")
                    self.assertEqual(daemon.reasons(service), [reason])

    def test_children_that_die_before_they_are_born_cost_no_client(self):
        for way in WAYS:
            with self.subTest(way):
                service = warm("unborn", [copy_of("uvinetd_warm_early"), "unborn"], way)
                with WarmDaemon(service) as daemon:
                    self.serve_unborn(daemon, service)

    def serve_unborn(self, daemon, service):
        """Clients until one had a child that died, which is when nobody can believe in it any more."""
        clients = 0
        while not daemon.reasons(service):
            self.serve(daemon, service)
            clients += 1
            if clients > 1:  # the first one has started the zygote
                eventually(lambda: daemon.zygotes(service) or daemon.reasons(service))
        daemon.wait_for_reason(service, "did not say that it is there")
        self.serve(daemon, service, is_execd=True)
        self.assertEqual(daemon.starts(service.name), clients + 1)

    def test_a_library_of_another_build(self):
        folder = self.copy_of_this_build()
        service = warm("warm", [copy_of("uvinetd_warm_early"), "well"], "main with spares")
        with mock.patch.dict(os.environ, UVINETD_BIN_DIR=folder), WarmDaemon(service) as daemon:
            daemon.warm_up(service)
            daemon.assert_served_warm(service)
            self.rebuild(os.path.join(folder, "uvi-zygote.so"))
            eventually(lambda: self.serve(daemon, service) or daemon.reasons(service))
            reason = daemon.wait_for_reason(service, "another build")
            for _ in range(3):
                self.serve(daemon, service, is_execd=True)
            self.assertEqual(daemon.reasons(service), [reason])
            self.assertEqual(daemon.zygotes(service), [])

    @staticmethod
    def copy_of_this_build():
        """A folder with the daemon's programs, of which one can be replaced."""
        folder = temporary_folder()
        for name in ("uvinetd", "uvi-reactor", "uvi-launcher", "uvi-zygote.so"):
            shutil.copy(tool(name), folder)
        return folder

    def rebuild(self, path):
        """As a package upgrade does: another file, which differs by its build id alone."""
        with open(path, "rb") as file:
            data = file.read()
        changed = re.sub(rb"(\d+\.\d+\.\d+-[0-9a-f]{15})[0-9a-f]", rb"\1x", data)
        self.assertNotEqual(changed, data)
        with open(path + ".new", "wb") as file:
            file.write(changed)
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)

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

    def test_a_static_program_is_told(self):
        if has_interpreter(probe()):
            self.skipTest("nothing can be linked statically here")
        service = warm("static", [probe(), "hold"])
        self.assertRegex(self.check(service), r"uvinetd\.toml:\d+:\d+: warning: .*static")

    def test_a_program_of_another_c_library_is_told(self):
        service = warm("musl", [musl_server()])
        self.assertRegex(self.check(service), r"uvinetd\.toml:\d+:\d+: warning: .*(glibc|C library)")

    def test_a_program_that_can_be_parked_is_not(self):
        service = warm("good", [copy_of("uvinetd_warm_early"), "well"])
        self.assertNotIn("zygote", self.check(service))


if __name__ == "__main__":
    unittest.main()
