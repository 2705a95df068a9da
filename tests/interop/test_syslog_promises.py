# SPDX-License-Identifier: ISC
"""What the syslog service promises of senders, targets and upgrades, through the whole daemon."""
import contextlib
import os
import pty
import re
import select
import socket
import struct
import threading
import tty
import unittest

from harness import sandbox
from harness.surroundings import is_root, requires_root
from harness.syslog_service import SyslogService
from harness.waiting import eventually

ALL = "*.*  -FOLDER/all"
# utmp(5) on Linux: type, pid, line, id, user, host, exit, session, time, address.
UTMP = struct.Struct("h2xi32s4s32s256shhiii4i20x")
USER_PROCESS = 7


def setUpModule():  # pylint: disable=invalid-name
    """Namespaces of our own, where that is possible."""
    if is_root():
        sandbox.enter()
        sandbox.private_devices()


def said(text, priority=13):
    """A message."""
    return f"<{priority}>mine: {text}".encode()


def send_from(address, service, *messages):
    """By UDP, from an address of this host."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((address, 0))
        for message in messages:
            client.sendto(message, ("127.0.0.1", service.port))


class Senders(unittest.TestCase):
    """Who may write to the log, and how much."""

    def test_only_those_that_are_allowed(self):
        with SyslogService(ALL, keys={"allow": ["127.0.0.2/32"]}) as service:
            send_from("127.0.0.1", service, said("by nobody"))
            send_from("127.0.0.3", service, said("by nobody"))
            send_from("127.0.0.2", service, said("by a friend"))
            service.wait_line("all", "by a friend")
            service.flush()  # its Unix socket is open to all of this host
            self.assertNotIn("by nobody", service.text("all"))

    def test_a_loud_one_is_limited_and_told_and_no_other(self):
        with SyslogService(ALL, settings={"rate": "5/s burst 5"}) as service:
            send_from("127.0.0.2", service, *(said(f"loud {number}") for number in range(500)))
            send_from("127.0.0.3", service, said("quiet"))
            service.wait_line("all", "quiet")
            # The server reads in order; more than a second between them would let five more through.
            self.assertLess(service.text("all").count("loud"), 100)
            eventually(lambda: re.search(r"\d+ messages of 127\.0\.0\.2 were refused",
                                         service.text("all")), what=lambda: service.text("all"))

    def test_the_kernel_of_another_host_is_a_kernel(self):
        rules = ("kern.*  FOLDER/kern", "user.*  FOLDER/user")
        with SyslogService(rules) as service:
            send_from("127.0.0.1", service, said("oops", 3))
            service.send(said("forged", 3), said("flush"))
            service.wait_line("kern", "oops")
            service.wait_line("user", "flush")
            service.wait_line("user", "forged")
            self.assertNotIn("forged", service.text("kern"))


class Relays(unittest.TestCase):
    """What goes round comes to an end."""

    def test_two_that_forward_to_each_other(self):
        relays = {"relay": True}
        with SyslogService(ALL, settings=relays) as one, SyslogService(ALL, settings=relays) as two:
            one.write_rules((ALL, f"*.*  @127.0.0.1:{two.port}"))
            two.write_rules((ALL, f"*.*  @127.0.0.1:{one.port}"))
            for service in (one, two):
                self.assertIn("changed=1", service.daemon.reload())
                service.flush()
            one.send(said("round and round"))
            two.wait_line("all", "round and round")
            for number in range(3):  # time for more of them, if there were any
                two.send(said(f"to and fro {number}"))
                one.wait_line("all", f"to and fro {number}")
            self.assertEqual(two.text("all").count("round and round"), 1)
            self.assertLessEqual(one.text("all").count("round and round"), 2)

    def test_one_that_forwards_to_itself(self):
        with SyslogService(ALL, settings={"relay": True}) as service:
            service.write_rules((ALL, f"*.*  @127.0.0.1:{service.port}"))
            self.assertIn("changed=1", service.daemon.reload())
            service.flush()
            for number in range(3):
                service.send(said(f"mirror {number}"))
                service.flush()
            self.assertLessEqual(service.text("all").count("mirror 0"), 2)


    def test_what_many_hosts_say_in_one_second_reaches_the_other_host_from_each(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            other.settimeout(10)
            rules = (ALL, f"*.*  @127.0.0.1:{other.getsockname()[1]}")
            with SyslogService(rules, settings={"relay": True}) as service:
                service.flush()
                hosts = {f"127.0.0.{number}" for number in range(2, 12)}
                for host in hosts:
                    send_from(host, service, b"<4>Nov 26 20:41:21 kernel: link down")
                while hosts:
                    text = other.recv(9000).decode()
                    if "link down" in text:
                        hosts.remove(text.split()[3])


class Targets(unittest.TestCase):
    """None of them waits for another."""

    def test_a_full_disk_holds_up_no_other_file_and_loses_nothing(self):
        requires_root("a file system of our own")
        with SyslogService(ALL) as service:
            small = os.path.join(service.folder, "small")
            os.mkdir(small)
            sandbox.run("mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "tmpfs", small)
            with open(os.path.join(small, "ballast"), "wb", buffering=0) as ballast:
                with contextlib.suppress(OSError):
                    while True:
                        ballast.write(b"x" * 4096)
            service.write_rules((ALL, "*.*  -FOLDER/small/log"))
            self.assertIn("changed=1", service.daemon.reload())
            service.flush()
            service.send(said("while it is full"))
            service.wait_line("all", "while it is full")
            service.wait_line("all", "flush")
            eventually(lambda: re.search(r"cannot write to \S+/small/log: No space left",
                                         service.text("all")), what=lambda: service.text("all"))
            os.unlink(os.path.join(small, "ballast"))
            service.wait_line("small/log", "while it is full")

    def test_a_user_who_is_logged_in_is_written_to(self):
        requires_root("a utmp of our own")
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        tty.setraw(slave)
        path = os.ttyname(slave)
        os.chmod(path, 0o620)
        entry = UTMP.pack(USER_PROCESS, os.getpid(), path.removeprefix("/dev/").encode(), b"1",
                          b"ann", b"", 0, 0, 0, 0, 0, 0, 0, 0, 0)
        with open("/run/utmp", "wb") as file:
            file.write(entry)
        with SyslogService((ALL, "mail.*  ann,bob", "*.=emerg  *")) as service:
            service.send(said("you have mail", 22))
            seen = ""

            def shows(text):
                nonlocal seen
                while select.select([master], [], [], 0)[0]:
                    seen += os.read(master, 4096).decode()
                return text in seen
            eventually(lambda: shows("you have mail\r\n"), what=lambda: repr(seen))
            eventually(lambda: "user bob is not logged in" in service.text("all"),
                       what=lambda: service.text("all"))
            os.chmod(path, 0o600)  # mesg n
            service.send(said("fire", 8))
            eventually(lambda: shows("fire\r\n"), what=lambda: repr(seen))

    def test_marks_show_that_it_lives(self):
        with SyslogService((ALL, "mark.*  FOLDER/marks"), settings={"mark": "1s"}) as service:
            service.flush()
            eventually(lambda: "-- MARK --" in service.text("marks"),
                       what=lambda: service.daemon.log())


class Upgrade(unittest.TestCase):
    """From one program to the next, while messages come."""

    def test_each_message_is_written_once_and_in_order(self):
        with SyslogService(ALL) as service:
            service.flush()
            before = service.server()
            is_over = threading.Event()
            sent = 0

            def talk():
                nonlocal sent
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                    client.connect(service.path)
                    while not is_over.is_set():
                        client.send(said(f"number {sent}"))
                        sent += 1
                        is_over.wait(0.001)
            talker = threading.Thread(target=talk)
            talker.start()
            try:
                self.assertIn("upgraded from=", service.daemon.upgrade())
                eventually(lambda: before != service.server(), what="the server of the next program")
                count = sent
                eventually(lambda: sent > count + 100, what="some more messages")
            finally:
                is_over.set()
                talker.join()
            service.send(said("number the last"))
            service.wait_line("all", "number the last")
            numbers = [int(text) for text in re.findall(r"number (\d+)$", service.text("all"), re.M)]
            self.assertEqual(numbers, list(range(sent)))


if __name__ == "__main__":
    unittest.main()
