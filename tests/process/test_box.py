# SPDX-License-Identifier: ISC
"""What a server may do: the box that its launcher takes on, and what it takes on itself."""
import errno
import functools
import json
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import subprocess
import textwrap
import unittest

from harness import procfs, sandbox, sockets
from harness.daemon import Daemon
from harness.surroundings import (bin_dir, control_groups, free_port, is_root, me, probe, requires,
                                  requires_control_groups, requires_root, shared_folder,
                                  temporary_folder)
from harness.waiting import eventually, seconds
from harness.warm import requires_zygote, tool

_NOBODY = "nobody"
_ELSEWHERE = "/run/probe"


def user():
    """Who servers run as: somebody without privilege."""
    return _NOBODY if is_root() else me()


def service(port, keys, mode="report", name="boxed", program=None):
    """A service of TOML that starts the probe."""
    return textwrap.dedent(f"""\
        [services.{name}]
        listen = "tcp4://127.0.0.1:{port}"
        exec = ["{program or probe()}", "{mode}"]
        user = "{user()}"
        stderr = "socket"
        """) + textwrap.dedent(keys) + "\n"


def boxed(config):
    """A daemon with this TOML."""
    return Daemon(config, file_name="uvinetd.toml")


def report(keys, **options):
    """What the probe finds in this box."""
    port = free_port()
    with boxed(service(port, keys, **options)):
        return sockets.fetch_report(port)


@functools.lru_cache
def has_boxes():
    """Whether this build has those parts of a box that only Linux has."""
    return "[unsupported]" not in check_of(service(1, "no_new_privs = true"))[1]


def requires_boxes():
    """Skips the test of a build that has none."""
    if not has_boxes():
        raise unittest.SkipTest("this build has no boxes but another root, priorities and limits")


def check_of(config):
    """The exit status of a check of this TOML, and what is said."""
    path = os.path.join(temporary_folder(), "uvinetd.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config)
    done = subprocess.run([os.path.join(bin_dir(), "uvinetd"), "--check", path], text=True,
                          check=False, capture_output=True, timeout=seconds(60))
    return done.returncode, done.stdout + done.stderr


def capabilities(*numbers):
    """As /proc/self/status prints a set of them."""
    return f"{sum(1 << number for number in numbers):016x}"


class Trier:
    """A client of the probe's `try`: what it says is tried in the server."""

    def __init__(self, port):
        self.socket = sockets.connect(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, what):
        """0 or the errno."""
        self.socket.sendall(what.encode() + b"\n")
        return int(sockets.read_line(self.socket))


def folder_of_root(mode=0o755):
    """A folder that is root's alone and that everybody may enter."""
    folder = temporary_folder()
    os.chmod(folder, mode)
    return folder


def new_root():
    """A root that holds the probe, which is linked statically, and /tmp."""
    root = folder_of_root()
    shutil.copy(probe(), os.path.join(root, "probe"))
    os.mkdir(os.path.join(root, "tmp"))
    return root


class OtherRoot(unittest.TestCase):
    """The one thing about paths that every system has."""

    def setUp(self):
        requires_root("only root can change the root")

    def test_the_root_is_another_one(self):
        root = new_root()
        with open(os.path.join(root, "here"), "w", encoding="ascii") as file:
            file.write("x")
        port = free_port()
        config = service(port, f'chroot = "{root}"', "try", program="/probe")
        with boxed(config), Trier(port) as box:
            self.assertEqual(box.ask("read /here"), 0)
            self.assertEqual(box.ask("read /etc/passwd"), errno.ENOENT)
            self.assertEqual(box.ask("read /../../../../etc/passwd"), errno.ENOENT)
            self.assertEqual(box.ask("list /proc"), errno.ENOENT)

    def test_a_server_in_another_root_has_its_own_user_and_descriptors(self):
        root, port = new_root(), free_port()
        config = service(port, f'chroot = "{root}"', "hold", program="/probe")
        with boxed(config), sockets.connect(port) as client:
            pid = json.loads(sockets.read_line(client))["pid"]
            for name in ("root", "cwd"):
                self.assertEqual(os.readlink(f"/proc/{pid}/{name}"), root)
            uid = str(pwd.getpwnam(user()).pw_uid)
            self.assertEqual(procfs.status(pid)["Uid"].split(), [uid] * 4)
            connection = os.readlink(f"/proc/{pid}/fd/0")
            self.assertRegex(connection, r"^socket:")
            self.assertEqual(procfs.descriptors(pid), dict.fromkeys(range(3), connection))

    def test_a_root_without_devices_has_a_null_device_for_standard_error(self):
        root, port = new_root(), free_port()
        config = service(port, f'chroot = "{root}"', program="/probe")
        with boxed(config.replace('"socket"', '"null"')):
            self.assertIn("uid", sockets.fetch_report(port))

    def test_a_root_that_is_gone_starts_nobody_until_it_is_back(self):
        root, port, other = new_root(), free_port(), free_port()
        config = (service(port, f'chroot = "{root}"', program="/probe") +
                  service(other, "", name="plain"))
        with boxed(config) as daemon:
            sockets.fetch_report(port)
            os.rename(root, f"{root}-away")
            for launcher in daemon.launchers():
                os.kill(launcher, signal.SIGKILL)
            with sockets.connect(port):
                daemon.wait_for_log(r"launcher for \S+: chroot: No such file or directory")
                self.assertEqual(daemon.count(r"start id=boxed "), 1)
                self.assertIn("uid", sockets.fetch_report(other))
            os.rename(f"{root}-away", root)
            eventually(lambda: b"uid" in sockets.fetch(port), what="a server in the root")


class PrioritiesAndLimits(unittest.TestCase):
    """On every system."""

    def test_priorities_and_limits(self):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        port, other = free_port(), free_port()
        keys = (f'nice = {own + 2}\n'
                'limits = { files = { soft = 50, hard = 60 }, core = 0, fsize = "1m", '
                'cpu = "30s" }')
        with boxed(service(port, keys) + service(other, "", name="plain")):
            found, plain = sockets.fetch_report(port), sockets.fetch_report(other)
        self.assertEqual(found["nice"], own + 2)
        self.assertEqual(found["nofile"], [50, 60])
        self.assertEqual(found["core"], [0, 0])
        self.assertEqual(found["fsize"], [1 << 20, 1 << 20])
        self.assertEqual(found["cpu"], [30, 30])
        self.assertEqual(plain["nice"], own)
        self.assertEqual(plain["nofile"], list(resource.getrlimit(resource.RLIMIT_NOFILE)))

    def test_many_clients_at_once_are_all_boxed(self):
        port = free_port()
        with boxed(service(port, "limits = { files = 33 }", "hold")):
            clients = [sockets.connect(port) for _ in range(30)]
            pids = {json.loads(sockets.read_line(client))["pid"] for client in clients}
            self.assertEqual(len(pids), 30)
            for pid in pids:
                with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
                    self.assertRegex(limits.read(), r"(?m)^Max open files +33 +33 ")
            for client in clients:
                client.close()

    def test_a_niceness_below_the_daemons_own(self):
        requires_root("an ordinary user cannot be less nice")
        own = os.getpriority(os.PRIO_PROCESS, 0)
        self.assertEqual(report(f"nice = {own - 3}")["nice"], own - 3)


class TakenOnByTheLauncher(unittest.TestCase):
    """What takes privilege."""

    @classmethod
    def setUpClass(cls):
        requires_root("boxes of launchers take privilege")
        requires_boxes()
        sandbox.enter()  # /run is empty and ours: a place outside of /tmp
        shutil.copy(probe(), _ELSEWHERE)

    def test_tmp_is_private(self):
        port, other = free_port(), free_port()
        name = os.path.basename(temporary_folder())
        with boxed(service(port, "private_tmp = true", "try", program=_ELSEWHERE) +
                   service(other, "", "try", "plain")):
            with Trier(port) as box, Trier(other) as plain:
                self.assertEqual(plain.ask(f"list /tmp/{name}"), 0)
                self.assertEqual(box.ask(f"list /tmp/{name}"), errno.ENOENT)
                self.assertEqual(box.ask(f"write /tmp/{name}"), 0)
                self.assertTrue(os.path.isdir(f"/tmp/{name}"))
                self.assertEqual(box.ask(f"write /var/tmp/{name}"), 0)
                self.assertFalse(os.path.exists(f"/var/tmp/{name}"))

    def test_paths_are_read_only_or_not_there(self):
        folder = shared_folder()
        readable, hidden = os.path.join(folder, "readable"), os.path.join(folder, "hidden")
        file = os.path.join(folder, "file")
        for path in (readable, hidden):
            os.mkdir(path)
            os.chmod(path, 0o777)
            with open(os.path.join(path, "x"), "w", encoding="ascii") as made:
                made.write("x")
        with open(file, "w", encoding="ascii") as made:
            made.write("x")
        os.chmod(file, 0o666)
        port = free_port()
        keys = f'read_only_paths = ["{readable}"]\ninaccessible_paths = ["{hidden}", "{file}"]'
        with boxed(service(port, keys, "try")), Trier(port) as box:
            self.assertEqual(box.ask(f"read {readable}/x"), 0)
            self.assertEqual(box.ask(f"write {readable}/y"), errno.EROFS)
            self.assertEqual(box.ask(f"list {hidden}"), errno.EACCES)
            self.assertEqual(box.ask(f"read {hidden}/x"), errno.EACCES)
            self.assertEqual(box.ask(f"read {file}"), errno.EACCES)
            self.assertEqual(box.ask(f"write {folder}/y"), 0)
            with open(file, encoding="ascii") as kept:
                self.assertEqual(kept.read(), "x")

    def test_everything_is_read_only_but_tmp(self):
        folder, port = shared_folder(), free_port()
        keys = 'read_only_paths = ["/"]\nprivate_tmp = true'
        with boxed(service(port, keys, "try", program=_ELSEWHERE)), Trier(port) as box:
            self.assertEqual(box.ask("write /tmp/x"), 0)
            self.assertEqual(box.ask("write /var/x"), errno.EROFS)
            self.assertEqual(box.ask(f"list {folder}"), errno.ENOENT)

    def test_a_root_can_be_read_only_and_have_a_tmp_of_its_own(self):
        root, port = new_root(), free_port()
        os.chmod(os.path.join(root, "tmp"), 0o777)
        os.mkdir(os.path.join(root, "open"))
        os.chmod(os.path.join(root, "open"), 0o777)
        keys = f'chroot = "{root}"\nread_only_paths = ["/"]\nprivate_tmp = true'
        with boxed(service(port, keys, "try", program="/probe")), Trier(port) as box:
            self.assertEqual(box.ask("write /open/x"), errno.EROFS)
            self.assertEqual(box.ask("write /tmp/x"), 0)
        self.assertEqual(os.listdir(os.path.join(root, "tmp")), [])

    def test_the_network_is_private(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            outside = listener.getsockname()[1]
            port, other = free_port(), free_port()
            with boxed(service(port, "private_network = true", "try") +
                       service(other, "", "try", "plain")):
                with Trier(port) as box, Trier(other) as plain:
                    self.assertEqual(plain.ask(f"connect {outside}"), 0)
                    self.assertEqual(box.ask(f"connect {outside}"), errno.ECONNREFUSED)
        self.assertEqual(report("private_network = true")["interfaces"], ["lo"])

    def test_capabilities_can_be_taken_away_and_given(self):
        found = report('capability_bounding = ["cap_net_bind_service", "CAP_CHOWN"]')
        self.assertEqual(found["CapBnd"], capabilities(0, 10))
        self.assertEqual(found["CapEff"], capabilities())
        found = report('capability_ambient = ["net_bind_service"]\ncapability_bounding = '
                       '["cap_net_bind_service"]')
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(found[name], capabilities(10), name)
        self.assertNotEqual(found["euid"], 0)

    def test_root_without_capabilities_is_nobody_much(self):
        port = free_port()
        config = service(port, "capability_bounding = []").replace(f'"{_NOBODY}"', '"root"')
        with boxed(config):
            found = sockets.fetch_report(port)
        self.assertEqual(found["euid"], 0)
        for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(found[name], capabilities(), name)

    def test_a_change_of_the_box_holds_for_the_next_client(self):
        port = free_port()
        with boxed(service(port, "")) as daemon:
            self.assertEqual(sockets.fetch_report(port)["NoNewPrivs"], "0")
            daemon.reload(service(port, "no_new_privs = true\nprivate_network = true"))
            found = sockets.fetch_report(port)
            self.assertEqual((found["NoNewPrivs"], found["interfaces"]), ("1", ["lo"]))
            daemon.reload(service(port, ""))
            self.assertEqual(sockets.fetch_report(port)["NoNewPrivs"], "0")


class TakenOnByTheServer(unittest.TestCase):
    """What anybody may do to himself."""

    @classmethod
    def setUpClass(cls):
        requires_boxes()

    def test_the_priority_of_input_and_output(self):
        self.assertEqual(report('ionice = "idle"')["ionice"], 3 << 13)
        self.assertEqual(report('ionice = "best-effort:6"')["ionice"], 2 << 13 | 6)
        if is_root():
            self.assertEqual(report('ionice = "realtime:2"')["ionice"], 1 << 13 | 2)

    def test_no_privileges_are_gained(self):
        self.assertEqual(report("no_new_privs = true")["NoNewPrivs"], "1")

    def test_paths_of_landlock(self):
        folder, port = shared_folder(), free_port()
        for name in ("read", "write", "none"):
            path = os.path.join(folder, name)
            os.mkdir(path)
            os.chmod(path, 0o777)
            with open(os.path.join(path, "x"), "w", encoding="ascii") as file:
                file.write("x")
            os.chmod(os.path.join(path, "x"), 0o777)
        keys = (f'landlock_execute = ["{os.path.dirname(probe())}"]\n'
                f'landlock_read = ["{folder}/read"]\nlandlock_write = ["{folder}/write"]')
        with boxed(service(port, keys, "try")), Trier(port) as box:
            self.assertEqual(box.ask(f"read {folder}/read/x"), 0)
            self.assertEqual(box.ask(f"write {folder}/read/x"), errno.EACCES)
            self.assertEqual(box.ask(f"write {folder}/write/y"), 0)
            self.assertEqual(box.ask(f"read {folder}/write/x"), 0)
            self.assertEqual(box.ask(f"run {folder}/write/x"), errno.EACCES)
            self.assertEqual(box.ask(f"read {folder}/none/x"), errno.EACCES)
            self.assertEqual(box.ask(f"empty {folder}/none/x"), errno.EACCES)
            self.assertEqual(box.ask("list /"), errno.EACCES)

    def test_system_calls_fail_or_kill(self):
        port, other = free_port(), free_port()
        denied = 'system_calls_denied = ["socket", "truncate"]\n'
        with boxed(service(port, denied, "try") +
                   service(other, denied + 'on_forbidden_call = "kill"', "try", "kills")) as daemon:
            with Trier(port) as box:
                self.assertEqual(box.ask("connect 1"), errno.EPERM)
                self.assertEqual(box.ask("fork"), 0)
            with Trier(other) as box:
                self.assertEqual(box.ask("fork"), 0)
                box.socket.sendall(b"connect 1\n")
                self.assertEqual(sockets.read_all(box.socket), b"")
            daemon.wait_for_log(r"exit id=kills pid=\d+ status=signal:31 ")

    def test_system_calls_that_are_the_only_ones(self):
        port = free_port()
        keys = ('system_calls = ["read", "write", "brk", "mmap", "mprotect", "arch_prctl",\n'
                '"uname", "readlink", "readlinkat", "set_tid_address", "set_robust_list",\n'
                '"rseq", "prlimit64", "getrandom", "futex", "fstat", "newfstatat", "munmap"]')
        with boxed(service(port, keys, "try")), Trier(port) as box:
            self.assertEqual(box.ask("fork"), errno.EPERM)
            self.assertEqual(box.ask("read /etc/passwd"), errno.EPERM)
        with boxed(service(port, keys.replace('"read", ', ""), "try")) as daemon:
            self.assertEqual(sockets.fetch(port, request=b"fork\n"), b"")
            daemon.wait_for_log(r"exit id=boxed ")

    def test_a_box_that_cannot_be_built_starts_nobody(self):
        folder, port, other = shared_folder(), free_port(), free_port()
        gone = os.path.join(folder, "gone")
        os.mkdir(gone)
        keys = f'landlock_execute = ["/"]\nlandlock_read = ["{gone}"]'
        with boxed(service(port, keys) + service(other, "", name="plain")) as daemon:
            self.assertIn("uid", sockets.fetch_report(port))
            os.rmdir(gone)
            self.assertEqual(sockets.fetch(port), b"")
            daemon.wait_for_log(r"refuse id=boxed from=127\S+ reason=box errno=ENOENT "
                                "step=landlock")
            self.assertIn("uid", sockets.fetch_report(other))
            eventually(lambda: not daemon.servers(), what="no server")


class ControlGroups(unittest.TestCase):
    """Of version 2, where they are."""

    def setUp(self):
        requires_root("control groups are root's")
        requires_boxes()
        self.mount = requires_control_groups()

    def leave(self, *names):
        """Removes groups, innermost first."""
        for name in names:
            eventually(lambda name=name: self.is_removed(name), what=f"the end of {name}")

    def is_removed(self, name):
        """Whether the group could be removed, or was not there."""
        try:
            os.rmdir(os.path.join(self.mount, name))
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def test_a_server_is_in_the_group_and_its_launcher_is_not(self):
        name, port = f"uvinetd-test-{os.getpid()}", free_port()
        try:
            with boxed(service(port, f'cgroup = "{name}/inner"')) as daemon:
                found = sockets.fetch_report(port)
                self.assertIn(f"0::/{name}/inner", found["cgroups"])
                for launcher in daemon.launchers():
                    with open(f"/proc/{launcher}/cgroup", encoding="ascii") as file:
                        self.assertNotIn(name, file.read())
        finally:
            self.leave(f"{name}/inner", name)

    def test_auto_is_a_group_for_the_service(self):
        port = free_port()
        name = f"a{os.getpid()}"
        try:
            self.assertIn(f"0::/uvinetd/{name}", self.found(port, name))
        finally:
            self.leave(f"uvinetd/{name}", "uvinetd")

    @staticmethod
    def found(port, name):
        """The groups of a server of a service of this name."""
        with boxed(service(port, 'cgroup = "auto"', name=name)):
            return sockets.fetch_report(port)["cgroups"]

    def test_the_number_of_processes_is_limited(self):
        requires_control_groups("pids")
        name, port = f"uvinetd-pids-{os.getpid()}", free_port()
        try:
            with boxed(service(port, f'cgroup = "{name}"\npids_max = 1', "try")):
                with Trier(port) as box:
                    self.assertEqual(box.ask("fork"), errno.EAGAIN)
        finally:
            self.leave(name)


class Refused(unittest.TestCase):
    """What cannot be had is an error at its place, and the other services run."""

    def check(self, keys, *expected, program=None, who=None):
        """The check of this service says exactly that much; the text of TOML begins at line 1."""
        config = service(free_port(), keys, program=program)
        if who:
            config = config.replace(f'"{user()}"', f'"{who}"', 1)
        status, said = check_of(config)
        for pattern in expected:
            self.assertRegex(said, pattern)
        is_error = any(" error: " in pattern for pattern in expected)
        self.assertEqual(status, 78 if is_error else 0, said)

    def test_names_that_are_not_known(self):
        requires_boxes()
        self.check('system_calls_denied = ["sokcet"]',
                   r':6:23: error: unknown system call "sokcet" \(did you mean "socket"\?\) '
                   r'\[system-call\]')
        self.check('ionice = "iddle"', r':6:10: error: "ionice" must be idle.*did you mean "idle"')
        self.check("limits = { flies = 1 }", r':6:12: error: unknown limit "flies" .*"files"')
        self.check('on_forbidden_call = "die"', r":6:21: error: ")

    def test_a_limit_above_the_daemons_own_is_roots_to_raise(self):
        requires_root("ordinary users cannot raise limits")
        if not has_boxes():
            raise unittest.SkipTest("this build knows no capabilities")
        hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        if hard == resource.RLIM_INFINITY:
            raise unittest.SkipTest("this limit has no end here")
        keys = f"limits = {{ memlock = {hard + 4096} }}"
        with open("/proc/self/status", encoding="ascii") as file:
            held, = re.findall(r"(?m)^CapEff:\t(\w+)$", file.read())
        if int(held, 16) & 1 << 24:
            self.check(keys)
            report(keys)
        else:
            self.check(keys, r':6:10: error: "limits" needs cap_sys_resource, which this daemon')

    def test_what_only_linux_has(self):
        if has_boxes():
            raise unittest.SkipTest("this build has it")
        for keys in ('ionice = "idle"', "private_tmp = true", "private_network = true",
                     'read_only_paths = ["/usr"]', 'inaccessible_paths = ["/usr"]',
                     "no_new_privs = true", "capability_bounding = []",
                     'capability_ambient = ["chown"]', 'landlock_read = ["/"]',
                     'landlock_write = ["/"]', 'landlock_execute = ["/"]', "system_calls = []",
                     'system_calls_denied = ["ptrace"]', 'cgroup = "auto"', 'memory_max = "1m"',
                     "cpu_max = 5", "pids_max = 5"):
            with self.subTest(keys):
                self.check(keys, r":6:\d+: error: .* is of Linux, and not in this build")

    def test_contradictions(self):
        requires_boxes()
        self.check('system_calls = ["read"]\nsystem_calls_denied = ["write"]',
                   r':7:23: error: "system_calls" denies everything else already')
        self.check('system_calls_denied = ["execve"]',
                   r':6:23: error: "execve" cannot be denied')
        self.check(f'landlock_execute = ["/etc"]\nlandlock_read = ["{probe()}"]',
                   r':6:20: error: the server could not be started: .* "landlock_execute"')
        self.check('landlock_read = ["/etc"]', r":6:17: error: the server could not be started")

    def test_numbers_out_of_bounds(self):
        for keys in ("nice = 20", "nice = -21", "cpu_max = 0", "pids_max = 0", "pids_max = -1",
                     "memory_max = 0", "memory_max = -1", 'memory_max = "1k"',
                     'memory_max = "99999999999999999999g"', "cpu_max = 100001",
                     'limits = { files = "-1" }'):
            with self.subTest(keys):
                self.check(keys, r":6:\d+: error: ")
        self.check("limits = { files = 3 }", r":6:10: error: no program can be loaded")
        self.check("limits = { files = { soft = 9, hard = 8 } }", r":6:\d+: error: .*soft limit")

    def test_paths(self):
        if has_boxes():
            self.check('landlock_read = ["/nonexistent/x"]', r':6:17: error: "/nonexistent/x"')
        for key in ("read_only_paths", "inaccessible_paths", "landlock_write"):
            with self.subTest(key):
                self.check(f'{key} = ["relative"]', r":6:\d+: error: .*absolute")
        self.check('chroot = "relative"', r":6:10: error: .*absolute")

    def test_control_groups(self):
        requires_boxes()
        self.check('cgroup = "a/../b"', r':6:10: error: .*(no path of a control|version 2)')
        self.check('cgroup = "/"', r':6:10: error: .*(no path of a control|version 2)')

    def test_a_controller_that_is_not_there(self):
        requires_boxes()
        if "memory" in control_groups()[1]:
            raise unittest.SkipTest("there is a controller of memory here")
        self.check('memory_max = "64m"', r":6:14: error: .*(no controller|version 2)")

    def test_what_only_root_can_give(self):
        if is_root():
            raise unittest.SkipTest("we are root: the other half is for ordinary users")
        for keys in ('chroot = "/usr"', "private_tmp = true", "private_network = true",
                     'read_only_paths = ["/usr"]', 'inaccessible_paths = ["/usr"]',
                     "capability_bounding = []", 'capability_ambient = ["cap_chown"]',
                     'ionice = "realtime"'):
            with self.subTest(keys):
                self.check(keys, r":6:\d+: error: (only root can give a service |.* of Linux)")
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self.check(f"limits = {{ files = {hard + 1} }}", r":6:10: error: only root can raise")

    def test_a_root_that_is_none(self):
        requires_root("only root's services have roots")
        root = new_root()
        self.check('chroot = "/nonexistent"', r':6:10: error: "/nonexistent" is not there')
        self.check('chroot = "/etc/passwd"', r':6:10: error: .*is no directory')
        self.check(f'chroot = "{root}"', r":6:10: error: .*is no program in ", program="/other")
        shutil.copy("/bin/true", os.path.join(root, "true"))
        self.check(f'chroot = "{root}"', r":6:10: error: .*, which runs \"/true\", is no program",
                   program="/true")
        with open(os.path.join(root, "script"), "w", encoding="ascii") as file:
            file.write("#!/bin/nothing\n")
        os.chmod(os.path.join(root, "script"), 0o755)
        self.check(f'chroot = "{root}"', r':6:10: error: "/bin/nothing", which runs "/script"',
                   program="/script")
        os.symlink("/usr/bin/true", os.path.join(root, "link"))
        self.check(f'chroot = "{root}"', r":6:10: error: .*is no program in ", program="/link")
        self.check(f'chroot = "{root}"\nworking_directory = "/srv"',
                   r":6:10: error: the working directory", program="/probe")
        os.chmod(root, 0o777)
        self.check(f'chroot = "{root}"', r":6:10: error: .*is not root's alone", program="/probe")
        os.chmod(root, 0o755)
        os.chown(root, 1, 1)
        self.check(f'chroot = "{root}"', r":6:10: error: .*is not root's alone", program="/probe")

    def test_capabilities(self):
        requires_boxes()
        requires_root("only root gives capabilities")
        self.check('capability_bounding = ["cap_chwon"]',
                   r':6:23: error: unknown capability "cap_chwon" \(did you mean "cap_chown"\?\)')
        self.check('capability_bounding = ["chown"]\ncapability_ambient = ["kill"]',
                   r':7:22: error: "capability_ambient" has what "capability_bounding" takes away')
        self.check('capability_ambient = ["kill"]', r":6:22: warning: .*no effect", who="root")

    def test_paths_that_the_server_needs(self):
        requires_boxes()
        requires_root("only root hides paths")
        self.check(f'inaccessible_paths = ["{os.path.dirname(probe())}"]',
                   r":6:22: error: .*which the server is started from")
        self.check('inaccessible_paths = ["/"]', r":6:22: error: .*which the server is started")
        self.check('read_only_paths = ["/nonexistent"]', r':6:19: error: "/nonexistent" is not')
        self.check('private_tmp = true\ninaccessible_paths = ["/tmp"]', r":7:22: error: ",
                   program="/bin/true")

    def test_the_others_run(self):
        port, other = free_port(), free_port()
        config = (service(port, "limits = { files = 1 }") + service(other, "", name="plain"))
        with boxed(config) as daemon:
            self.assertIn("uid", sockets.fetch_report(other))
            daemon.wait_for_log(r"no program can be loaded with so few files")
            with self.assertRaises(ConnectionRefusedError):
                sockets.connect(port)


class Xinetd(unittest.TestCase):
    """Its attributes for all this."""

    def test_nice_and_rlimits(self):
        port = free_port()
        own = os.getpriority(os.PRIO_PROCESS, 0)
        config = textwrap.dedent(f"""\
            service boxed
            {{
                type = UNLISTED
                socket_type = stream
                protocol = tcp
                flags = IPv4
                port = {port}
                wait = no
                user = {user()}
                server = {probe()}
                server_args = report
                nice = {own + 4}
                rlimit_files = 70
                rlimit_cpu = 20
                rlimit_as = 512M
            }}
            """)
        with Daemon(config, file_name="xinetd.conf"):
            found = sockets.fetch_report(port)
        self.assertEqual(found["nice"], own + 4)
        self.assertEqual(found["nofile"], [70, 70])
        self.assertEqual(found["cpu"], [20, 20])
        self.assertEqual(found["as"], [512 << 20, 512 << 20])


class Contest(unittest.TestCase):
    """The example of a service that strangers may break into."""

    PATH = os.path.join(os.path.dirname(__file__), "..", "..", "packaging", "examples",
                        "contest.toml")
    PORT = 31337

    @classmethod
    def setUpClass(cls):
        requires_root("it serves as another user, in a network of its own")
        requires_boxes()
        sandbox.enter()
        with open(cls.PATH, encoding="utf-8") as file:
            cls.text = file.read()

    def say(self, *commands):
        """What the shell answers to these, one connection for all."""
        with sockets.connect(self.PORT) as client:
            client.sendall("".join(f"{command} 2>&1\n" for command in commands).encode())
            client.shutdown(socket.SHUT_WR)
            return sockets.read_all(client).decode().split("\n")[:-1]

    def test_it_passes_the_check_without_a_word(self):
        status, said = check_of(self.text)
        self.assertEqual(status, 0, said)
        self.assertNotRegex(said, r":\d+:\d+: (error|warning)")

    def test_a_shell_in_it_can_do_what_it_is_for_and_nothing_else(self):
        with boxed(self.text) as daemon:
            self.assertEqual(self.say("echo hello"), ["hello"])
            mine = f"/tmp/uvinetd-test-{os.getpid()}"
            self.assertEqual(self.say(f"echo kept > {mine}", f"cat {mine}"), ["kept"])
            self.assertFalse(os.path.exists(mine))
            for command in ("cat /etc/passwd", "ls /var", "ls /", "ls /proc", "echo x > /usr/x",
                            "echo x > /etc/x", "ls /root"):
                with self.subTest(command):
                    self.assertRegex("".join(self.say(command)), "(?i)permission denied|directory")
            self.assertEqual(self.say("ulimit -n", "ulimit -c"), ["32", "0"])
            self.assertEqual(self.say("nice"), ["10"])
            self.assertEqual(daemon.count(r"\brefuse "), 0)

    def test_it_may_be_broken_into_without_an_end(self):
        unshare = requires("unshare")
        with boxed(self.text):
            said = "".join(self.say(f"{unshare} -n true; echo $?"))
            self.assertRegex(said, "159")  # 128 and SIGSYS

    def test_its_control_group_holds_where_there_are_controllers(self):
        requires_control_groups("memory", "pids")
        text = re.sub(r"(?m)^#(?=\w)", "", self.text)
        status, said = check_of(text)
        self.assertEqual(status, 0, said)
        with boxed(text):
            said = "".join(self.say("for i in $(seq 100); do sleep 60 & done"))
            self.assertRegex(said, "(?i)cannot fork|resource")


class Warm(unittest.TestCase):
    """A server with limits of its own is never forked from a process that has others."""

    def setUp(self):
        requires_zygote()

    def test_it_is_started_by_exec_and_that_is_told_once(self):
        port = free_port()
        program = tool("uvinetd_dynamic_probe")
        keys = 'limits = { files = 44 }\nstart = "zygote"'
        with boxed(service(port, keys, program=program)) as daemon:
            for _ in range(5):
                self.assertEqual(sockets.fetch_report(port)["nofile"], [44, 44])
            daemon.wait_for_log(r"zygote id=boxed reason=its limits are taken on by each server")
            self.assertEqual(daemon.count(r"\bzygote id=boxed "), 1)

    def test_what_the_launcher_takes_on_its_zygotes_have_too(self):
        requires_boxes()
        port = free_port()
        with boxed(service(port, 'no_new_privs = true\nstart = "zygote"',
                           program=tool("uvinetd_dynamic_probe"))) as daemon:
            for _ in range(5):
                self.assertEqual(sockets.fetch_report(port)["NoNewPrivs"], "1")
            self.assertEqual(daemon.count(r"\bzygote id=boxed "), 0)
