# SPDX-License-Identifier: ISC
"""Runs one superserver and answers for all that it starts: peer_keeper.py LOG STDOUT_FD COMMAND...

A superserver may leave its session or become a daemon; its servers are sessions of their own. This
process between it and the suite becomes the parent of whatever loses its own, so that the end of
standard input (the suite's wish, or its death) can end them all.

Lines on standard output: "started PID NANOSECONDS" (CLOCK_MONOTONIC just before the start), or
"failed REASON", and "alone" when nothing that was started is left. LOG takes the superserver's
standard error, and its standard output too where STDOUT_FD is -1.
"""
import ctypes
import os
import select
import signal
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36
_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGINT)


def main(log, stdout_fd, command):
    """Returns when everything has ended."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.chdir("/")
    os.umask(0o022)
    awake = _wake_on_child_end()
    begin = time.monotonic_ns()
    try:
        pid = _start(log, int(stdout_fd), command)
    except OSError as error:
        _say(f"failed {command[0]}: {error.strerror}")
        return
    _say(f"started {pid} {begin}")
    is_alone = False
    while not select.select([0], [], [], 0)[0]:
        if not is_alone and not _reap():
            is_alone = True
            _say("alone")
        if awake in select.select([0, awake], [], [])[0]:
            os.read(awake, 4096)
    _end_all()


def _wake_on_child_end():
    awake, alarm = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return awake


def _start(log, stdout_fd, command):
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
               (os.POSIX_SPAWN_DUP2, stdout_fd if stdout_fd >= 0 else out, 1),
               (os.POSIX_SPAWN_DUP2, out, 2)]
    if stdout_fd >= 0:
        actions.append((os.POSIX_SPAWN_CLOSE, stdout_fd))
    try:
        return os.posix_spawn(command[0], command, os.environ, file_actions=actions,
                              setsigdef=_DEFAULT_SIGNALS)
    finally:
        os.close(out)
        if stdout_fd >= 0:
            os.close(stdout_fd)


def _reap():
    """Takes the ended children; False when there are no others."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _end_all():
    """A child whose parent is killed becomes ours and is met again, until none is left."""
    while True:
        for pid in _children(os.getpid()):
            _kill_tree(pid)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _kill_tree(pid):
    for child in _children(pid):
        _kill_tree(child)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def _say(line):
    try:
        os.write(1, f"{line}\n".encode())
    except OSError:  # the suite is gone; the end of standard input tells it too
        pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
