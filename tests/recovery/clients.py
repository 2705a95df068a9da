# SPDX-License-Identifier: ISC
"""Clients in a process of their own, which ask a numbering server, or what echoes, at a steady rate.

Every request has a number, and every connection comes from an address that is made of it: so a line
of the log belongs to one request, and ports do not run out. What became of it is in records.py.
"""
import collections
import contextlib
import ctypes
import errno
import multiprocessing
import os
import random
import select
import signal
import socket
import time

from harness.surroundings import temporary_folder
from harness.waiting import MULTIPLIER, eventually, seconds
from recovery.records import Outcome, Reader, Writer

_FIRST_SOURCE = 127 << 24 | 1 << 16  # 127.1.0.0, and 16 million after it
_BIND_WITHOUT_PORT = 24  # IP_BIND_ADDRESS_NO_PORT, linux/in.h
_PR_SET_PDEATHSIG = 1
_MOST_AT_ONCE = 4000
_MOST_DATAGRAMS = 64  # unanswered: as many fit into any socket's queue
_SILENCE = 30  # seconds until a client gives up

Load = collections.namedtuple("Load", "places rate at_once total kind first")


def load(places, rate=None, *, at_once=None, total=None, kind=socket.SOCK_STREAM, first=1):
    """What to ask: `rate` requests a second (fewer on slow machines), or as fast as `at_once`
    clients are answered; of each place, an (address, port), by chance. Up to `total`, or until told
    to end."""
    return Load(places, rate, at_once, total, kind, first)


def source_of(number):
    """The address that a request comes from."""
    return socket.inet_ntoa((_FIRST_SOURCE + number).to_bytes(4, "big"))


def number_of(source):
    """The request that came from an address."""
    return int.from_bytes(socket.inet_aton(source), "big") - _FIRST_SOURCE


class Clients:
    """The process; leaving the block ends it."""

    def __init__(self, what):
        path = os.path.join(temporary_folder(), "records")
        Writer(path)
        self._reader = Reader(path)
        end, self._end = os.pipe()
        self._process = multiprocessing.get_context("fork").Process(
            target=_run, args=(what, path, end, random.random()), daemon=True)
        self._process.start()
        os.close(end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.finish()

    def records(self):
        """Of all requests that are over by now."""
        return self._reader.read()

    def wait_for(self, more):
        """Until so many more requests are answered."""
        goal = self._answered() + more
        eventually(lambda: self._answered() >= goal, 60, lambda: f"{more} answers under load")

    def wait_for_answer_since(self, when, duration=60):
        """Until a request that began after this moment is answered."""

        def answer():
            for record in reversed(self.records()):
                if record.end < when:
                    return None
                if record.outcome == Outcome.ANSWERED and record.begin > when:
                    return record
            return None

        return eventually(answer, duration, "an answer to a request that came afterwards")

    def wait_for_total(self, duration=600):
        """Until the requests that were to be asked are over."""
        eventually(lambda: not self._process.is_alive(), duration, "the end of all clients")
        return self.finish()

    def finish(self):
        """No new requests; waits for what is under way. Returns all records."""
        if self._end >= 0:
            with contextlib.suppress(BrokenPipeError):  # they have reached their total
                os.write(self._end, b"\n")
            os.close(self._end)
            self._end = -1
        self._process.join(seconds(_SILENCE + 10))
        if self._process.exitcode != 0:
            self._process.kill()
            raise AssertionError(f"the clients ended with {self._process.exitcode}")
        return self.records()

    def _answered(self):
        self.records()
        return self._reader.answered


def _run(what, path, end, seed):
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asking = (_Streams if what.kind == socket.SOCK_STREAM else _Datagrams)(
        what, Writer(path), random.Random(seed))
    asking.run(end)


class _Asking:
    """When to ask; how is told by who derives from it."""

    def __init__(self, what, writer, chance):
        self.what = what
        self.writer = writer
        self.chance = chance
        self.number = what.first
        self.most = what.at_once or _MOST_AT_ONCE
        self.poll = select.epoll()

    def run(self, end):
        """Until `end` can be read or the total is reached, and all is answered."""
        self.poll.register(end, select.EPOLLIN)
        due = time.monotonic()
        is_over = False
        while not is_over or self.open_count():
            now = time.monotonic()
            while not is_over and due <= now and self.open_count() < self.most:
                self.ask(self.number)
                self.number += 1
                is_over = self.number - self.what.first == self.what.total
                due = due + MULTIPLIER / self.what.rate if self.what.rate else now
            self.give_up(now - seconds(_SILENCE))
            self.writer.flush()
            is_waiting = is_over or self.open_count() >= self.most
            wait = 0.25 if is_waiting else max(due - time.monotonic(), 0)
            for descriptor, _ in self.poll.poll(min(wait, 0.25)):
                if descriptor == end:
                    is_over = True
                    self.poll.unregister(end)
                else:
                    self.on_ready(descriptor)
        self.writer.flush()

    def ask(self, number):
        """Begins one request."""
        raise NotImplementedError

    def on_ready(self, descriptor):
        """Something can be read or written."""
        raise NotImplementedError

    def open_count(self):
        """Requests without an outcome."""
        raise NotImplementedError

    def give_up(self, before):
        """Those that began so long ago have none to come."""
        raise NotImplementedError


class _Streams(_Asking):
    """A connection for each request."""

    class _One:
        def __init__(self, number, client, begin):
            self.number = number
            self.client = client
            self.begin = begin
            self.request = b"%d\n" % number
            self.answer = b""
            self.is_sent = False

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._open = {}  # in the order of their beginnings

    def open_count(self):
        return len(self._open)

    def ask(self, number):
        begin = time.monotonic()
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            client.setsockopt(socket.IPPROTO_IP, _BIND_WITHOUT_PORT, 1)
            client.bind((source_of(number), 0))
            code = client.connect_ex(self.chance.choice(self.what.places))
        except OSError as error:
            code = error.errno
        if code not in (0, errno.EINPROGRESS):
            self.writer.add(number, _outcome_of(code), begin, time.monotonic())
            client.close()
            return
        self._open[client.fileno()] = self._One(number, client, begin)
        self.poll.register(client, select.EPOLLOUT)

    def on_ready(self, descriptor):
        one = self._open.get(descriptor)
        if one is None:
            return
        try:
            if not one.is_sent:
                one.client.send(one.request)
                one.is_sent = True
                self.poll.modify(descriptor, select.EPOLLIN)
                return
            piece = one.client.recv(256)
        except BlockingIOError:
            return
        except OSError as error:
            self._over(descriptor, _outcome_of(error.errno))
            return
        one.answer += piece
        if one.answer == one.request:
            self._over(descriptor, Outcome.ANSWERED)
        elif not piece:
            self._over(descriptor, Outcome.WRONG if one.answer else Outcome.CLOSED)

    def give_up(self, before):
        while self._open:
            descriptor, one = next(iter(self._open.items()))
            if one.begin > before:
                return
            self._over(descriptor, Outcome.SILENT)

    def _over(self, descriptor, outcome):
        one = self._open.pop(descriptor)
        one.client.close()
        self.writer.add(one.number, outcome, one.begin, time.monotonic())


class _Datagrams(_Asking):
    """All from one socket. None is sent twice, and no more are under way than a queue holds."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.most = _MOST_DATAGRAMS
        self._open = {}  # number: when it was sent
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(("127.0.0.1", 0))
        self.poll.register(self._socket, select.EPOLLIN)

    def open_count(self):
        return len(self._open)

    def ask(self, number):
        self._open[number] = time.monotonic()
        self._socket.sendto(b"%d" % number, self.chance.choice(self.what.places))

    def on_ready(self, _):
        while True:
            try:
                number = int(self._socket.recv(256))
            except BlockingIOError:
                return
            if begin := self._open.pop(number, None):
                self.writer.add(number, Outcome.ANSWERED, begin, time.monotonic())

    def give_up(self, before):
        for number, begin in list(self._open.items()):
            if begin > before:
                return
            del self._open[number]
            self.writer.add(number, Outcome.SILENT, begin, time.monotonic())


def _outcome_of(code):
    return {errno.ECONNREFUSED: Outcome.REFUSED, errno.ECONNRESET: Outcome.RESET,
            errno.EPIPE: Outcome.RESET}.get(code, Outcome.FAILED)
