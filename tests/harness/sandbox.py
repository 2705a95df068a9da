# SPDX-License-Identifier: ISC
"""A private view of the machine for a test program that is root.

enter() moves the whole test program into its own mount and network namespaces: real ports are
free, /etc/passwd and its like are copies, /run is empty, and nothing reaches the host. It ends with
the program. Call it from setUpModule, before any thread or daemon.
"""
import ctypes
import os
import shutil
import subprocess
import unittest

from harness.surroundings import requires, requires_root, temporary_folder

_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_PRIVATE = ("passwd", "group", "shadow", "gshadow", "services", "hosts")


def enter():
    """Enters new namespaces; skips when that is not possible here."""
    requires_root("namespaces")
    requires("ip", "mount")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS | _CLONE_NEWNET) != 0:
        raise unittest.SkipTest(f"no namespaces here: {os.strerror(ctypes.get_errno())}")
    run("mount", "--make-rprivate", "/")
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    folder = temporary_folder()
    for name in _PRIVATE:
        if os.path.exists(f"/etc/{name}"):
            # copy2 keeps the mode but not the owner; all of these belong to root anyway.
            bind(shutil.copy2(f"/etc/{name}", folder), f"/etc/{name}")


def run(*command):
    """Runs a command that must succeed."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def bind(source, target):
    """Makes `source` appear at `target`, which exists."""
    run("mount", "--bind", source, target)


def overlay(folder):
    """Makes a folder of the system writable without changing it; skips where that fails."""
    scratch = os.path.join(temporary_folder(), "overlay")
    os.mkdir(scratch)
    run("mount", "-t", "tmpfs", "tmpfs", scratch)  # an overlay's upper layer cannot be an overlay
    upper, work = os.path.join(scratch, "upper"), os.path.join(scratch, "work")
    os.mkdir(upper, 0o755)
    os.mkdir(work)
    options = f"lowerdir={folder},upperdir={upper},workdir={work}"
    done = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, folder],
                          check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest(f"no overlay mounts here: {done.stderr.strip()}")


def add_group(name, gid, members=()):
    """A group of this view of the machine only."""
    _append("/etc/group", f"{name}:x:{gid}:{','.join(members)}")


def add_account(name, uid, gid, home="/", shell="/bin/sh", secret="*"):
    """A user of this view of the machine only; `secret` is a hash as crypt(3) makes it."""
    _append("/etc/passwd", f"{name}:x:{uid}:{gid}:Test Account:{home}:{shell}")
    _append("/etc/shadow", f"{name}:{secret}:19000:0:99999:7:::")


def hashed(password):
    """The hash of a password, by the tool that is on every Debian system."""
    return subprocess.run([requires("openssl"), "passwd", "-6", password], check=True,
                          capture_output=True, text=True).stdout.strip()


def _append(path, line):
    # In place: the file is a mount point and cannot be replaced.
    with open(path, "a", encoding="utf-8") as file:
        file.write(line + "\n")
