# SPDX-License-Identifier: ISC
"""Programs that speak to a syslog service, and one that listens to ours: each says its words."""
import logging
import logging.handlers
import os
import re
import socket
import sys
import unittest

from harness import sandbox
from harness.clients import run_client
from harness.packages import requires_unpacked, unpacked
from harness.real_server import RealServer
from harness.surroundings import free_port, is_root, requires, temporary_folder
from harness.syslog_service import SyslogService
from harness.waiting import eventually

HOST = socket.gethostname()
ALL = "*.*  -FOLDER/all"


def setUpModule():  # pylint: disable=invalid-name
    """A /dev of our own, where that is possible; what needs it is skipped elsewhere."""
    if is_root():
        unpacked()  # there is no network in the sandbox
        sandbox.enter()
        sandbox.private_devices()


class Senders(unittest.TestCase):
    """One line for each thing said, with the tag and the pid of who said it."""

    def assert_said(self, pattern, *command, path=None, udp=False):
        """The command's one message becomes a line; WORDS, PORT and PATH stand in the command."""
        with SyslogService(ALL, path=path) as service:
            words = [word.replace("PATH", service.path).replace("PORT", str(service.port))
                     for word in command]
            run_client(*words)
            service.wait_line("all", pattern)
            self.assertEqual(len(service.lines("all")), 1)
            self.assertRegex(service.text("all"),
                             rf"(?m)^.{{15}} {'127.0.0.1' if udp else HOST} \S*: .*it works$")

    def logger(self, pattern, *options):
        """logger(1) at the Unix socket."""
        self.assert_said(pattern, requires("logger"), "-u", "PATH", *options, "-t", "mine",
                         "it works")

    def test_logger(self):
        self.logger(r"^mine\[\d+\]: it works$")

    def test_logger_in_rfc3164(self):
        self.logger(r"^mine\[\d+\]: it works$", "--rfc3164")

    def test_logger_in_rfc5424(self):
        self.logger(r"^mine\[\d+\]: it works$", "--rfc5424")

    def test_logger_with_its_pid(self):
        self.logger(r"^mine\[\d+\]: it works$", "-i")

    def test_logger_with_a_pid_that_is_not_its_own(self):
        self.logger(r"^mine\[\d+\]: \[claimed pid 4194399\] it works$", "--id=4194399")

    def test_logger_over_udp(self):
        self.assert_said(r"^mine: it works$", requires("logger"), "-d", "-n", "127.0.0.1",
                         "-P", "PORT", "-t", "mine", "it works", udp=True)

    def test_logger_over_udp_in_rfc3164(self):
        self.assert_said(r"^mine\[\d+\]: it works$", requires("logger"), "-d", "-n", "127.0.0.1",
                         "-P", "PORT", "--rfc3164", "-i", "-t", "mine", "it works", udp=True)

    def test_logger_names_a_priority(self):
        with SyslogService(("local3.=warning  FOLDER/warned", ALL)) as service:
            for priority in ("local3.warning", "local3.err", "local2.warning"):
                run_client(requires("logger"), "-u", service.path, "-p", priority, "-t", "mine",
                           priority)
            service.flush()
            self.assertRegex(" ".join(service.lines("warned")), r"^mine\S*: local3.warning$")

    def test_busybox_logger(self):
        self.dev_log(r"^mine\[\d+\]: it works$", requires("busybox"), "logger", "-t", "mine",
                     "it works")

    def test_glibc(self):
        self.dev_log(r"^mine\[\d+\]: it works$", sys.executable, "-c",
                     "import syslog; syslog.openlog('mine', syslog.LOG_PID);"
                     "syslog.syslog('it works')")

    def test_perl(self):
        self.dev_log(r"^mine\[\d+\]: it works$", requires("perl"), "-MSys::Syslog", "-e",
                     "openlog('mine', 'ndelay,pid', 'user'); syslog('info', 'it works')")

    def dev_log(self, pattern, *command):
        """A program that knows no other place."""
        if not is_root():
            self.skipTest("a /dev of our own needs root")
        self.assert_said(pattern, *command, path="/dev/log")

    def test_python_logging(self):
        with SyslogService(ALL) as service:
            for number, address in enumerate((service.path, ("127.0.0.1", service.port))):
                handler = logging.handlers.SysLogHandler(address)
                handler.setFormatter(logging.Formatter("mine: %(message)s"))
                text = f"it works {number}"
                record = logging.LogRecord("x", logging.ERROR, "", 0, text, (), None)
                handler.emit(record)
                handler.close()
                # A NUL stands at the end of its messages.
                service.wait_line("all", rf"^mine(\[\d+\])?: it works {number}$")

    def test_loggen(self):
        loggen = requires_unpacked("syslog-ng-core", "usr/bin/loggen")
        # Where it finds its plugins.
        environment = dict(os.environ, SYSLOGNG_PREFIX=str(unpacked() / "syslog-ng-core" / "usr"))
        with SyslogService(ALL) as service:
            for kind in ("--unix", service.path), ("--inet", "127.0.0.1", str(service.port)):
                before = len(service.lines("all"))
                run_client(*loggen, *kind[:1], "--dgram", "--number", "100", "--rate", "1000",
                           "--size", "200", *kind[1:], environment=environment)
                lines = service.wait_count("all", before + 100)[before:]
                found = [re.match(r"prg00000\[\d+\]: (?:\[claimed pid \d+\] )?seq: (\d+),", line)
                         for line in lines]
                self.assertEqual([int(one.group(1)) for one in found], list(range(100)))


class Receivers(unittest.TestCase):
    """What is forwarded arrives in a form that another syslogd knows."""

    def assert_forwards(self, form, message, expected):
        """rsyslog writes it as facility, severity, program, pid and text."""
        modules = next(iter((unpacked() / "rsyslog").glob("usr/lib/*/rsyslog")), "")
        command = requires_unpacked("rsyslog", "usr/sbin/rsyslogd")
        port, folder = free_port(), temporary_folder()
        with open(os.path.join(folder, "conf"), "w", encoding="ascii") as file:
            file.write(f'global(workDirectory="{folder}")\nmodule(load="imudp")\n'
                       f'input(type="imudp" address="127.0.0.1" port="{port}")\n'
                       'template(name="form" type="string" string="%syslogfacility% '
                       '%syslogseverity% %hostname% %programname% %procid% %msg%\\n")\n'
                       f'*.* action(type="omfile" file="{folder}/out" template="form")\n')
        arguments = ("-n", "-f", f"{folder}/conf", "-i", f"{folder}/pid", "-M", str(modules))

        def written():
            try:
                with open(f"{folder}/out", encoding="utf-8") as out:
                    return out.read()
            except FileNotFoundError:
                return ""

        with RealServer(folder, *command, *arguments) as peer, \
                SyslogService((ALL, f"*.*  @127.0.0.1:{port}{form}")) as service:
            def arrives():
                service.send(message)
                return re.search(expected, written(), re.MULTILINE)
            # The first ones come before rsyslog has its socket.
            eventually(arrives, what=lambda: f"{expected!r} in:\n{written()}{peer.log()}"
                       f"{service.daemon.log()}")

    def test_rsyslog_takes_rfc3164(self):
        self.assert_forwards("", b"<19>mine[7]: it works",
                             rf"^2 3 {HOST} mine \d+ +(?:\[claimed pid 7\] )?it works$")

    def test_rsyslog_takes_rfc5424(self):
        self.assert_forwards(" ;RFC5424", b"<19>mine: it works",
                             rf"^2 3 {HOST} mine \d+ +it works$")


class SameTargets(unittest.TestCase):
    """The same rules send each facility and severity to the same files as rsyslog's do."""

    RULES = """\
*.*                                  -FOLDER/all
*.info;mail.none;authpriv.none;cron.none  FOLDER/messages
authpriv.*                           FOLDER/secure
mail.*                               -FOLDER/maillog
*.emerg                              FOLDER/emergencies
uucp,news.crit                       FOLDER/spooler
*.=debug;auth,authpriv.none;news.none;mail.none  -FOLDER/debug
mail.info;mail.!err                  FOLDER/medium
lpr.err                              FOLDER/lpr
*.warning;daemon.=notice;ftp.!crit   FOLDER/mixed
*.notice;*.!=warning                 FOLDER/complement
user.*;user.!notice                  FOLDER/below
local0,local1.=info;local1.none      FOLDER/exact
daemon.*;\\
    daemon.!=err                     FOLDER/continued
"""

    def test_rsyslog_and_ours_agree(self):
        rsyslogd = requires_unpacked("rsyslog", "usr/sbin/rsyslogd")
        modules = next((unpacked() / "rsyslog").glob("usr/lib/*/rsyslog"))
        messages = [f"<{priority}>mine: priority {priority};".encode() for priority in range(192)]
        theirs = temporary_folder()
        with open(f"{theirs}/conf", "w", encoding="ascii") as file:
            file.write(f'global(workDirectory="{theirs}")\n'
                       'module(load="imuxsock" SysSock.Use="off")\n'
                       f'input(type="imuxsock" Socket="{theirs}/socket" CreatePath="off")\n'
                       + self.RULES.replace("FOLDER", theirs))
        arguments = ("-n", "-f", f"{theirs}/conf", "-i", f"{theirs}/pid", "-M", str(modules))
        with RealServer(theirs, *rsyslogd, *arguments) as peer, \
                SyslogService(self.RULES) as service:
            service.send(*messages)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                eventually(lambda: client.connect_ex(f"{theirs}/socket") == 0, what=peer.log)
                for message in messages:
                    client.send(message)
            names = re.findall(r"FOLDER/(\w+)", self.RULES)

            def found(folder):
                return {name: set(map(int, re.findall(r"priority (\d+);", _read(f"{folder}/{name}"))))
                        for name in names}

            def expected():
                """To us kern is user where it is not the kernel that speaks."""
                return {name: {one for one in range(192) if (one + 8 if one < 8 else one) in others}
                        for name, others in found(theirs).items()}

            # rsyslog writes many messages to one file before it takes the next.
            eventually(lambda: found(service.folder)["all"] == set(range(192))
                       and found(service.folder) == expected(),
                       what=lambda: f"{found(service.folder)}\nas\n{expected()}\n"
                       f"{service.daemon.log()}{peer.log()}")
            self.assertEqual(service.text("all").count("priority"), 192)


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    unittest.main()
