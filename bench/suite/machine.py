# SPDX-License-Identifier: ISC
"""What a figure depends on besides the programs: the machine, its kernel, libraries and limits."""
import os
import platform
import re
import resource
import subprocess

from suite import procfs

FIRST_PORT, LAST_PORT = 10000, 19999  # where the services of the experiments are


def facts():
    """The facts by name, as text, in the order of their table."""
    memory = int(re.search(r"MemTotal:\s+(\d+)", procfs.read("/proc/meminfo")).group(1)) / 1024 ** 2
    return {
        "processor": f"{_processor()}, {os.cpu_count()} seen by the system",
        "memory": f"{memory:.0f} GiB",
        "kernel": f"{platform.system()} {_kernel_version()} {platform.machine()}",
        "system": _distribution(),
        "C library": " ".join(platform.libc_ver()),
        "compiler": _first_line(["c++", "--version"]),
        "open files, hard limit": f"{resource.getrlimit(resource.RLIMIT_NOFILE)[1]:,}",
        "backlog limit (somaxconn)": procfs.read("/proc/sys/net/core/somaxconn").strip(),
    }


def cautions():
    """What may spoil the figures here, one sentence each."""
    found = []
    ports = procfs.read("/proc/sys/net/ipv4/ip_local_port_range").split()
    if ports and int(ports[0]) <= LAST_PORT:
        found.append(f"outgoing connections take ports from {ports[0]} on, services have "
                     f"{FIRST_PORT}–{LAST_PORT}: a service may find its port taken")
    load = os.getloadavg()[0]
    if load > 0.5 * (os.cpu_count() or 1):
        found.append(f"the machine was busy when the run began (load {load:.1f})")
    if os.geteuid() != 0:
        found.append("not run as root: no contestant changes its user")
    return found


def raise_open_files():
    """The soft limit of open files becomes the hard one, for the load generator's sake."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _processor():
    text = procfs.read("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", text) or re.search(r"Processor\s*:\s*(.+)", text)
    return found.group(1).strip() if found else platform.machine()


def _kernel_version():
    """The numbers alone: what a builder appends to them says nothing about speed."""
    return re.match(r"[0-9.]*[0-9]", platform.release()).group(0)


def _distribution():
    found = re.search(r'PRETTY_NAME="?([^"\n]+)', procfs.read("/etc/os-release"))
    return found.group(1) if found else "unknown"


def _first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except OSError:
        return "unknown"
    return (done.stdout.splitlines() or ["unknown"])[0]
