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


_entered = False


def enter():
    """Enters new namespaces, once per program; skips when that is not possible here."""
    global _entered  # pylint: disable=global-statement
    requires_root("namespaces")
    if _entered:
        return
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
    if os.path.exists("/etc/resolv.conf"):
        # Nobody answers on our loopback, which is known at once.
        resolver = os.path.join(folder, "resolv.conf")
        with open(resolver, "w", encoding="ascii") as file:
            file.write("nameserver 127.0.0.1\n")
        os.chmod(resolver, 0o644)
        bind(resolver, "/etc/resolv.conf")
    _entered = True


def run(*command):
    """Runs a command that must succeed."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def bind(source, target):
    """Makes `source` appear at `target`, which exists."""
    run("mount", "--bind", source, target)


def private_devices():
    """A /dev of our own, without /dev/log, once per program."""
    if os.path.exists("/run/dev"):
        return
    os.mkdir("/run/dev")
    for name, minor in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
        os.mknod(f"/run/dev/{name}", 0o666 | 0o020000, os.makedev(1, minor))
        os.chmod(f"/run/dev/{name}", 0o666)
    os.mknod("/run/dev/ptmx", 0o666 | 0o020000, os.makedev(5, 2))
    os.mkdir("/run/dev/pts")
    bind("/dev/pts", "/run/dev/pts")
    os.mkdir("/run/dev/shm")  # for the portable form of shared memory
    os.chmod("/run/dev/shm", 0o1777)
    run("mount", "--rbind", "/run/dev", "/dev")


def private_root(folders=()):
    """Makes / a folder of our own with all of the real one in it, and the named ones beside."""
    # Under /run, which is ours alone: a temporary folder is removed with all that is in it.
    root = "/run/root"
    os.mkdir(root)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", root)
    for entry in os.scandir("/"):
        target = os.path.join(root, entry.name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)
        elif entry.is_dir():
            os.mkdir(target, 0o755)
            run("mount", "--rbind", entry.path, target)
    for folder in folders:
        os.makedirs(root + folder, 0o755, exist_ok=True)
    os.chroot(root)
    os.chdir("/")


def add_programs(folder, links):
    """Adds names to a folder of programs: {name: target}; those that are there stay."""
    real = f"/run/real{folder.replace('/', '-')}"
    os.mkdir(real)
    bind(folder, real)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    for name in os.listdir(real):
        os.symlink(os.path.join(real, name), os.path.join(folder, name))
    for name, target in links.items():
        path = os.path.join(folder, name)
        if not os.path.lexists(path):
            os.symlink(os.path.join(real, target), path)


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
    """Adds an entry, in place of one of the same name."""
    name = line.split(":")[0] + ":"
    with open(path, "r+", encoding="utf-8") as file:  # a mount point cannot be replaced
        lines = [old for old in file.read().splitlines() if not old.startswith(name)]
        file.seek(0)
        file.truncate()
        file.write("\n".join([*lines, line]) + "\n")
