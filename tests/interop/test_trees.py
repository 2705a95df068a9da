# SPDX-License-Identifier: ISC
"""Whole trees of files through real servers and clients: rsync and git."""
import filecmp
import os
import unittest

from harness.clients import run_client
from harness.daemon import Daemon
from harness.surroundings import free_port, me, requires, temporary_folder


def fill(folder, count):
    """Files of many sizes, in folders of fifty."""
    for number in range(count):
        part = os.path.join(folder, f"part{number // 50}")
        os.makedirs(part, exist_ok=True)
        with open(os.path.join(part, f"file{number}"), "wb") as file:
            file.write(os.urandom(number * 7 % 5000))


def differences(left, right):
    """Paths that are not the same on both sides."""
    comparison = filecmp.dircmp(left, right)
    _, mismatch, errors = filecmp.cmpfiles(left, right, comparison.common_files, shallow=False)
    found = comparison.left_only + comparison.right_only + mismatch + errors
    for name in comparison.common_dirs:
        found += differences(os.path.join(left, name), os.path.join(right, name))
    return found


class Rsync(unittest.TestCase):
    """rsync --daemon, which serves a connected socket on its standard input."""

    def setUp(self):
        self.rsync = requires("rsync")
        self.folder = temporary_folder()
        self.module = os.path.join(self.folder, "module")
        os.mkdir(self.module)
        config = os.path.join(self.folder, "rsyncd.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"use chroot = no\n[tree]\npath = {self.module}\nread only = no\n")
            file.write("uid = root\ngid = root\n" if os.geteuid() == 0 else "")
        self.port = free_port()
        self.line = (f"{self.port} stream tcp4 nowait {me()} {self.rsync} rsync --daemon "
                     f"--config={config}")

    def test_a_thousand_files_go_there_and_back_unchanged(self):
        source, back = temporary_folder(), temporary_folder()
        fill(source, 1000)
        url = f"rsync://127.0.0.1:{self.port}/tree/"
        with Daemon([self.line]):
            run_client(self.rsync, "-a", source + "/", url, duration=120)
            run_client(self.rsync, "-a", url, back + "/", duration=120)
        self.assertEqual(differences(source, self.module), [])
        self.assertEqual(differences(source, back), [])


class Git(unittest.TestCase):
    """git daemon --inetd."""

    def setUp(self):
        self.program = requires("git")
        self.base = temporary_folder()
        self.home = temporary_folder()
        self.environment = dict(os.environ, HOME=self.home, GIT_CONFIG_NOSYSTEM="1",
                                GIT_AUTHOR_NAME="A", GIT_AUTHOR_EMAIL="a@example.org",
                                GIT_COMMITTER_NAME="A", GIT_COMMITTER_EMAIL="a@example.org")
        self.port = free_port()
        self.url = f"git://127.0.0.1:{self.port}/project.git"

    def git(self, *arguments):
        """Runs git; returns what it says."""
        return run_client(self.program, *arguments, environment=self.environment).stdout

    def test_a_clone_is_changed_and_pushed_back(self):
        repository = os.path.join(self.base, "project.git")
        first, second = os.path.join(self.home, "first"), os.path.join(self.home, "second")
        self.git("init", "-q", "--bare", "-b", "main", repository)
        line = (f"{self.port} stream tcp4 nowait {me()} {self.program} git daemon --inetd "
                f"--export-all --enable=receive-pack --base-path={self.base}")
        with Daemon([line]):
            self.git("clone", "-q", self.url, first)
            fill(first, 200)
            self.git("-C", first, "add", ".")
            self.git("-C", first, "commit", "-q", "-m", "files")
            self.git("-C", first, "push", "-q", "origin", "HEAD:main")
            self.git("clone", "-q", self.url, second)
        self.assertEqual(self.git("-C", first, "rev-parse", "HEAD"),
                         self.git("-C", second, "rev-parse", "HEAD"))
        self.assertEqual(self.git("-C", second, "status", "--porcelain"), "")
        self.git("-C", repository, "fsck", "--strict")
