# SPDX-License-Identifier: ISC
"""Superservers and servers of Debian, unpacked beside the build: nothing of them is installed.

    unpacked = unpack(build)     # BUILD/peers/root, which has a folder per package

An archive that is there is not fetched again. What cannot be had is told by why_missing(), so that
each peer that it concerns says why it does not take part.
"""
import os
import re
import shutil
import subprocess
from pathlib import Path

PACKAGES = ("openbsd-inetd", "inetutils-inetd", "xinetd", "rlinetd", "busybox", "busybox-static",
            "ucspi-tcp-ipv6", "ipsvd", "socat", "ncat", "systemd",
            "inetutils-ftpd", "openssh-server", "openssh-client",  # servers, and ssh-keygen
            "rsyslog", "inetutils-syslogd")
_QUICKLY = ("-q", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20",
            "-o", "APT::Update::Error-Mode=any")
_MOST_SECONDS = 300


def unpack(build, packages=PACKAGES):
    """Fetches and unpacks what is missing; returns the folder. What cannot be had is left out."""
    root = Path(build).resolve() / "peers" / "root"
    archives = root.parent / "archives"
    for folder in (root, archives):
        folder.mkdir(parents=True, exist_ok=True)
    reason, complete = root.parent / "why_missing", root.parent / "complete"
    wanted = "\n".join(packages)
    if not complete.exists() or complete.read_text(encoding="ascii") != wanted:
        reason.unlink(missing_ok=True)
        _fetch_all(root, archives, packages)
        if not reason.exists():
            complete.write_text(wanted, encoding="ascii")
    return root


def why_missing(unpacked, package):
    """Why the package is not there, in words; None when it is."""
    if (Path(unpacked) / package).is_dir():
        return None
    try:
        reason = (Path(unpacked).parent / "why_missing").read_text(encoding="utf-8").strip()
    except OSError:
        reason = "nothing was fetched"
    return f"no package {package}: {reason}"


def version(unpacked, package):
    """The package's version as Debian numbers it."""
    archive = _archive(Path(unpacked), package)
    return archive.name.split("_")[1].replace("%3a", ":") if archive else "unknown"


def command(unpacked, package, path):
    """The start of a command line that runs a program of the package.

    Where the system lacks its libraries, the dynamic loader is told of the unpacked ones on its
    command line; LD_LIBRARY_PATH would reach the servers.
    """
    program = str(Path(unpacked) / package / path)
    loader = _loader(program)
    if not loader:
        return [program]
    listed = subprocess.run([loader, "--list", program], capture_output=True, text=True,
                            check=False)
    if listed.returncode == 0 and "not found" not in listed.stdout:
        return [program]
    root = Path(unpacked)
    libraries = [*root.glob("lib*/**/*.so*"), *root.glob(f"{package}/usr/lib/*/lib*.so*")]
    folders = sorted({str(file.parent) for file in libraries})
    return [loader, "--library-path", ":".join(folders), program]


def _loader(program):
    """The interpreter that the program names; "" for a static one."""
    with open(program, "rb") as file:
        start = file.read(4096)
    found = re.search(rb"/lib[^\0]*/ld-[^\0]*\.so[^\0]*", start)
    return found.group().decode() if found and start.startswith(b"\x7fELF") else ""


def _fetch_all(root, archives, packages):
    """These, then the libraries that they need, and so on."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        _keep_reason(root, "there is no apt-get and dpkg-deb here")
        return
    wanted, seen, has_lists = list(packages), set(packages), False
    while wanted:
        missing = [name for name in wanted if not _archive(root, name)]
        if missing and not has_lists:
            _run(["apt-get", *_QUICKLY, "update"], archives)  # else the old lists may still do
            has_lists = True
        if missing:
            _download(root, archives, missing)
        for name in wanted:
            _extract(root, name)
        wanted = [name for name in _needed_libraries(root, wanted) if name not in seen]
        seen.update(wanted)


def _download(root, archives, names):
    """All at once; each alone when that fails, so that one unknown name is not everybody's end."""
    error = _run(["apt-get", *_QUICKLY, "download", *names], archives)
    for name in names:
        if not error or _archive(root, name):
            continue
        reason = _run(["apt-get", *_QUICKLY, "download", name], archives)
        if reason:
            _keep_reason(root, reason)
        if "Failed to fetch" in reason or "Temporary failure" in reason:
            return  # there is no network: the others would only fail more slowly


def _extract(root, name):
    archive = _archive(root, name)
    if not archive or (root / name).is_dir():
        return
    part = root / f"{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    error = _run(["dpkg-deb", "-x", str(archive), str(part)], root)
    if error:
        _keep_reason(root, error)
    else:
        part.rename(root / name)


def _needed_libraries(root, names):
    """Library packages that these depend on and that the system has not."""
    found = []
    for name in names:
        archive = _archive(root, name)
        if not archive:
            continue
        fields = _output(["dpkg-deb", "-f", str(archive), "Pre-Depends", "Depends"])
        for word in re.split(r"[,\n]", fields):
            first = re.sub(r"^(Pre-)?Depends:", "", word).split("|")[0].split("(")[0]
            library = first.strip().split(":")[0]
            if library.startswith("lib") and library not in found:
                found.append(library)
    return [name for name in found if not _is_installed(name)]


def _is_installed(package):
    status = _output(["dpkg-query", "-W", "-f", "${db:Status-Status}", package])
    return status.strip() == "installed"


def _archive(root, package):
    """The newest archive of a package that was fetched, or None."""
    found = (root.parent / "archives").glob(f"{package}_*.deb")
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _keep_reason(root, reason):
    (root.parent / "why_missing").write_text(reason + "\n", encoding="utf-8")


def _run(words, folder):
    """"" when it did its work, else its last words."""
    try:
        done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", check=False, timeout=_MOST_SECONDS,
                              env=dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive"))
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("E:")]
    return " ".join(errors[-1:]) or f"{words[0]} {words[-1]} ended with {done.returncode}"


def _output(words):
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
